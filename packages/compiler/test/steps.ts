/**
 * The steps that random programs are made of: each makes a tensor of earlier ones, whatever their shapes.
 *
 * Results stay of moderate size, so that programs of many steps neither overflow nor blow rounding errors up.
 */
import * as core from "@chainrule/core";
import { type Tensor, tensor } from "@chainrule/core";

/**
 * What a step's result is worth in a comparison:
 * - `exact`: to be equal to the last bit, given operands that are;
 * - `choice`: the same, and only to be applied to such operands, because a difference in the last digit would grow;
 * - `smooth`: equal up to rounding.
 */
export type Kind = "exact" | "choice" | "smooth";

/** Up to three operands, and numbers from which to derive axes, lengths and options. Null where it does not apply. */
export type StepFunction = (x: Tensor, y: Tensor, z: Tensor, choices: readonly number[]) => Tensor | null;

export interface StepDefinition {
  readonly kind: Kind;
  /** What its operands hold: floats, whole numbers and truth values, or either. */
  readonly takes: "floats" | "wholes" | "anything";
  readonly apply: StepFunction;
}

type Steps = Readonly<Record<string, StepFunction>>;

/** `y` in a shape that broadcasts with `x`; its first element where its own does not. */
function meeting(x: Tensor, y: Tensor): Tensor {
  try {
    core.broadcastShapes("meeting", x.shape, y.shape);
    return y;
  } catch {
    return y.size === 0 ? core.zeros([], { dtype: y.dtype }) : y.flatten().slice(0);
  }
}

function pair(f: (x: Tensor, y: Tensor) => Tensor): StepFunction {
  return (x, y) => f(x, meeting(x, y));
}

/** The axes whose bits are set in `bits`: none, some or all. */
function axesOf({ rank }: Tensor, bits: number): number[] {
  return Array.from({ length: rank }, (_, axis) => axis).filter((axis) => (bits >> axis) & 1);
}

function reduced(f: (x: Tensor, axes: number[], options: { keepDims: boolean }) => Tensor): StepFunction {
  return (x, _y, _z, [bits, keep]) => f(x, axesOf(x, bits), { keepDims: keep % 2 === 0 });
}

/** For functions that take an axis. */
function along(f: (x: Tensor, axis: number, choices: readonly number[]) => Tensor | null): StepFunction {
  return (x, _y, _z, [axis, ...choices]) => (x.rank === 0 ? null : f(x, axis % x.rank, choices));
}

/** So many indices into an axis of a length, some twice, some counted from the end. */
function places(length: number, shape: readonly number[]): Tensor {
  const size = core.sizeOf(shape);
  const at = Array.from({ length: size }, (_, i) => ((i * 7 + 3) % (2 * length)) - length);
  return tensor(Int32Array.from(at), { shape });
}

/** As many of the numbers of `y` as the shape holds, again from the first where it has too few; null if it has none. */
function weights(y: Tensor, shape: readonly number[]): Tensor | null {
  const size = core.sizeOf(shape);
  if (y.size === 0) return null;
  return core
    .tile(y.flatten(), [Math.ceil(size / y.size)])
    .slice([0, size])
    .reshape(shape);
}

/** `y` where it has the shape and dtype of `x`, else `x` itself. */
function alike(x: Tensor, y: Tensor): Tensor {
  return y.dtype === x.dtype && y.shape.join() === x.shape.join() ? y : x;
}

/** `x` as a batch of images: its last two axes are height and width. */
function images(x: Tensor): Tensor | null {
  if (x.rank < 2 || x.size === 0) return null;
  const [height, width] = x.shape.slice(-2);
  return x.rank >= 3 ? x.reshape([-1, x.shape[x.rank - 3], height, width]) : x.reshape([1, 1, height, width]);
}

