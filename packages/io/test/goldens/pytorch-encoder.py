"""encoder, exported by chainrule as a PyTorch program.

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


class Attention(nn.MultiheadAttention):
    """nn.MultiheadAttention, batch first. Masks are true where one may look; who may look nowhere gets zeros."""

    def forward(self, query, key=None, value=None, key_mask=None, attention_mask=None, bias=None, causal=False):
        """The output [N, L, E], and the weights of each head [N, heads, L, S]."""
        key = query if key is None else key
        value = key if value is None else value
        kernels = (self.q_proj_weight, self.k_proj_weight, self.v_proj_weight)
        if self.in_proj_weight is not None:
            kernels = self.in_proj_weight.chunk(3)
        biases = (None, None, None) if self.in_proj_bias is None else self.in_proj_bias.chunk(3)
        q, k, v = (
            F.linear(x, w, b).unflatten(-1, (self.num_heads, -1)).transpose(1, 2)
            for x, w, b in zip((query, key, value), kernels, biases)
        )
        scores = q / math.sqrt(q.shape[-1]) @ k.mT
        visible = torch.ones_like(scores, dtype=torch.bool)
        if bias is not None:
            bias = bias.unsqueeze(1) if bias.ndim == 3 else bias
            scores = scores + bias
            visible = visible & (bias > -math.inf)
        if key_mask is not None:
            visible = visible & (key_mask[:, None, None, :] != 0)
        if attention_mask is not None:
            visible = visible & ((attention_mask.unsqueeze(1) if attention_mask.ndim == 3 else attention_mask) != 0)
        if causal:
            visible = visible.tril()
        weights = torch.where(visible, torch.softmax(torch.where(visible, scores, -1e30), dim=-1), 0.0)
        taken = F.dropout(weights, self.dropout, self.training) @ v
        return self.out_proj(taken.transpose(1, 2).flatten(2)), weights


class FeedForward(nn.Module):
    """FeedForward."""

    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(4, 6)
        self.dropout = nn.Dropout(0.1)
        self.outer = nn.Linear(6, 4)

    def forward(self, x):
        inner = torch.relu(self.inner(x))
        dropout = self.dropout(inner)
        outer = self.outer(dropout)
        return outer


class TransformerEncoderLayer(nn.Module):
    """TransformerEncoderLayer."""

    def __init__(self):
        super().__init__()
        self.feed_forward = FeedForward()
        self.feed_forward_norm = nn.LayerNorm(4, eps=1e-5)
        self.dropout = nn.Dropout(0.1)
        self.attention = Attention(4, 2, dropout=0.1)
        self.attention_norm = nn.LayerNorm(4, eps=1e-5)

    def forward(self, x):
        attention, _ = self.attention(x)
        dropout = self.dropout(attention)
        add = x + dropout
        attention_norm = self.attention_norm(add)
        feed_forward = self.feed_forward(attention_norm)
        dropout_1 = self.dropout(feed_forward)
        add_1 = attention_norm + dropout_1
        feed_forward_norm = self.feed_forward_norm(add_1)
        return feed_forward_norm


class TransformerEncoder(nn.Module):
    """TransformerEncoder."""

    def __init__(self):
        super().__init__()
        self.layers_0 = TransformerEncoderLayer()
        self.layers_1 = TransformerEncoderLayer()

    def forward(self, x):
        layers_0 = self.layers_0(x)
        layers_1 = self.layers_1(layers_0)
        return layers_1


class Encoder(nn.Module):
    """Sequential 'encoder'."""

    def __init__(self):
        super().__init__()
        self.transformer_encoder = TransformerEncoder()
        self.flatten = nn.Flatten()
        self.scores = nn.Linear(12, 2)

    def forward(self, x):
        transformer_encoder = self.transformer_encoder(x)
        flatten = self.flatten(transformer_encoder)
        scores = self.scores(flatten)
        return scores


def make_model(device="cpu"):
    """The model with the weights that it had in chainrule."""
    model = Encoder()
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


def make_optimizer(model):
    """The optimizer with what it remembered of the weights."""
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    parameters = dict(model.named_parameters())
    for name, value in load_file(HERE / "optimizer.safetensors").items():
        weight, key = name.rsplit(".", 1)
        optimizer.state[parameters[weight]][key] = value if value.ndim == 0 else value.to(parameters[weight].device)
    return optimizer


FIRST_ITERATION = 0


def train_step(model, optimizer, iteration, inputs, target):
    """Forward, loss, backward, update. Returns the loss."""
    optimizer.zero_grad()
    loss = loss_function(model(*inputs), target)
    loss.backward()
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
    """The model, its gradients averaged over all processes where there are several."""
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
