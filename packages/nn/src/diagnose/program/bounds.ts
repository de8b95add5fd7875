/**
 * Between which bounds the results of operations lie.
 */
import type { Facts } from "./facts.ts";
import type { GraphOp } from "./graph.ts";
import { areAlike, behindViews, opName, views } from "./values.ts";

type Bounds = readonly [low: number, high: number];
type Interval = Pick<Facts, "low" | "high">;

const free: Bounds = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];

/** Rising functions: their bounds are those of the input, carried over. */
const rising: Readonly<Record<string, (x: number) => number>> = {
  exp: Math.exp,
  expm1: Math.expm1,
  log: (x) => (x <= 0 ? Number.NEGATIVE_INFINITY : Math.log(x)),
  log2: (x) => (x <= 0 ? Number.NEGATIVE_INFINITY : Math.log2(x)),
  log1p: (x) => (x <= -1 ? Number.NEGATIVE_INFINITY : Math.log1p(x)),
  sqrt: (x) => Math.sqrt(Math.max(0, x)),
  relu: (x) => Math.max(0, x),
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  tanh: Math.tanh,
  erf: (x) => (x === Number.NEGATIVE_INFINITY ? -1 : x < 0 ? -1 : x === 0 ? 0 : 1),
  softplus: (x) => (x > 30 ? x : Math.log1p(Math.exp(x))),
  atan: Math.atan,
  sinh: Math.sinh,
  sign: Math.sign,
  floor: Math.floor,
  ceil: Math.ceil,
  round: Math.round,
  trunc: Math.trunc,
};

const fixed: Readonly<Record<string, Bounds>> = {
  sin: [-1, 1],
  cos: [-1, 1],
  rsqrt: [0, Number.POSITIVE_INFINITY],
  cosh: [1, Number.POSITIVE_INFINITY],
};

/** Nothing new, or a choice of what is there. */
const choosing = new Set([
  ...views,
  "slice",
  "gather",
  "takeAlongAxis",
  "maxPool",
  "maxPoolGather",
  "max",
  "min",
  "unfold",
  "concat",
]);

const comparisons =
  /^(equal|notEqual|less|lessEqual|greater|greaterEqual|logical(And|Or|Xor|Not)|is(NaN|Finite|Infinite)|any|all)$/;

/** Between what the results of an op lie. */
export function bounds(op: GraphOp, inputs: readonly Facts[]): Bounds {
  const name = opName(op);
  const [a, b, c] = inputs;
  if (name === "") return op.op.kernel === "view" ? [a.low, a.high] : free;
  if (name in rising) return [rising[name](a.low), rising[name](a.high)];
  if (name in fixed) return fixed[name];
  if (comparisons.test(name)) return [0, 1];
  if (name === "gather" || name === "takeAlongAxis") return [a.low, a.high];
  if (choosing.has(name))
    return [Math.min(...inputs.map(({ low }) => low)), Math.max(...inputs.map(({ high }) => high))];
  if (name === "where") return whereBounds(op, b, c);
  if (name === "clamp") {
    const { min, max } = op.attributes as { min: number; max: number };
    return [Math.min(max, Math.max(min, a.low)), Math.max(min, Math.min(max, a.high))];
  }
  const rule = arithmetic[name];
  return rule ? rule(a, b, op) : free;
}

/** `where(x > c, x, …)` keeps what is above c. */
function whereBounds({ inputs: [condition, x] }: GraphOp, a: Facts, b: Facts): Bounds {
  const test = behindViews(condition).producer;
  let low = a.low;
  if (test && /^greater(Equal)?$/.test(opName(test)) && areAlike(test.inputs[0], x)) {
    const { tensor } = test.inputs[1];
    if (tensor.size === 1) low = Math.max(low, tensor.storage[0]);
  }
  return [Math.min(low, b.low), Math.max(a.high, b.high)];
}

const product = (x: number, y: number) => (x === 0 || y === 0 ? 0 : x * y);