const exact: Steps = {
  neg: (x) => x.neg(),
  abs: (x) => x.abs(),
  halves: (x) => x.mul(0.5),
  add: pair((x, y) => x.add(y).mul(0.5)),
  sub: pair((x, y) => x.sub(y).mul(0.5)),
  mul: pair((x, y) => x.mul(y).mul(0.25)),
  div: pair((x, y) => x.div(y.square().add(1))),
  square: (x) => x.square().mul(0.25),
  root: (x) => x.abs().add(1).sqrt(),
  toDouble: (x) => x.cast("float64"),
  toSingle: (x) => x.cast("float32"),
};

const choices: Steps = {
  relu: (x) => x.relu(),
  leaky: (x) => x.leakyRelu(0.1),
  hard: (x) => core.hardSwish(x).mul(0.5),
  sign: (x) => x.sign(),
  floor: (x) => x.floor().mul(0.5),
  round: (x) => x.mul(2).round().mul(0.5),
  clamp: (x) => x.clamp(-1.5, 1.25),
  maximum: pair((x, y) => x.maximum(y)),
  minimum: pair((x, y) => x.minimum(y)),
  mod: (x) => x.mod(0.75),
  where: (x, y, z) => {
    const condition = x.greater(meeting(x, y));
    return core.where(condition, x, meeting(condition, z).mul(0.5));
  },
  masked: pair((x, y) => x.mul(y.less(0.25).cast("float32"))),
  logic: pair((x, y) => core.where(x.less(1).logicalAnd(y.greater(-1).logicalNot()), x, 0.5)),
  equalities: pair((x, y) => x.equal(y).cast("int32").add(1).mul(x)),
  whole: (x) => x.mul(3).cast("int32").cast("float32").mul(0.25),
  toWhole: (x) => x.mul(5).cast("int32"),
  toTruth: (x) => x.greater(0.3),
  maxAlong: reduced((x, axes, options) => (x.size === 0 ? x : x.max(axes, options))),
  minAlong: reduced((x, axes, options) => (x.size === 0 ? x : x.min(axes, options))),
  anyAlong: reduced((x, axes, options) => core.any(x.greater(1), axes, options)),
  allAlong: reduced((x, axes, options) => core.all(x.less(1), axes, options)),
  countAlong: reduced((x, axes, options) => core.countNonZero(x.greater(0), axes, options)),
  sorted: along((x, axis, [down]) => x.sort(axis, { descending: down % 2 === 0 })),
  argmax: along((x, axis) => (x.size === 0 ? null : core.argmax(x, axis))),
  largest: along((x, axis) => (x.shape[axis] === 0 ? null : core.topK(x, 1, axis).values)),
  ranked: along((x, axis) => core.scatterAdd(x, x.argsort(axis), x.mul(0.5), axis).mul(0.5)),
  pooled: (x) => {
    const image = images(x);
    const size = image && ([Math.min(2, image.shape[2]), Math.min(3, image.shape[3])] as const);
    return image && core.maxPool2d(image, size!, { stride: 2 });
  },
};

/** The operand as numbers: truth values are 0 and 1. */
const counts = (x: Tensor) => (x.dtype === "bool" ? x.cast("int32") : x);

