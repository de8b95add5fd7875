"""JAX on the CPU, with optax: `python3 jax_jit.py '{"start", "variant", "work", "task", ...}'`, see tasks.py.

The variant is the number of threads. XLA has no setting that holds for all of its threads, but it has as many as the
process has processors.
"""
import os

import tasks

if tasks.request["variant"] == "1":
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
os.environ["JAX_PLATFORMS"] = "cpu"

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import lax, nn

if tasks.request["work"] == "W7":
    jax.config.update("jax_enable_x64", True)
ADAM = tasks.described["adam"]
WEIGHTS = tasks.weights()
BATCHES = tasks.batches()


def adam():
    return optax.adam(ADAM["lr"], b1=ADAM["beta1"], b2=ADAM["beta2"], eps=ADAM["eps"])


def training(logits_of, loss_of, optimizer=None, read=None):
    """Steps of a jitted function of parameters, the optimizer's state and a batch."""
    optimizer = optimizer or adam()
    now = {"parameters": jax.device_put(WEIGHTS)}
    now["state"] = optimizer.init(now["parameters"])

    def update(parameters, state, batch):
        loss, gradients = jax.value_and_grad(lambda p: loss_of(logits_of(p, batch["x"]), batch["y"]))(parameters)
        updates, state = optimizer.update(gradients, state, parameters)
        return optax.apply_updates(parameters, updates), state, loss

    jitted = jax.jit(update, donate_argnums=(0, 1))

    def step(batch):
        now["parameters"], now["state"], loss = jitted(now["parameters"], now["state"], batch)
        return loss

    figures = (lambda _: read(now["parameters"])) if read else lambda loss: [float(loss)]
    return tasks.in_turn(jax.device_put(BATCHES), step, figures)


def dense(p, name, x):
    return x @ p[name + ".kernel"] + p[name + ".bias"]


def mlp(activation):
    names = sorted({name.split(".")[0] for name in WEIGHTS})

    def logits(p, x):
        x = dense(p, names[0], x)
        for name in names[1:]:
            x = dense(p, name, activation(x))
        return x

    return logits


def bce(logits, y):
    return optax.sigmoid_binary_cross_entropy(logits, y).mean()


def cross_entropy(logits, labels):
    return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()


def one_neuron():
    read = lambda p: [float(p["dense1.kernel"][0, 0]), float(p["dense1.bias"][0])]
    return training(mlp(nn.relu), bce, read=read)


def digits():
    return training(mlp(nn.relu), cross_entropy)


def some_of(result):
    flat = result.reshape(-1)
    return [float(flat[int(share * (flat.size - 1))]) for share in (0, 0.3, 0.7, 1)]


def matmul():
    multiply = jax.jit(jnp.matmul)
    a, b = jax.device_put((BATCHES[0]["x"], BATCHES[0]["y"]))
    # Results are waited for one by one, or products would be begun faster than they are done.
    return tasks.in_turn([None], lambda _: multiply(a, b).block_until_ready(), some_of)


def lenet():
    # Channels last, as Flax has them: XLA's convolutions are faster so.
    for batch in BATCHES:
        batch["x"] = np.moveaxis(batch["x"], 1, -1)

    def convolution(p, name, x):
        kernel = p[name + ".kernel"]
        y = lax.conv_general_dilated(x, kernel, (1, 1), "VALID", dimension_numbers=("NHWC", "OIHW", "NHWC"))
        return nn.relu(y + p[name + ".bias"])

    def pool(x):
        return lax.reduce_window(x, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")

    def logits(p, x):
        x = pool(convolution(p, "conv1", x))
        x = pool(convolution(p, "conv2", x))
        # The weights of the last layer are for channels first.
        return dense(p, "dense1", jnp.moveaxis(x, -1, 1).reshape(x.shape[0], -1))

    return training(logits, cross_entropy)


def float64_mlp():
    WEIGHTS.update({name: value.astype("float64") for name, value in WEIGHTS.items()})
    for batch in BATCHES:
        batch.update({name: value.astype("float64") for name, value in batch.items()})
    return training(mlp(jnp.tanh), bce, optax.sgd(0.5))


def gpt():
    sizes = tasks.described["gpt"]
    heads = sizes["heads"]

    def norm(p, name, x):
        centred = x - x.mean(-1, keepdims=True)
        scaled = centred * lax.rsqrt((centred * centred).mean(-1, keepdims=True) + 1e-5)
        return scaled * p[name + ".scale"] + p[name + ".shift"]

    def attention(p, name, x):
        batch, time, width = x.shape
        q, k, v = (part.reshape(batch, time, heads, -1) for part in jnp.split(dense(p, name + ".qkv", x), 3, axis=-1))
        mixed = nn.dot_product_attention(q, k, v, is_causal=True)
        return dense(p, name + ".out", mixed.reshape(batch, time, width))

    def logits(p, tokens):
        x = p["tokens"][tokens] + p["positions"]
        for i in range(sizes["layers"]):
            name = "block%d" % (i + 1)
            x = x + attention(p, name, norm(p, name + ".norm1", x))
            inner = nn.gelu(dense(p, name + ".inner", norm(p, name + ".norm2", x)), approximate=True)
            x = x + dense(p, name + ".outer", inner)
        return dense(p, "head", norm(p, "norm", x))

    return training(logits, cross_entropy)


def softmax_cross_entropy():
    logits, labels = jax.device_put((WEIGHTS["logits"], BATCHES[0]["y"]))
    both = jax.jit(jax.value_and_grad(cross_entropy))

    def step(_):
        loss, gradient = both(logits, labels)
        return loss, gradient.block_until_ready()

    return tasks.in_turn([None], step, lambda result: [float(result[0])] + some_of(result[1]))


def adam_update():
    optimizer = adam()
    now = {"weight": jax.device_put(WEIGHTS["weight"])}
    now["state"] = optimizer.init(now["weight"])
    gradient = jax.device_put(BATCHES[0]["gradient"])

    def update(weight, state):
        updates, state = optimizer.update(gradient, state, weight)
        return optax.apply_updates(weight, updates), state

    jitted = jax.jit(update, donate_argnums=(0, 1))

    def step(_):
        now["weight"], now["state"] = jitted(now["weight"], now["state"])

    return tasks.in_turn([None], step, lambda _: some_of(now["weight"]))


def lstm():
    def logits(p, x):
        batch, _, _ = x.shape
        projected = jnp.swapaxes(x @ p["lstm.kernel"] + p["lstm.bias"], 0, 1)
        zeros = jnp.zeros((batch, p["lstm.recurrent"].shape[0]))

        def cell(carry, projection):
            h, c = carry
            i, f, g, o = jnp.split(projection + h @ p["lstm.recurrent"], 4, axis=-1)
            c = nn.sigmoid(f) * c + nn.sigmoid(i) * jnp.tanh(g)
            return (nn.sigmoid(o) * jnp.tanh(c), c), None

        (h, _), _ = lax.scan(cell, (zeros, zeros), projected)
        return dense(p, "head", h)

    return training(logits, bce)


RUNS = {
    "W1-loop": one_neuron,
    "W2": lambda: training(mlp(jnp.tanh), bce),
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
    "W11": lstm,
    "digits": digits,
}

tasks.run(RUNS, {"W1": "has no fit", "W10": "W10 is without a compiler"})
