"""step, exported by chainrule as a JAX program.

    python check.py              repeats the first steps, and compares with what chainrule computed
    python check.py --devices    the same, the batch spread over all devices

`step(state, x, y)` returns the result and the new state, a dictionary of arrays. To train, call it
batch after batch; `jax.jit` is around it already. At the end of this file stands how to spread a batch over devices.
Labels and indices are not checked here, as chainrule checks them.
"""
import math
import pathlib

import jax
import jax.numpy as jnp
import numpy as np

jax.config.update("jax_enable_x64", True)
# Products in full float32 on accelerators too.
jax.config.update("jax_default_matmul_precision", "highest")

HERE = pathlib.Path(__file__).parent


def load(file):
    """The arrays of an .npz file by name; keys and counters of random numbers as unsigned words."""
    with np.load(HERE / file) as arrays:
        words = (".key", ".counter")
        return {name: jnp.asarray(arrays[name].view(np.uint32) if name.endswith(words) else arrays[name]) for name in arrays.files}


def random_words(key, counter, count):
    """Words of 32 bits from the counter on: word w is half w % 2 of the Threefry-2x32-13 pair w // 2."""
    i = jnp.arange(count, dtype=jnp.uint32)
    low = counter[0] + i
    high = counter[1] + (low < i)
    x0, x1 = (low >> 1) | (high << 31), high >> 1
    keys = (key[0], key[1], jnp.uint32(0x1BD11BDA) ^ key[0] ^ key[1])
    x0, x1 = x0 + keys[0], x1 + keys[1]
    for turn in range(13):
        bits = (13, 15, 26, 6, 17, 29, 16, 24)[turn % 8]
        x0 = x0 + x1
        x1 = ((x1 << bits) | (x1 >> (32 - bits))) ^ x0
        if turn % 4 == 3:
            n = (turn + 1) // 4
            x0, x1 = x0 + keys[n % 3], x1 + keys[(n + 1) % 3] + jnp.uint32(n)
    return jnp.where(low & 1 == 0, x0, x1)


def advanced(counter, count):
    """The counter after so many words."""
    low = counter[0] + jnp.uint32(count)
    return jnp.stack([low, counter[1] + (low < jnp.uint32(count)).astype(jnp.uint32)])


def random_bernoulli(key, counter, shape, dtype, limit):
    """1 where the next word is below the limit, which is the probability times 2**32."""
    words = random_words(key, counter, math.prod(shape))
    drawn = words < jnp.uint32(limit) if limit < 2**32 else jnp.ones(words.shape, bool)
    return drawn.astype(dtype).reshape(shape), advanced(counter, words.size)


def scatter_add(x, index, values, axis):
    """x with each value added at the position that its index names along the axis."""
    at = list(jnp.meshgrid(*(jnp.arange(n) for n in index.shape), indexing="ij", sparse=True))
    at[axis] = index
    return x.at[tuple(at)].add(values)


