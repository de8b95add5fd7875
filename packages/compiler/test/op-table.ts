/**
 * Every op of the packages by name: what it takes, and how to call it so that it runs. An op that is not here fails the
 * test.
 */

import type { DType, Tensor } from "@chainrule/core";
import * as core from "@chainrule/core";
import { broadcastableShapes, type ShapeLimits, shapes } from "@chainrule/testing";
import fc from "fast-check";

/**
 * How closely the compiled form must agree with the kernel: to the last `bit`, to a few `ulps` (units in the last place)
 * where functions are approximated, or up to `rounding` where numbers are added in another order.
 */
export type Agreement = "bit" | "ulps" | "rounding";

export interface OpEntry {
  /** The dtypes of all operands but indices and conditions. */
  readonly dtypes: readonly DType[];
  readonly agreement: Agreement;
  readonly shapes: fc.Arbitrary<number[][]>;
  /** Which operands are int32 or bool whatever the others are. */
  readonly fixed?: Readonly<Record<number, DType>>;
  /** Calls the op; numbers are at hand to derive axes and options from. */
  apply(operands: readonly Tensor[], choices: readonly number[]): Tensor;
  /** What a result is made of, where that is elements at one position, the elements of a line, or those of a window. */
  readonly of?: "elements" | "lines" | "windows";
  /** Whether a second call gives something else. */
  readonly draws?: boolean;
  /** So many times the gradient that arrives is about what its own gradient adds up, at special numbers; 1 by default. */
  readonly magnitude?: number;
}

const floats: readonly DType[] = ["float32", "float64"];
const numeric: readonly DType[] = [...floats, "int32"];
const all: readonly DType[] = [...numeric, "bool"];

const sizes: ShapeLimits = { maxRank: 4, maxLength: 9 };
const one = (limits: ShapeLimits = {}) => shapes({ ...sizes, ...limits }).map((shape) => [shape]);
const two = broadcastableShapes({ maxRank: 3, maxLength: 9 }).map(({ a, b }) => [a, b]);

function unary(f: (x: Tensor) => Tensor, agreement: Agreement = "ulps", dtypes = floats): OpEntry {
  return { dtypes, agreement, of: "elements", shapes: one(), apply: ([x]) => f(x) };
}

function binary(f: (a: Tensor, b: Tensor) => Tensor, agreement: Agreement = "bit", dtypes = numeric): OpEntry {
  return { dtypes, agreement, of: "elements", shapes: two, apply: ([a, b]) => f(a, b) };
}

function axesOf({ rank }: Tensor, bits: number): number[] {
  return Array.from({ length: rank }, (_, axis) => axis).filter((axis) => (bits >> axis) & 1);
}

type Reduction = (x: Tensor, axes: number[], options: { keepDims: boolean }) => Tensor;

function reduction(f: Reduction, agreement: Agreement, dtypes = all, limits: ShapeLimits = {}): OpEntry {
  return {
    dtypes,
    agreement,
    of: "lines",
    shapes: one(limits),
    apply: ([x], [bits, keep]) => f(x, axesOf(x, bits), { keepDims: keep % 2 === 0 }),
  };
}

const ranked: ShapeLimits = { minRank: 1 };

function along(f: (x: Tensor, axis: number, choice: number) => Tensor, agreement: Agreement, dtypes = all): OpEntry {
  return {
    dtypes,
    agreement,
    of: "lines",
    shapes: one(ranked),
    apply: ([x], [axis, choice]) => f(x, axis % x.rank, choice),
  };
}

/** What a function of one tensor sends back, and 1, because a line of it has the sum 0, of which only roundings would be left. */
function backward(f: (x: Tensor) => Tensor, x: Tensor): Tensor {
  return core.vjp(f, x)[1](x.mul(0.5).sub(1))[0].add(1);
}

/** Valid places along an axis of a length, made of whatever integers are given; from both ends. */
function placesIn(length: number, x: Tensor): Tensor {
  return x.mod(2 * length).sub(length);
}

/** A table, its axis, and indices of any shape. */
const lookups = shapes({ ...sizes, minRank: 1, minLength: 1, maxRank: 3 }).chain((shape) =>
  shapes({ maxRank: 2, maxLength: 6 }).map((indices) => [shape, indices]),
);

/** Two shapes of a rank that differ only along the last axis, and the second once more. */
const alongLast = shapes({ ...sizes, minRank: 1, minLength: 1, maxRank: 3 }).chain((shape) =>
  fc.nat({ max: 6 }).map((n) => [shape, shape.with(-1, n), shape.with(-1, n)]),
);

