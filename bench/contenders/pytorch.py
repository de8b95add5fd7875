"""PyTorch on the CPU: `python3 pytorch.py '{"start", "variant", "work", "task", ...}'`, see tasks.py.

The variant is the number of threads, and `compile` where the forward and backward pass go through torch.compile.
"""
import math

import tasks
import torch
import torch.nn.functional as F

threads, *further = tasks.request["variant"].split()
torch.set_num_threads(int(threads))
COMPILES = "compile" in further
compiled = torch.compile if COMPILES else lambda f: f
ADAM = tasks.described["adam"]
WEIGHTS = {name: torch.from_numpy(array) for name, array in tasks.weights().items()}
BATCHES = [{name: torch.from_numpy(array) for name, array in batch.items()} for batch in tasks.batches()]


def fused(optimizer, weights, **options):
    """One kernel for the whole update, where this torch has it for the CPU."""
    weights = list(weights)
    try:
        return optimizer(weights, fused=True, **options)
    except (RuntimeError, TypeError):
        return optimizer(weights, **options)


def adam(weights):
    return fused(torch.optim.Adam, weights, lr=ADAM["lr"], betas=(ADAM["beta1"], ADAM["beta2"]), eps=ADAM["eps"])


def linear(name):
    kernel, bias = WEIGHTS[name + ".kernel"], WEIGHTS[name + ".bias"]
    layer = torch.nn.Linear(*kernel.shape)
    with torch.no_grad():
        layer.weight.copy_(kernel.T)
        layer.bias.copy_(bias)
    return layer


def training(model, loss_of):
    optimizer = adam(model.parameters())
    forward = compiled(lambda x, y: loss_of(model(x), y))

    def step(batch):
        loss = forward(batch["x"], batch["y"])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    return tasks.in_turn(BATCHES, step, lambda loss: [loss.item()])


def mlp(activation):
    names = sorted({name.split(".")[0] for name in WEIGHTS})
    layers = [linear(names[0])]
    for name in names[1:]:
        layers += [activation(), linear(name)]
    return torch.nn.Sequential(*layers)


def cross_entropy(logits, labels):
    return F.cross_entropy(logits, labels.long())


def one_neuron():
    model = mlp(torch.nn.ReLU)
    steps = training(model, F.binary_cross_entropy_with_logits)

    def run(n):
        steps(n)
        return [model[0].weight.item(), model[0].bias.item()]

    return run


def digits():
    for batch in BATCHES:
        batch["y"] = batch["y"].long()
    return training(mlp(torch.nn.ReLU), F.cross_entropy)


def some_of(result):
    flat = result.detach().flatten()
    return [flat[int(share * (flat.numel() - 1))].item() for share in (0, 0.3, 0.7, 1)]


def matmul():
    a, b = BATCHES[0]["x"], BATCHES[0]["y"]
    return tasks.in_turn([None], lambda _: a @ b, some_of)


def convolution(name):
    kernel = WEIGHTS[name + ".kernel"]
    layer = torch.nn.Conv2d(kernel.shape[1], kernel.shape[0], kernel.shape[2])
    with torch.no_grad():
        layer.weight.copy_(kernel)
        layer.bias.copy_(WEIGHTS[name + ".bias"])
    return layer


def lenet():
    for batch in BATCHES:
        batch["y"] = batch["y"].long()
    pool, relu = torch.nn.MaxPool2d(2), torch.nn.ReLU()
    first, second = convolution("conv1"), convolution("conv2")
    model = torch.nn.Sequential(first, relu, pool, second, relu, pool, torch.nn.Flatten(), linear("dense1"))
    return training(model, F.cross_entropy)


def float64_mlp():
    batches = [{name: value.double() for name, value in batch.items()} for batch in BATCHES]
    model = mlp(torch.nn.Tanh).double()
    optimizer = fused(torch.optim.SGD, model.parameters(), lr=0.5)
    forward = compiled(lambda x, y: F.binary_cross_entropy_with_logits(model(x), y))

    def step(batch):
        loss = forward(batch["x"], batch["y"])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    return tasks.in_turn(batches, step, lambda loss: [loss.item()])