@jax.jit
def step(state, x, y):
    # digits/hidden
    matmul_1 = x @ state["layers.0.kernel"]  # [16, 8]
    add_1 = matmul_1 + state["layers.0.bias"]  # [16, 8]
    relu_1 = jnp.maximum(add_1, 0)  # [16, 8]
    # digits/dropout
    bernoulli_1, counter_1 = random_bernoulli(state["random.key"], state["random.counter"], (16, 8), jnp.float32, 3221225472)
    div_1 = bernoulli_1 / 0.75  # [16, 8]
    mul_1 = relu_1 * div_1  # [16, 8]
    # digits/scores
    matmul_2 = mul_1 @ state["layers.2.kernel"]  # [16, 3]
    add_2 = matmul_2 + state["layers.2.bias"]  # [16, 3]
    # step
    max_1 = jnp.max(add_2, axis=1, keepdims=True)  # [16, 1]
    sub_1 = add_2 - max_1  # [16, 3]
    exp_1 = jnp.exp(sub_1)  # [16, 3]
    sum_1 = jnp.sum(exp_1, axis=1, keepdims=True, dtype=jnp.float32)  # [16, 1]
    log_1 = jnp.log(sum_1)  # [16, 1]
    reshape_1 = y.reshape((16, 1))  # [16, 1]
    take_along_axis_1 = jnp.take_along_axis(add_2, reshape_1, axis=1)  # [16, 1]
    sub_2 = take_along_axis_1 - max_1  # [16, 1]
    sub_3 = sub_2 - log_1  # [16, 1]
    reshape_2 = sub_3.reshape((16,))  # [16]
    sub_4 = 0.0 - reshape_2  # [16]
    sum_2 = jnp.sum(sub_4, axis=0, keepdims=True, dtype=jnp.float32)  # [1]
    reshape_3 = sum_2.reshape(())  # []
    div_2 = reshape_3 / 16.0  # []
    # backward
    div_3 = exp_1 / sum_1  # [16, 3]
    mul_2 = div_3 * jnp.full((16, 1), -0.0625, jnp.float32)  # [16, 3]
    sub_5 = 0.0 - mul_2  # [16, 3]
    scatter_add_1 = scatter_add(sub_5, reshape_1, jnp.full((16, 1), -0.0625, jnp.float32), axis=1)  # [16, 3]
    # digits/scores, backward
    sum_3 = jnp.sum(scatter_add_1, axis=0, keepdims=True, dtype=jnp.float32)  # [1, 3]
    reshape_4 = sum_3.reshape((3,))  # [3]
    matmul_3 = scatter_add_1 @ state["layers.2.kernel"].mT  # [16, 8]
    matmul_4 = mul_1.mT @ scatter_add_1  # [8, 3]
    # digits/dropout, backward
    mul_3 = matmul_3 * div_1  # [16, 8]
    # digits/hidden, backward
    greater_1 = relu_1 > 0.0  # [16, 8]
    where_1 = jnp.where(greater_1, mul_3, 0.0)  # [16, 8]
    sum_4 = jnp.sum(where_1, axis=0, keepdims=True, dtype=jnp.float32)  # [1, 8]
    reshape_5 = sum_4.reshape((8,))  # [8]
    matmul_5 = x.mT @ where_1  # [4, 8]
    # update
    add_3 = state["optimizer.layers.0.kernel.step"] + 1.0  # []
    pow_1 = jnp.power(0.999, add_3)  # []
    neg_1 = -pow_1  # []
    add_4 = neg_1 + 1.0  # []
    sqrt_1 = jnp.sqrt(add_4)  # []
    pow_2 = jnp.power(0.9, add_3)  # []
    neg_2 = -pow_2  # []
    add_5 = neg_2 + 1.0  # []
    rate_1 = state["optimizer.lr.schedule"].at[state["optimizer.iterations"]].get(mode="fill", fill_value=jnp.nan)  # []
    div_4 = rate_1 / add_5  # []
    mul_4 = div_4 * sqrt_1  # []
    mul_5 = sqrt_1 * 1e-7  # []
    # update of layers.0.kernel
    mul_6 = state["optimizer.layers.0.kernel.m"] * 0.9  # [4, 8]
    mul_7 = matmul_5 * 0.1  # [4, 8]
    add_6 = mul_6 + mul_7  # [4, 8]
    square_1 = jnp.square(matmul_5)  # [4, 8]
    mul_8 = state["optimizer.layers.0.kernel.v"] * 0.999  # [4, 8]
    mul_9 = square_1 * 0.001  # [4, 8]
    add_7 = mul_8 + mul_9  # [4, 8]
    sqrt_2 = jnp.sqrt(add_7)  # [4, 8]
    # update
    cast_1 = mul_5.astype(jnp.float32)  # []
    # update of layers.0.kernel
    add_8 = sqrt_2 + cast_1  # [4, 8]
    div_5 = add_6 / add_8  # [4, 8]
    # update
    cast_2 = mul_4.astype(jnp.float32)  # []
    # update of layers.0.kernel
    mul_10 = div_5 * cast_2  # [4, 8]
    sub_6 = state["layers.0.kernel"] - mul_10  # [4, 8]
    # update of layers.0.bias
    mul_11 = state["optimizer.layers.0.bias.m"] * 0.9  # [8]
    mul_12 = reshape_5 * 0.1  # [8]
    add_9 = mul_11 + mul_12  # [8]
    square_2 = jnp.square(reshape_5)  # [8]
    mul_13 = state["optimizer.layers.0.bias.v"] * 0.999  # [8]
    mul_14 = square_2 * 0.001  # [8]
    add_10 = mul_13 + mul_14  # [8]
    sqrt_3 = jnp.sqrt(add_10)  # [8]
    add_11 = sqrt_3 + cast_1  # [8]
    div_6 = add_9 / add_11  # [8]
    mul_15 = div_6 * cast_2  # [8]
    sub_7 = state["layers.0.bias"] - mul_15  # [8]
    # update of layers.2.kernel
    mul_16 = state["optimizer.layers.2.kernel.m"] * 0.9  # [8, 3]
    mul_17 = matmul_4 * 0.1  # [8, 3]
    add_12 = mul_16 + mul_17  # [8, 3]
    square_3 = jnp.square(matmul_4)  # [8, 3]
    mul_18 = state["optimizer.layers.2.kernel.v"] * 0.999  # [8, 3]
    mul_19 = square_3 * 0.001  # [8, 3]
    add_13 = mul_18 + mul_19  # [8, 3]
    sqrt_4 = jnp.sqrt(add_13)  # [8, 3]
    add_14 = sqrt_4 + cast_1  # [8, 3]
    div_7 = add_12 / add_14  # [8, 3]
    mul_20 = div_7 * cast_2  # [8, 3]
    sub_8 = state["layers.2.kernel"] - mul_20  # [8, 3]
    # update of layers.2.bias
    mul_21 = state["optimizer.layers.2.bias.m"] * 0.9  # [3]
    mul_22 = reshape_4 * 0.1  # [3]
    add_15 = mul_21 + mul_22  # [3]
    square_4 = jnp.square(reshape_4)  # [3]
    mul_23 = state["optimizer.layers.2.bias.v"] * 0.999  # [3]
    mul_24 = square_4 * 0.001  # [3]
    add_16 = mul_23 + mul_24  # [3]
    sqrt_5 = jnp.sqrt(add_16)  # [3]
    add_17 = sqrt_5 + cast_1  # [3]
    div_8 = add_15 / add_17  # [3]
    mul_25 = div_8 * cast_2  # [3]
    sub_9 = state["layers.2.bias"] - mul_25  # [3]
    return div_2, {
        **state,
        "layers.0.kernel": sub_6,
        "layers.0.bias": sub_7,
        "layers.2.kernel": sub_8,
        "layers.2.bias": sub_9,
        "optimizer.layers.0.kernel.step": add_3,
        "optimizer.layers.0.kernel.m": add_6,
        "optimizer.layers.0.kernel.v": add_7,
        "optimizer.layers.0.bias.m": add_9,
        "optimizer.layers.0.bias.v": add_10,
        "optimizer.layers.2.kernel.m": add_12,
        "optimizer.layers.2.kernel.v": add_13,
        "optimizer.layers.2.bias.m": add_15,
        "optimizer.layers.2.bias.v": add_16,
        "random.counter": counter_1,
        "optimizer.iterations": state["optimizer.iterations"] + 1,
    }


# Data parallel training, one program on many devices. The batch is cut along its first axis, the state is the same
# everywhere, and XLA puts the sums over devices where they belong; step stays as it is.
#
#     from jax.sharding import Mesh, NamedSharding, PartitionSpec
#
#     mesh = Mesh(np.array(jax.devices()), ("data",))
#     state = jax.device_put(load("state.npz"), NamedSharding(mesh, PartitionSpec()))
#     for x, y in batches:
#         x = jax.device_put(x, NamedSharding(mesh, PartitionSpec("data")))
#         y = jax.device_put(y, NamedSharding(mesh, PartitionSpec("data")))
#         result, state = step(state, x, y)
