"""towers, exported by chainrule as a PyTorch program.

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


class Recurrent(nn.Module):
    """nn.RNN, nn.LSTM or nn.GRU along sequences [batch, time, features]: also backwards, and with a mask [batch, time]."""

    def __init__(self, rnn, return_sequences=False, go_backwards=False, dropout=0.0):
        super().__init__()
        self.rnn, self.return_sequences, self.go_backwards, self.dropout = rnn, return_sequences, go_backwards, dropout

    def forward(self, x, mask=None, state=None):
        """The outputs of all steps or of the last, and the state after it."""
        if self.training and self.dropout > 0:  # the same features at every step
            x = x * F.dropout(torch.ones_like(x[:, :1]), self.dropout)
        if self.go_backwards:
            x = x.flip(1)
        size = (1, x.shape[0], self.rnn.hidden_size)
        parts = 2 if isinstance(self.rnn, nn.LSTM) else 1
        now = [x.new_zeros(size) for _ in range(parts)] if state is None else [part.unsqueeze(0) for part in state]
        if mask is None:
            outputs, now = self.step(x, now)
        else:  # a step that is not there leaves the state as it was
            steps = []
            for t in range(x.shape[1]):
                there = mask[:, x.shape[1] - 1 - t if self.go_backwards else t, None]
                _, after = self.step(x[:, t : t + 1], now)
                now = [torch.where(there != 0, new, old) for new, old in zip(after, now)]
                steps.append(now[0][0])
            outputs = torch.stack(steps, 1)
        return (outputs if self.return_sequences else now[0][0]), [part[0] for part in now]

    def step(self, x, state):
        outputs, after = self.rnn(x, tuple(state) if len(state) > 1 else state[0])
        return outputs, list(after) if len(state) > 1 else [after]


class Towers(nn.Module):
    """Functional 'towers'."""

    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(7, 4)
        self.reader = Recurrent(nn.LSTM(4, 3, batch_first=True))
        self.closeness = nn.Linear(3, 1)
        self.kind = nn.Linear(3, 3)

    def forward(self, left, right):
        table = self.table(left)
        reader, _ = self.reader(table)
        table_1 = self.table(right)
        reader_1, _ = self.reader(table_1)
        closeness = self.closeness(reader)
        kind = torch.softmax(self.kind(reader_1), dim=-1)
        return {"closeness": closeness, "kind": kind}


def make_model(device="cpu"):
    """The model with the weights that it had in chainrule."""
    model = Towers()
    weights = load_file(HERE / "model.safetensors")
    missing = [name for name, _ in [*model.named_parameters(), *model.named_buffers()] if name not in weights]
    assert all(name.endswith("num_batches_tracked") for name in missing), missing
    model.load_state_dict(weights, strict=False)
    return model.to(device)


def load_batch(device="cpu", part=slice(None)):
    """The inputs and the targets of the batch that was saved, or of a part of it."""
    arrays = {name: x[part].to(device) for name, x in load_file(HERE / "batch.safetensors").items()}
    return [arrays["input.0"], arrays["input.1"]], {"closeness": arrays["target.closeness"], "kind": arrays["target.kind"]}


class Rule(torch.optim.Optimizer):
    """An optimizer by its update of one weight. Weight decay is added to the gradient, or (decoupled) shrinks the weight."""

    decoupled = False

    def __init__(self, params, lr, weight_decay=0.0, **options):
        super().__init__(params, {"lr": lr, "weight_decay": weight_decay, "decoupled": self.decoupled, **options})

    @torch.no_grad()
    def step(self, closure=None):
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                g, state = p.grad, self.state[p]
                if not state:
                    state["step"] = torch.tensor(0.0)
                    self.start(p, state, group)
                state["step"] += 1
                if group["weight_decay"] and group["decoupled"]:
                    p.mul_(1 - group["lr"] * group["weight_decay"])
                elif group["weight_decay"]:
                    g = g + group["weight_decay"] * p
                self.update(p, g, state, state["step"].item(), **group)
        return loss

    def start(self, p, state, group):
        for name in self.slots:
            state[name] = torch.zeros_like(p)


class KerasRMSprop(Rule):
    """RMSprop with eps under the root, as in Keras."""

    slots = ("square_avg", "grad_avg", "momentum_buffer")

    def update(self, p, g, state, t, lr, alpha, eps, momentum=0.0, centered=False, **_):
        variance = state["square_avg"].lerp_(g * g, 1 - alpha)
        if centered:
            variance = (variance - state["grad_avg"].lerp_(g, 1 - alpha).square()).clamp(min=0)
        direction = g / (variance + eps).sqrt()
        if momentum:
            direction = state["momentum_buffer"].mul_(momentum).add_(direction)
        p.sub_(lr * direction)


def sparse_categorical_cross_entropy_loss(prediction, target):
    """sparseCategoricalCrossEntropy, in the operations that it is made of."""
    sum_1 = torch.sum(prediction, dim=1, keepdim=True)
    equal = sum_1 == 0.0
    where = torch.where(equal, 1.0, sum_1)
    div = prediction / where
    clamp = torch.clamp(div, 1e-7, 0.9999999)
    sub = clamp - div
    add = div + sub.detach()
    log = torch.log(add)
    reshape = target.reshape(-1, 1)
    take_along_axis = torch.take_along_dim(log, reshape.long(), dim=1)
    reshape_1 = take_along_axis.reshape(-1)
    sub_1 = 0.0 - reshape_1
    sum_2 = torch.sum(sub_1, dim=0, keepdim=True)
    reshape_2 = sum_2.reshape(())
    div_1 = reshape_2 / (1 * prediction.shape[0])
    return div_1


def loss_function(output, target):
    """The loss of a batch: huber of closeness, sparseCategoricalCrossEntropy of kind."""
    return (
        F.huber_loss(output["closeness"], target["closeness"].unsqueeze(-1))
        + 0.5 * sparse_categorical_cross_entropy_loss(output["kind"], target["kind"])
    )


def make_optimizer(model):
    """The optimizer with what it remembered of the weights."""
    optimizer = KerasRMSprop(model.parameters(), lr=0.001, alpha=0.9, eps=1e-7)
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
