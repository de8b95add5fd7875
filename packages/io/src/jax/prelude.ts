/**
 * Functions in Python that generated programs use where one line of jnp is not enough: each with those that it needs.
 */

import type { Helpers } from "../python/helpers.ts";

/** The functions by name. */
export const helpers: Helpers = {
  convolve: {
    needs: [],
    code: `
def convolve(x, w, stride, padding, dilation, groups):
    """Cross-correlation of images [N, C, H, W] with kernels [O, C / groups, kh, kw]."""
    return jax.lax.conv_general_dilated(
        x, w, stride, padding, rhs_dilation=dilation, feature_group_count=groups,
        dimension_numbers=("NCHW", "OIHW", "NCHW"))`,
  },
  convolve_input_gradient: {
    needs: ["convolve"],
    code: `
def convolve_input_gradient(g, w, shape, **how):
    """From the gradient by convolve's result to that by its images, of this shape."""
    images = jax.ShapeDtypeStruct(shape, g.dtype)
    return jax.linear_transpose(lambda x: convolve(x, w, **how), images)(g)[0]`,
  },
  convolve_weight_gradient: {
    needs: ["convolve"],
    code: `
def convolve_weight_gradient(x, g, shape, **how):
    """From the gradient by convolve's result to that by its kernels, of this shape."""
    kernels = jax.ShapeDtypeStruct(shape, g.dtype)
    return jax.linear_transpose(lambda w: convolve(x, w, **how), kernels)(g)[0]`,
  },
  windows: {
    needs: [],
    code: `
def windows(x, size, stride, padding, dilation, fill):
    """What each window sees: [N, C, H', W', kh, kw], with fill beyond the image."""
    (top, bottom), (left, right) = padding
    rows = (x.shape[2] + top + bottom - (size[0] - 1) * dilation[0] - 1) // stride[0] + 1
    columns = (x.shape[3] + left + right - (size[1] - 1) * dilation[1] - 1) // stride[1] + 1
    i = np.arange(rows)[:, None, None, None] * stride[0] + np.arange(size[0])[None, None, :, None] * dilation[0] - top
    j = np.arange(columns)[None, :, None, None] * stride[1] + np.arange(size[1])[None, None, None, :] * dilation[1] - left
    inside = (i >= 0) & (i < x.shape[2]) & (j >= 0) & (j < x.shape[3])
    i, j = np.clip(i, 0, x.shape[2] - 1), np.clip(j, 0, x.shape[3] - 1)
    return jnp.where(inside, x[:, :, i, j], jnp.asarray(fill, x.dtype))`,
  },
  unfold: {
    needs: ["windows"],
    code: `
def unfold(x, size, stride, padding, dilation):
    """Every window as a column: [N, C kh kw, windows]."""
    seen = windows(x, size, stride, padding, dilation, 0)
    n, c, rows, columns, kh, kw = seen.shape
    return seen.transpose(0, 1, 4, 5, 2, 3).reshape(n, c * kh * kw, rows * columns)`,
  },
  fold: {
    needs: ["unfold"],
    code: `
def fold(columns, shape, **how):
    """Columns added back together into images of this shape."""
    images = jax.ShapeDtypeStruct(shape, columns.dtype)
    return jax.linear_transpose(lambda x: unfold(x, **how), images)(columns)[0]`,
  },
  sum_pool: {
    needs: ["windows"],
    code: `
def sum_pool(x, **how):
    """The sum of each window."""
    return windows(x, fill=0, **how).sum((4, 5))`,
  },
  sum_pool_backward: {
    needs: ["sum_pool"],
    code: `
def sum_pool_backward(g, shape, **how):
    """Sends a number from each window back to all that it saw."""
    images = jax.ShapeDtypeStruct(shape, g.dtype)
    return jax.linear_transpose(lambda x: sum_pool(x, **how), images)(g)[0]`,
  },
  lowest: {
    needs: [],
    code: `
def lowest(dtype):
    """What every number is at least."""
    return -jnp.inf if jnp.issubdtype(dtype, jnp.floating) else jnp.iinfo(dtype).min`,
  },
  max_pool: {
    needs: ["windows", "lowest"],
    code: `
def max_pool(x, **how):
    """The largest number of each window."""
    return windows(x, fill=lowest(x.dtype), **how).max((4, 5))`,
  },
  largest_share: {
    needs: ["windows", "lowest"],
    code: `
def largest_share(x, y, dtype, **how):
    """For each window which of its numbers are the largest, y: shares that sum to 1."""
    inside = windows(jnp.ones((1, 1) + x.shape[2:], bool), fill=False, **how)
    largest = ((windows(x, fill=lowest(x.dtype), **how) == y[..., None, None]) & inside).astype(dtype)
    return largest / jnp.maximum(largest.sum((4, 5), keepdims=True), 1)`,
  },
  max_pool_gather: {
    needs: ["largest_share"],
    code: `
def max_pool_gather(v, x, y, **how):
    """Of each window the mean of v where x is largest."""
    return (windows(v, fill=0, **how) * largest_share(x, y, v.dtype, **how)).sum((4, 5))`,
  },
  max_pool_backward: {
    needs: ["max_pool_gather"],
    code: `
def max_pool_backward(g, x, y, **how):
    """Sends a number from each window back to the largest that it saw."""
    images = jax.ShapeDtypeStruct(x.shape, g.dtype)
    return jax.linear_transpose(lambda v: max_pool_gather(v, x, y, **how), images)(g)[0]`,
  },
  scatter_add: {
    needs: [],
    code: `
def scatter_add(x, index, values, axis):
    """x with each value added at the position that its index names along the axis."""
    at = list(jnp.meshgrid(*(jnp.arange(n) for n in index.shape), indexing="ij", sparse=True))
    at[axis] = index
    return x.at[tuple(at)].add(values)`,
  },
  random_words: {
    needs: [],
    code: `
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
    return jnp.stack([low, counter[1] + (low < jnp.uint32(count)).astype(jnp.uint32)])`,
  },
  random_bernoulli: {
    needs: ["random_words"],
    code: `
def random_bernoulli(key, counter, shape, dtype, limit):
    """1 where the next word is below the limit, which is the probability times 2**32."""
    words = random_words(key, counter, math.prod(shape))
    drawn = words < jnp.uint32(limit) if limit < 2**32 else jnp.ones(words.shape, bool)
    return drawn.astype(dtype).reshape(shape), advanced(counter, words.size)`,
  },
  random_uniform: {
    needs: ["random_words"],
    code: `
def random_uniform(key, counter, shape, dtype, low, step, top):
    """Multiples of 2**-24 (float64: 2**-53) of the interval from low on."""
    if dtype == jnp.float32:
        words = random_words(key, counter, math.prod(shape))
        k = (words >> 8).astype(dtype)
    else:
        words = random_words(key, counter, 2 * math.prod(shape))
        k = (words[0::2] >> 5).astype(dtype) * 2.0**26 + (words[1::2] >> 6).astype(dtype)
    return jnp.minimum(jnp.asarray(top, dtype), low + step * k).reshape(shape), advanced(counter, words.size)`,
  },
  random_normal: {
    needs: ["random_words"],
    code: `
def random_normal(key, counter, shape, dtype, mean, std):
    """Two normals from two uniforms (Box & Muller 1958)."""
    count = math.prod(shape)
    pairs = (count + 1) // 2
    if dtype == jnp.float32:
        words = random_words(key, counter, 2 * pairs).reshape(pairs, 2)
        first, second = words[:, 0], words[:, 1]
        # log(u) with u = (first + 1/2) / 2**32, by way of 1 - u where u is nearly 1.
        rest = (jnp.uint32(0xFFFFFFFF) - first).astype(dtype)
        log = jnp.where(first >> 31 == 1, jnp.log1p(-(rest + 0.5) * 2.0**-32), jnp.log((first.astype(dtype) + 0.5) * 2.0**-32))
        turn = second.astype(dtype) * 2.0**-32
    else:
        words = random_words(key, counter, 4 * pairs).reshape(pairs, 4)
        log = jnp.log(((words[:, 0] >> 6).astype(dtype) * 2.0**26 + (words[:, 1] >> 6) + 0.5) * 2.0**-52)
        turn = ((words[:, 2] >> 5).astype(dtype) * 2.0**26 + (words[:, 3] >> 6)) * 2.0**-53
    radius, angle = std * jnp.sqrt(-2 * log), 2 * jnp.pi * turn
    normals = mean + jnp.stack([radius * jnp.cos(angle), radius * jnp.sin(angle)], axis=1).reshape(-1)[:count]
    return normals.astype(dtype).reshape(shape), advanced(counter, words.size)`,
  },
};