function hull(values: readonly number[]): Bounds {
  return values.some(Number.isNaN) ? free : [Math.min(...values), Math.max(...values)];
}

const corners = (a: Interval, b: Interval, f: (x: number, y: number) => number): Bounds =>
  hull([f(a.low, b.low), f(a.low, b.high), f(a.high, b.low), f(a.high, b.high)]);

type BoundsRule = (a: Facts, b: Facts, op: GraphOp) => Bounds;

const arithmetic: Readonly<Record<string, BoundsRule>> = {
  neg: (a) => [-a.high, -a.low],
  add: (a, b) => [a.low + b.low, a.high + b.high].map(orFree) as unknown as Bounds,
  sub: (a, b) => [a.low - b.high, a.high - b.low].map(orFree) as unknown as Bounds,
  mul: (a, b, { inputs: [x, y] }) => (x === y ? squared(a) : corners(a, b, product)),
  div: (a, b) => (b.low > 0 || b.high < 0 || (b.low === 0 && a.low >= 0) ? quotient(a, b) : free),
  reciprocal: (a) => quotient({ low: 1, high: 1 }, a),
  square: squared,
  abs: (a) => [a.low > 0 ? a.low : a.high < 0 ? -a.high : 0, Math.max(Math.abs(a.low), Math.abs(a.high))],
  pow: (a, b) => {
    if (a.low >= 0 && b.low >= 0) return [0, Math.max(1, a.high ** b.high)];
    if (a.low > 0) return [0, free[1]];
    return isEven(b) ? squared(a) : free;
  },
  maximum: (a, b) => [Math.max(a.low, b.low), Math.max(a.high, b.high)],
  minimum: (a, b) => [Math.min(a.low, b.low), Math.min(a.high, b.high)],
  sum: (a, _b, { inputs: [x], output, attributes }) => {
    const { first, last } = attributes as { first: number; last: number };
    const isShare = a.squash !== null && /^(softmax|normalized)$/.test(a.squash.kind) && a.low >= 0 && a.high <= 1;
    if (isShare && first === last && a.squash?.axis === first) return [0, 1];
    const count = output.tensor.size === 0 ? 0 : x.tensor.size / output.tensor.size;
    return [product(a.low, count), product(a.high, count)];
  },
  sumPool: (a) => [a.low >= 0 ? 0 : free[0], a.high <= 0 ? 0 : free[1]],
  matmul: (a, b, op) => mixed(a, b, op) ?? (a.low >= 0 && b.low >= 0 ? [0, free[1]] : free),
};

function squared(a: Interval): Bounds {
  const [x, y] = [a.low * a.low, a.high * a.high];
  return [a.low <= 0 && a.high >= 0 ? 0 : Math.min(x, y), Math.max(x, y)];
}

function quotient(a: Interval, b: Interval): Bounds {
  if (b.low < 0 && b.high > 0) return free;
  return corners(a, b, (x, y) =>
    x === 0 ? 0 : y === 0 ? x * Number.POSITIVE_INFINITY : Math.abs(y) === Number.POSITIVE_INFINITY ? 0 : x / y,
  );
}

function isEven(exponent: Interval): boolean {
  return exponent.low === exponent.high && exponent.low > 0 && exponent.low % 2 === 0;
}

function orFree(x: number, i: number): number {
  return Number.isNaN(x) ? free[i] : x;
}

/** Weighted means, by weights that sum to 1 or less, lie between what they are the mean of, and 0. */
function mixed(a: Facts, b: Facts, { inputs, attributes }: GraphOp): Bounds | null {
  const { a: swapped } = attributes as { a: boolean; b: boolean };
  const { squash } = a;
  const { rank } = inputs[0].tensor;
  const isMean = squash?.axis === rank - (swapped ? 2 : 1) && /^(softmax|normalized)$/.test(squash.kind);
  if (!isMean) return null;
  const { tensor, parameter } = inputs[1];
  if (parameter || tensor.requiresGrad || tensor.size > 1e4) return hull([0, b.low, b.high]);
  return hull([0, ...tensor.storage]);
}