/** Of whole numbers and truth values, which wrap around and are equal to the last bit. */
const wholes: Steps = {
  asFloats: (x) => x.cast("float32").mul(0.25),
  asDoubles: (x) => x.cast("float64").mul(0.5),
  asTruth: (x) => x.cast("bool"),
  sumOfWholes: pair((x, y) => counts(x).add(counts(y))),
  differences: pair((x, y) => counts(x).sub(counts(y))),
  products: pair((x, y) => counts(x).mul(counts(y))),
  squares: (x) => counts(x).square(),
  large: (x) => counts(x).add(46_341).mul(92_682),
  negated: (x) => counts(x).neg(),
  sizes: (x) => counts(x).abs(),
  signs: (x) => counts(x).sign(),
  rests: pair((x, y) => counts(x).mod(counts(y))),
  smaller: pair((x, y) => core.minimum(x, y)),
  larger: pair((x, y) => core.maximum(x, y)),
  quotients: pair((x, y) => counts(x).div(counts(y).square().add(1))),
  clamped: (x) => core.clamp(counts(x), -3, 100),
  compared: pair((x, y) => x.less(y)),
  alike: pair((x, y) => core.equal(x, y)),
  both: pair((x, y) => core.logicalAnd(x, y)),
  either: pair((x, y) => core.logicalXor(x, y)),
  neither: pair((x, y) => core.logicalOr(x, y).logicalNot()),
  selected: (x, y, z) => {
    const condition = core.notEqual(x, meeting(x, y));
    return core.where(condition, counts(x), counts(meeting(condition, z)));
  },
  total: reduced((x, axes, options) => core.sum(x, axes, options)),
  multiplied: reduced((x, axes, options) => core.prod(x, axes, options)),
  most: reduced((x, axes, options) => (x.size === 0 ? x : core.max(x, axes, options))),
  least: reduced((x, axes, options) => (x.size === 0 ? x : core.min(x, axes, options))),
  some: reduced((x, axes, options) => core.any(x, axes, options)),
  every: reduced((x, axes, options) => core.all(x, axes, options)),
  totals: along((x, axis) => core.cumsum(x, axis)),
  order: along((x, axis, [down]) => core.argsort(x, axis, { descending: down % 2 === 0 })),
  first: along((x, axis) => (x.size === 0 ? null : core.argmin(x, axis))),
  tallied: along((x, axis) =>
    x.shape[axis] === 0 ? null : core.scatterAdd(counts(x), places(x.shape[axis], x.shape), counts(x), axis),
  ),
  /** Positions that were computed. */
  followed: along((x, axis) => {
    const length = x.shape[axis];
    return length === 0 ? null : core.takeAlongAxis(x, counts(x).mod(length).cast("int32"), axis);
  }),
  table: (x, y) => (x.rank !== 2 ? null : core.matmul(counts(x), counts(alike(x, y)).transpose())),
};

/** Which element goes where; of any dtype. */
const movements: Steps = {
  transposed: (x, _y, _z, [a, b]) => (x.rank < 2 ? null : x.transpose(a % x.rank, b % x.rank)),
  turned: (x, _y, _z, [a]) =>
    core.permute(
      x,
      axesOf(x, ~0).map((axis) => (axis + a) % x.rank),
    ),
  flat: (x) => x.flatten(),
  folded: (x, _y, _z, [n]) => {
    const divisors = [2, 3, 4, 5].filter((d) => x.size % d === 0);
    return divisors.length === 0 || x.size === 0 ? null : x.reshape([divisors[n % divisors.length], -1]);
  },
  squeezed: (x) => x.squeeze(),
  unsqueezed: (x, _y, _z, [axis]) => (x.rank > 4 ? null : x.unsqueeze(axis % (x.rank + 1))),
  flipped: (x, _y, _z, [bits]) => core.flip(x, axesOf(x, bits)),
  cut: along((x, axis, [from, step]) =>
    x.slice(...x.shape.map((n, a) => (a === axis ? ([from % (n + 1), null, 1 + (step % 3)] as const) : ":"))),
  ),
  backwards: along((x, axis, [to, step]) =>
    x.slice(...x.shape.map((n, a) => (a === axis ? ([null, to % (n + 1), -1 - (step % 2)] as const) : ":"))),
  ),
  one: along((x, axis, [at]) =>
    x.shape[axis] === 0 ? null : x.slice(...x.shape.map((n, a) => (a === axis ? at % n : ":"))),
  ),
  spread: (x, _y, _z, [n]) => (x.rank > 3 ? null : core.broadcastTo(x, [1 + (n % 3), ...x.shape])),
  widened: (x, y) => {
    try {
      return core.broadcastTo(x, core.broadcastShapes("widened", x.shape, y.shape));
    } catch {
      return null;
    }
  },
  tiled: (x, _y, _z, [a, b]) =>
    x.rank === 0 ? null : core.tile(x, [1 + (a % 2), ...x.shape.slice(1).map(() => 1 + (b % 2))]),
  repeated: along((x, axis, [n]) => core.repeat(x, n % 3, axis)),
  padded: along((x, axis, [before, after]) =>
    core.pad(
      x,
      x.shape.map((_, a) => (a === axis ? ([before % 3, after % 3] as const) : ([0, 0] as const))),
    ),
  ),
  joined: (x, y, _z, [axis]) => {
    if (x.rank === 0) return null;
    const along = axis % x.rank;
    const fits = y.dtype === x.dtype && y.rank === x.rank && y.shape.every((n, a) => a === along || n === x.shape[a]);
    return core.concat([x, fits ? y : x, x], along);
  },
  stacked: (x, y, _z, [axis]) => (x.rank > 3 ? null : core.stack([x, alike(x, y)], axis % (x.rank + 1))),
  rolled: along((x, axis) => {
    if (x.shape[axis] < 2) return null;
    const [head, tail] = core.split(x, [1, x.shape[axis] - 1], axis);
    return core.concat([tail, head], axis);
  }),
  looked: along((x, axis, [count, rank]) =>
    x.shape[axis] === 0 ? null : core.gather(x, places(x.shape[axis], rank % 2 ? [2, count % 4] : [count % 6]), axis),
  ),
  taken: along((x, axis, [count]) =>
    x.shape[axis] === 0 ? null : core.takeAlongAxis(x, places(x.shape[axis], x.shape.with(axis, count % 4)), axis),
  ),
};