class Block(torch.nn.Module):
    def __init__(self, name, heads):
        super().__init__()
        self.heads = heads
        self.qkv, self.out = linear(name + ".qkv"), linear(name + ".out")
        self.inner, self.outer = linear(name + ".inner"), linear(name + ".outer")
        width = self.out.in_features
        self.norm1, self.norm2 = torch.nn.LayerNorm(width), torch.nn.LayerNorm(width)

    def attention(self, x, unseen):
        batch, time_, width = x.shape
        split = lambda t: t.view(batch, time_, self.heads, width // self.heads).transpose(1, 2)
        q, k, v = (split(t) for t in self.qkv(x).split(width, dim=2))
        scores = (q @ k.transpose(2, 3)) / math.sqrt(width // self.heads)
        weights = scores.masked_fill(unseen, -math.inf).softmax(-1)
        return self.out((weights @ v).transpose(1, 2).reshape(batch, time_, width))

    def forward(self, x, unseen):
        x = x + self.attention(self.norm1(x), unseen)
        return x + self.outer(F.gelu(self.inner(self.norm2(x)), approximate="tanh"))


class GPT(torch.nn.Module):
    def __init__(self, layers, heads):
        super().__init__()
        self.tokens = torch.nn.Embedding.from_pretrained(WEIGHTS["tokens"].clone(), freeze=False)
        self.positions = torch.nn.Parameter(WEIGHTS["positions"].clone())
        self.blocks = torch.nn.ModuleList([Block("block%d" % (i + 1), heads) for i in range(layers)])
        context, width = self.positions.shape
        self.norm = torch.nn.LayerNorm(width)
        self.head = linear("head")
        self.unseen = torch.ones(context, context, dtype=torch.bool).triu(1)

    def forward(self, tokens):
        x = self.tokens(tokens) + self.positions
        for block in self.blocks:
            x = block(x, self.unseen)
        return self.head(self.norm(x))


def gpt():
    for batch in BATCHES:
        batch["y"] = batch["y"].long()
    sizes = tasks.described["gpt"]
    loss = lambda logits, y: F.cross_entropy(logits.view(-1, sizes["vocabulary"]), y.view(-1))
    return training(GPT(sizes["layers"], sizes["heads"]), loss)


def softmax_cross_entropy():
    logits, labels = WEIGHTS["logits"].requires_grad_(), BATCHES[0]["y"].long()
    forward = compiled(F.cross_entropy)

    def step(_):
        logits.grad = None
        loss = forward(logits, labels)
        loss.backward()
        return loss

    return tasks.in_turn([None], step, lambda loss: [loss.item()] + some_of(logits.grad))


def adam_update():
    weight = torch.nn.Parameter(WEIGHTS["weight"])
    weight.grad = BATCHES[0]["gradient"]
    optimizer = adam([weight])
    return tasks.in_turn([None], lambda _: optimizer.step(), lambda _: some_of(weight))


class Recurrent(torch.nn.Module):
    def __init__(self):
        super().__init__()
        kernel, recurrent = WEIGHTS["lstm.kernel"], WEIGHTS["lstm.recurrent"]
        self.lstm = torch.nn.LSTM(kernel.shape[0], recurrent.shape[0], batch_first=True)
        with torch.no_grad():
            self.lstm.weight_ih_l0.copy_(kernel.T)
            self.lstm.weight_hh_l0.copy_(recurrent.T)
            self.lstm.bias_ih_l0.copy_(WEIGHTS["lstm.bias"])
            self.lstm.bias_hh_l0.zero_()
        # The others have one bias a gate; trained, a second one would double its steps.
        self.lstm.bias_hh_l0.requires_grad_(False)
        self.head = linear("head")

    def forward(self, x):
        return self.head(self.lstm(x)[0][:, -1])


def lstm():
    return training(Recurrent(), F.binary_cross_entropy_with_logits)


RUNS = {
    "W1-loop": one_neuron,
    "W2": lambda: training(mlp(torch.nn.Tanh), F.binary_cross_entropy_with_logits),
    "W3": digits,
    "W4": digits,
    "W5-64": matmul,
    "W5-256": matmul,
    "W5-512": matmul,
    "W5-1024": matmul,
    "W6": lenet,
    "W7": float64_mlp,
    "W8": gpt,
    "W9": softmax_cross_entropy,
    "W9b": adam_update,
    "W10": digits,
    "W11": lstm,
    "digits": digits,
}
MISSING = {"W1": "has no fit"}
if COMPILES:
    # A lone product is a call of the library, and a fused Adam one kernel already: there is nothing to compile.
    for name in ("W5-64", "W5-256", "W5-512", "W5-1024", "W9b", "W10"):
        del RUNS[name]

tasks.run(RUNS, MISSING)
