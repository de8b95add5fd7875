"""digits, exported by chainrule as a PyTorch program.

    python check.py                            repeats the first steps, and compares with what chainrule computed
    python program.py                          trains on the batch of batch.safetensors: put your own data in `batches`
    torchrun --nproc_per_node 2 program.py     the same on several GPUs or processes: data parallel training
    torchrun --nproc_per_node 2 check.py       the check, with the batch cut among the processes
"""
import math
import os
import pathlib
import sys

import torch
import torch.distributed as dist
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import nn
from torch.nn.parallel import DistributedDataParallel

HERE = pathlib.Path(__file__).parent


class Digits(nn.Module):
    """Sequential 'digits'."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(1, 4, 3, padding="same")
        self.batch_norm = nn.BatchNorm2d(4, eps=1e-5, momentum=0.1)
        self.max_pool2d = nn.MaxPool2d(2)
        self.flatten = nn.Flatten()
        self.hidden = nn.Linear(36, 8)
        self.dropout = nn.Dropout(0.3)
        self.scores = nn.Linear(8, 3)

    def forward(self, x):
        stem = torch.relu(self.stem(x))
        batch_norm = self.batch_norm(stem)
        max_pool2d = self.max_pool2d(batch_norm)
        flatten = self.flatten(max_pool2d)
        hidden = F.gelu(self.hidden(flatten))
        dropout = self.dropout(hidden)
        scores = self.scores(dropout)
        return scores


def make_model(device="cpu"):
    """The model with the weights that it had in chainrule."""
    model = Digits()
    weights = load_file(HERE / "model.safetensors")
    missing = [name for name, _ in [*model.named_parameters(), *model.named_buffers()] if name not in weights]
    assert all(name.endswith("num_batches_tracked") for name in missing), missing
    model.load_state_dict(weights, strict=False)
    return model.to(device)


def load_batch(device="cpu", part=slice(None)):
    """The inputs and the targets of the batch that was saved, or of a part of it."""
    arrays = {name: x[part].to(device) for name, x in load_file(HERE / "batch.safetensors").items()}
    return [arrays["input.0"]], arrays["target"]


def loss_function(output, target):
    """The loss of a batch: crossEntropy."""
    return F.cross_entropy(output, target.long())


def penalty(model):
    """What is added to the loss for the weights themselves, and by layers in their last call."""
    square = torch.square(model.hidden.weight.T)
    sum_1 = torch.sum(square, dim=(0, 1), keepdim=True)
    reshape = sum_1.reshape(())
    mul = reshape * 0.001
    return mul


def make_optimizer(model):
    """The optimizer with what it remembered of the weights."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.001, betas=(0.9, 0.999), eps=1e-7, weight_decay=0.01)
    parameters = dict(model.named_parameters())
    for name, value in load_file(HERE / "optimizer.safetensors").items():
        weight, key = name.rsplit(".", 1)
        optimizer.state[parameters[weight]][key] = value if value.ndim == 0 else value.to(parameters[weight].device)
    return optimizer


FIRST_ITERATION = 0


def learning_rates(t):
    """The rate of each group at iteration t; None for one that stays."""
    return [0.01 * (0.1 + 0.9 * t / 3) if t < 3 else 0.01 * (1 + math.cos(math.pi * min((t - 3), 20) / 20)) / 2]


def train_step(model, optimizer, iteration, inputs, target):
    """Forward, loss, backward, update. Returns the loss."""
    for group, rate in zip(optimizer.param_groups, learning_rates(iteration)):
        if rate is not None:
            group["lr"] = rate
    optimizer.zero_grad()
    loss = loss_function(model(*inputs), target)
    loss = loss + penalty(model.module if isinstance(model, DistributedDataParallel) else model)
    loss.backward()
    nn.utils.clip_grad_norm_([p for group in optimizer.param_groups for p in group["params"]], 1)
    optimizer.step()
    return loss.detach()


def start():
    """This process's number, how many there are, and its device. torchrun says them in the environment."""
    world = int(os.environ.get("WORLD_SIZE", 1))
    if world == 1:
        return 0, 1, "cuda" if torch.cuda.is_available() else "cpu"
    dist.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
    if not torch.cuda.is_available():
        return dist.get_rank(), world, "cpu"
    torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    return dist.get_rank(), world, "cuda"


def distributed(model, world):
    """The model, its gradients averaged over all processes where there are several.

    Each process normalises by the statistics of its own part of a batch. On GPUs they share them if the model goes through
    nn.SyncBatchNorm.convert_sync_batchnorm first.
    """
    return DistributedDataParallel(model) if world > 1 else model


def mean_over_processes(loss, world):
    if world > 1:
        dist.all_reduce(loss)
    return loss.item() / world


def batches(rank, world, device):
    """Here go your data: yields (inputs, target), of each batch the part of this process."""
    for _ in range(10):
        yield load_batch(device, slice(rank, None, world))


def main():
    rank, world, device = start()
    torch.manual_seed(rank)
    model = make_model(device)
    optimizer = make_optimizer(model)
    model = distributed(model, world)
    model.train()
    for i, (inputs, target) in enumerate(batches(rank, world, device)):
        loss = mean_over_processes(train_step(model, optimizer, FIRST_ITERATION + i, inputs, target), world)
        if rank == 0:
            print(f"step {i + 1}: loss {loss:.6g}")
    if world > 1:
        dist.barrier()
        dist.destroy_process_group()
        sys.stdout.flush()
        os._exit(0)  # at once: threads of gloo's now and then abort a process while Python ends


if __name__ == "__main__":
    main()