const smooth: Steps = {
  exp: (x) => x.square().neg().exp(),
  expm1: (x) => x.mul(0.5).expm1().mul(0.5),
  log: (x) => x.square().add(0.5).log(),
  log1p: (x) => x.square().log1p(),
  tanh: (x) => x.tanh(),
  sigmoid: (x) => x.sigmoid(),
  softplus: (x) => x.softplus().mul(0.5),
  gelu: (x) => x.gelu(),
  silu: (x) => x.silu(),
  elu: (x) => x.elu(),
  erf: (x) => x.erf(),
  sin: (x) => x.sin(),
  cos: (x) => x.cos(),
  atan: (x) => x.atan(),
  cosh: (x) => x.mul(0.3).cosh(),
  rsqrt: (x) => x.square().add(0.5).rsqrt(),
  cube: (x) => x.pow(3).mul(0.03),
  powers: pair((x, y) => x.square().add(0.5).pow(y.tanh()).mul(0.5)),
  powersOf: (x) => core.pow(1.5, x.tanh()),
  sumAlong: reduced((x, axes, options) => core.sum(x, axes, options).mul(0.1)),
  meanAlong: reduced((x, axes, options) => (x.size === 0 ? x : core.mean(x, axes, options))),
  spreadAlong: reduced((x, axes, options) => (x.size === 0 ? x : core.variance(x, axes, options).mul(0.5))),
  normAlong: reduced((x, axes, options) => core.norm(x.add(2), axes.length === 0 ? null : axes, options).mul(0.1)),
  logSumExp: reduced((x, axes, options) => (x.size === 0 ? x : core.logSumExp(x, axes, options).mul(0.5))),
  product: along((x, axis) => core.prod(x.tanh().mul(0.5).add(1), axis).mul(0.1)),
  running: along((x, axis, [reverse]) => core.cumsum(x, axis, { reverse: reverse % 2 === 0 }).mul(0.2)),
  softmax: along((x, axis) => x.softmax(axis)),
  logSoftmax: along((x, axis) => x.logSoftmax(axis).mul(0.3)),
  normalized: along((x, axis) =>
    x.size === 0
      ? null
      : x.sub(x.mean(axis, { keepDims: true })).div(core.variance(x, axis, { keepDims: true }).add(1).sqrt()),
  ),
  gram: (x) => (x.rank < 2 ? null : x.matmul(x.transpose()).mul(1 / (2 + 2 * x.shape[x.rank - 1]))),
  gramTurned: (x) =>
    x.rank < 2
      ? null
      : x
          .transpose()
          .matmul(x)
          .mul(1 / (2 + 2 * x.shape[x.rank - 2])),
  product2: (x, y, _z, [columns]) => {
    if (x.rank === 0) return null;
    const k = x.shape[x.rank - 1];
    const w = weights(y, [k, 1 + (columns % 9)]);
    return w && x.matmul(w).mul(1 / (1 + k));
  },
  product2Turned: (x, y, _z, [rows]) => {
    if (x.rank < 2) return null;
    const k = x.shape[x.rank - 2];
    const w = weights(y, [1 + (rows % 5), k]);
    return w?.matmul(x).mul(1 / (1 + k)) ?? null;
  },
  /** One weight at every step, and another that the state goes through. */
  recurrent: (x, y, z, [units]) => {
    if (x.rank < 2 || x.size === 0) return null;
    const rows = x.slice([0, 5]).reshape([Math.min(5, x.shape[0]), -1, x.shape[x.rank - 1]]);
    const w = weights(y, [x.shape[x.rank - 1], 1 + (units % 6)]);
    const r = weights(z, [1 + (units % 6), 1 + (units % 6)]);
    if (!w || !r) return null;
    let h = core.zeros([rows.shape[1], r.shape[0]], { dtype: x.dtype });
    for (let t = 0; t < rows.shape[0]; t++) h = rows.slice(t).matmul(w).add(h.matmul(r).mul(0.1)).tanh();
    return h;
  },
  /** Parts of it, each used in its own way. */
  gated: along((x, axis) => {
    if (x.shape[axis] < 3) return null;
    const [a, b, c] = core.split(x, [1, 1, x.shape[axis] - 2], axis);
    return c.tanh().add(a.mul(b)).mul(0.5);
  }),
  timesVector: (x, y) => {
    if (x.rank === 0) return null;
    const k = x.shape[x.rank - 1];
    const v = weights(y, [k]);
    return v && x.matmul(v).mul(1 / (1 + k));
  },
  attention: (x, y, z) =>
    x.rank < 2 ? null : x.matmul(alike(x, y).transpose()).mul(0.3).softmax(-1).matmul(alike(x, z)),
  scattered: along((x, axis) =>
    x.shape[axis] === 0
      ? null
      : core
          .scatterAdd(
            x,
            places(x.shape[axis], x.shape.with(axis, 3)),
            x
              .slice(...x.shape.map((_, a) => (a === axis ? ([0, 1] as const) : ":")))
              .tile(x.shape.map((_, a) => (a === axis ? 3 : 1))),
            axis,
          )
          .mul(0.3),
  ),
  convolved: (x, y, _z, [size, filters, stride, padding]) => {
    const image = images(x);
    if (!image) return null;
    const [, channels, height, width] = image.shape;
    const kernel = [Math.min(1 + (size % 3), height), Math.min(1 + ((size >> 2) % 3), width)];
    const w = weights(y, [1 + (filters % 4), channels, ...kernel]);
    return w && core.conv2d(image, w, { stride: 1 + (stride % 2), padding: padding % 2 }).mul(1 / (1 + channels));
  },
  convolved1: (x, y, _z, [size, filters]) => {
    if (x.rank !== 3 || x.size === 0) return null;
    const w = weights(y, [1 + (filters % 3), x.shape[1], Math.min(1 + (size % 3), x.shape[2])]);
    return w && core.conv1d(x, w).mul(1 / (1 + x.shape[1]));
  },
  averaged: (x) => {
    const image = images(x);
    return image && core.avgPool2d(image, [Math.min(2, image.shape[2]), Math.min(2, image.shape[3])]);
  },
};

function defined(kind: Kind, takes: StepDefinition["takes"], steps: Steps): Record<string, StepDefinition> {
  return Object.fromEntries(Object.entries(steps).map(([name, apply]) => [name, { kind, takes, apply }]));
}

export const steps: Readonly<Record<string, StepDefinition>> = {
  ...defined("exact", "floats", exact),
  ...defined("choice", "floats", choices),
  ...defined("exact", "anything", movements),
  ...defined("exact", "wholes", wholes),
  ...defined("smooth", "floats", smooth),
};