const products = fc
  .record({
    batch: broadcastableShapes({ maxRank: 2, maxLength: 3 }),
    sizes: fc.array(fc.integer({ min: 0, max: 19 }), { minLength: 3, maxLength: 3 }),
    turned: fc.tuple(fc.boolean(), fc.boolean()),
  })
  .map(({ batch, sizes: [m, k, n], turned }) => [
    [...batch.a, ...(turned[0] ? [k, m] : [m, k])],
    [...batch.b, ...(turned[1] ? [n, k] : [k, n])],
    // No operand: whether the others are to be read transposed.
    turned.map(Number),
  ]);

const images = fc
  .tuple(fc.nat({ max: 3 }), fc.nat({ max: 3 }), fc.integer({ min: 3, max: 9 }), fc.integer({ min: 3, max: 9 }))
  .map((shape) => [[...shape]]);

function windowOf(choices: readonly number[]) {
  const [height, width, stride, more] = choices;
  return {
    kernel: [1 + (height % 3), 1 + (width % 3)] as const,
    options: { stride: 1 + (stride % 3), padding: more % 2, dilation: 1 },
  };
}

/** Images, kernels in groups, and (no operand) as many numbers as there are groups. */
const convolutions = fc
  .record({
    image: fc.tuple(fc.nat({ max: 3 }), fc.integer({ min: 3, max: 12 }), fc.integer({ min: 3, max: 12 })),
    groups: fc.integer({ min: 1, max: 2 }),
    kernel: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 4, maxLength: 4 }),
  })
  .map(({ image: [n, height, width], groups, kernel: [outputs, channels, kh, kw] }) => [
    [n, groups * channels, height, width],
    [groups * outputs, channels, Math.min(3, kh), Math.min(3, kw)],
    [groups],
  ]);

function convolve([x, w, groups]: readonly Tensor[], [stride, padding, dilation]: readonly number[]): Tensor {
  const options = { stride: 1 + (stride % 3), padding: padding % 3, groups: groups.size };
  return core.conv2d(x, w, { ...options, dilation: w.shape.slice(2).every((n) => n < 3) ? 1 + (dilation % 2) : 1 });
}

type Pool = (x: Tensor, size: core.Pair, options: core.WindowOptions) => Tensor;

/** A pooling with windows that see something of the image. */
function pooling(pool: Pool, choices: readonly number[]): (x: Tensor) => Tensor {
  const { kernel, options } = windowOf(choices);
  const padding = kernel.map((n) => (n > 1 ? options.padding : 0)) as [number, number];
  return (x) => pool(x, kernel, { ...options, padding });
}

/** Images, and what is made of them by a pooling. */
function pooled(compute: (pool: (x: Tensor) => Tensor, x: Tensor) => Tensor, pool: Pool, dtypes = floats): OpEntry {
  return {
    dtypes,
    agreement: "rounding",
    of: "windows",
    shapes: images,
    apply: ([x], choices) => compute(pooling(pool, choices), x),
  };
}

/** Where in a larger tensor a part lies. */
function partOf(x: Tensor, choices: readonly number[]): core.SliceRange[] {
  return x.shape.map((n, axis) => {
    const choice = choices[axis % choices.length];
    const step = 1 + (choice % 3);
    return choice % 2 ? [null, null, -step] : [Math.min(n, choice % 4), null, step];
  });
}

export const opTable: Readonly<Record<string, OpEntry>> = {
  abs: unary(core.abs, "bit", numeric),
  acos: unary(core.acos),
  asin: unary(core.asin),
  atan: unary(core.atan),
  ceil: unary(core.ceil, "bit", numeric),
  clamp: unary((x) => core.clamp(x, -1, 2), "bit", numeric),
  cos: unary(core.cos),
  cosh: unary(core.cosh),
  erf: unary(core.erf),
  exp: unary(core.exp),
  expm1: unary(core.expm1),
  floor: unary(core.floor, "bit", numeric),
  isFinite: unary(core.isFinite, "bit", all),
  isInfinite: unary(core.isInfinite, "bit", all),
  isNaN: unary(core.isNaN, "bit", all),
  log: unary(core.log),
  log1p: unary(core.log1p),
  log2: unary(core.log2),
  logicalNot: unary(core.logicalNot, "bit", all),
  neg: unary(core.neg, "bit", numeric),
  reciprocal: unary(core.reciprocal, "bit"),
  relu: unary(core.relu, "bit", numeric),
  round: unary(core.round, "bit", numeric),
  rsqrt: unary(core.rsqrt),
  sigmoid: unary(core.sigmoid),
  sign: unary(core.sign, "bit", numeric),
  sin: unary(core.sin),
  sinh: unary(core.sinh),
  softplus: unary(core.softplus),
  sqrt: unary(core.sqrt, "bit"),
  square: unary(core.square, "bit", numeric),
  tan: unary(core.tan),
  tanh: unary(core.tanh),
  trunc: unary(core.trunc, "bit", numeric),
  // Stands where something is differentiated that already is.
  identity: unary(
    core.grad((x: Tensor) =>
      core
        .grad((t: Tensor) => t.square().mul(t).sum())(x)
        .sum(),
    ),
    "bit",
  ),
  cast: {
    dtypes: all,
    agreement: "bit",
    of: "elements",
    shapes: one(),
    apply: ([x], [to]) => {
      const others = all.filter((dtype) => dtype !== x.dtype);
      return core.cast(x, others[to % others.length]);
    },
  },

  add: binary(core.add),
  sub: binary(core.sub),
  mul: binary(core.mul),
  div: binary(core.div),
  mod: binary(core.mod),
  pow: binary(core.pow, "ulps"),
  maximum: binary(core.maximum, "bit", all),
  minimum: binary(core.minimum, "bit", all),
  equal: binary(core.equal, "bit", all),
  notEqual: binary(core.notEqual, "bit", all),
  less: binary(core.less, "bit", all),
  lessEqual: binary(core.lessEqual, "bit", all),
  greater: binary(core.greater, "bit", all),
  greaterEqual: binary(core.greaterEqual, "bit", all),
  logicalAnd: binary(core.logicalAnd, "bit", all),
  logicalOr: binary(core.logicalOr, "bit", all),
  logicalXor: binary(core.logicalXor, "bit", all),
  where: {
    dtypes: all,
    agreement: "bit",
    of: "elements",
    shapes: two.map(([a, b]) => [a, b, a]),
    fixed: { 0: "bool" },
    apply: ([condition, a, b]) => core.where(condition, a, b),
  },

  sum: reduction(core.sum, "rounding"),
  max: reduction(core.max, "bit", all, { minLength: 1 }),
  min: reduction(core.min, "bit", all, { minLength: 1 }),
  prod: reduction(core.prod, "rounding", numeric),
  logSumExp: reduction(core.logSumExp, "rounding", floats),
  all: reduction(core.all, "bit"),
  any: reduction(core.any, "bit"),
  argmax: { ...along((x, axis) => core.argmax(x, axis), "bit"), shapes: one({ minRank: 1, minLength: 1 }) },
  argmin: { ...along((x, axis) => core.argmin(x, axis), "bit"), shapes: one({ minRank: 1, minLength: 1 }) },
  argsort: along((x, axis, down) => core.argsort(x, axis, { descending: down % 2 === 0 }), "bit"),
  cumsum: along((x, axis, back) => core.cumsum(x, axis, { reverse: back % 2 === 0 }), "rounding"),
  softmax: along((x, axis) => core.softmax(x, axis), "rounding", floats),
  logSoftmax: along((x, axis) => core.logSoftmax(x, axis), "rounding", floats),
  softmaxBackward: along((x, axis) => backward((t) => core.softmax(t, axis), x), "rounding", floats),
  logSoftmaxBackward: {
    ...along((x, axis) => backward((t) => core.logSoftmax(t, axis), x), "rounding", floats),
    // It multiplies what arrives by the sum of a line of special numbers, by half and less 1.
    magnitude: 10,
  },

  matmul: {
    dtypes: numeric,
    agreement: "rounding",
    shapes: products,
    apply: ([a, b, turned]) => core.matmul(turned.shape[0] ? a.transpose() : a, turned.shape[1] ? b.transpose() : b),
  },

  reshape: { dtypes: all, agreement: "bit", shapes: one(), apply: ([x]) => core.reshape(x, [1, x.size, 1]) },
  broadcastTo: {
    dtypes: all,
    agreement: "bit",
    shapes: one({ maxRank: 3 }),
    apply: ([x], [times]) => core.broadcastTo(x.unsqueeze(0), [times % 4, ...x.shape]),
  },
  permute: {
    dtypes: all,
    agreement: "bit",
    // No axis of length 1: where only those move, there is nothing to permute.
    shapes: one({ minRank: 2 }),
    apply: ([x], [by]) =>
      core.permute(
        x,
        x.shape.map((_, axis) => (axis + 1 + (by % (x.rank - 1))) % x.rank),
      ),
  },
  slice: {
    dtypes: all,
    agreement: "bit",
    shapes: one(ranked),
    apply: ([x], choices) => core.slice(x, ...partOf(x, choices)),
  },
  sliceScatter: {
    dtypes: floats,
    agreement: "bit",
    shapes: one(ranked),
    apply: ([x], choices) => {
      // What the slice's gradient makes of x: x in zeros of three times the size, reversed and spaced out.
      const large = core.zeros(
        x.shape.map((n) => 3 * n + 1),
        { dtype: x.dtype },
      );
      const part: core.SliceRange[] = x.shape.map((n, axis) =>
        choices[axis % choices.length] % 2 ? [1, 1 + 3 * n, 3] : n === 0 ? [0, 0] : [2 * n, null, -2],
      );
      const from = part.map(
        (range, axis): core.SliceRange => (choices[axis % choices.length] % 2 ? range : [0, x.shape[axis]]),
      );
      return core.vjp((t) => core.slice(t, ...from), large)[1](x)[0];
    },
  },
  concat: {
    dtypes: all,
    agreement: "bit",
    shapes: fc
      .tuple(shapes({ ...sizes, minRank: 1, maxRank: 3 }), fc.nat({ max: 5 }), fc.nat({ max: 5 }))
      .map(([shape, n, m]) => [shape, shape.with(-1, n), shape.with(-1, m)]),
    apply: (parts) => core.concat(parts, -1),
  },

  gather: {
    dtypes: all,
    agreement: "bit",
    shapes: lookups,
    fixed: { 1: "int32" },
    apply: ([x, indices], [axis]) => core.gather(x, placesIn(x.shape[axis % x.rank], indices), axis % x.rank),
  },
  indexAdd: {
    dtypes: floats,
    agreement: "rounding",
    shapes: lookups.map(([shape, indices]) => [[...indices, ...shape.slice(1)], indices, [shape[0]]]),
    fixed: { 1: "int32" },
    apply: ([g, indices, rows]) => {
      const table = core.zeros([rows.size, ...g.shape.slice(indices.rank)], { dtype: g.dtype });
      return core.vjp((t) => core.gather(t, placesIn(rows.size, indices)), table)[1](g)[0];
    },
  },
  takeAlongAxis: {
    dtypes: all,
    agreement: "bit",
    shapes: alongLast,
    fixed: { 1: "int32" },
    apply: ([x, indices]) => core.takeAlongAxis(x, placesIn(x.shape.at(-1)!, indices)),
  },
  scatterAdd: {
    dtypes: numeric,
    agreement: "rounding",
    shapes: alongLast,
    fixed: { 1: "int32" },
    apply: ([x, indices, values]) => core.scatterAdd(x, placesIn(x.shape.at(-1)!, indices), values),
  },

  unfold: {
    dtypes: floats,
    agreement: "bit",
    shapes: images,
    apply: ([x], choices) => {
      const { kernel, options } = windowOf(choices);
      return core.unfold(x, kernel, options);
    },
  },
  fold: {
    dtypes: floats,
    agreement: "rounding",
    shapes: images,
    apply: ([x], choices) => {
      const { kernel, options } = windowOf(choices);
      return core.fold(core.unfold(x, kernel, options), [x.shape[2], x.shape[3]], kernel, options);
    },
  },
  convolve: { dtypes: numeric, agreement: "rounding", shapes: convolutions, apply: convolve },
  // Small gradients, so that the results are no larger than what else is compared.
  convolveInputGradient: {
    dtypes: floats,
    agreement: "rounding",
    shapes: convolutions,
    apply: ([x, w, groups], choices) => {
      const [y, back] = core.vjp((t) => convolve([t, w, groups], choices), x);
      return back(y.mul(0.01))[0];
    },
  },
  convolveWeightGradient: {
    dtypes: floats,
    agreement: "rounding",
    shapes: convolutions,
    apply: ([x, w, groups], choices) => {
      const [y, back] = core.vjp((t) => convolve([x, t, groups], choices), w);
      return back(y.mul(0.01))[0];
    },
  },
  maxPool: pooled((pool, x) => pool(x), core.maxPool2d, numeric),
  maxPoolBackward: pooled((pool, x) => core.vjp(pool, x)[1](pool(x.neg()))[0], core.maxPool2d),
  maxPoolGather: pooled(
    (pool, x) => core.vjp((g) => core.vjp(pool, x)[1](g)[0], pool(x))[1](x.mul(2))[0],
    core.maxPool2d,
  ),
  sumPool: pooled((pool, x) => pool(x), core.avgPool2d),
  sumPoolBackward: pooled((pool, x) => core.vjp(pool, x)[1](pool(x.neg()))[0], core.avgPool2d),

  random: {
    dtypes: floats,
    agreement: "bit",
    shapes: one(),
    draws: true,
    apply: ([x], [seed]) => x.mul(0).add(core.rand(x.shape, { generator: new core.Generator(seed) })),
  },
};
