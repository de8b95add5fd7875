/**
 * Each op as JAX has it: one table, an expression in Python for each.
 */
import type { DType, Op, Shape } from "@chainrule/core";
import { builtinOps, type Sliding, type Window } from "@chainrule/core/internal";
import { type AxisRange, call, infix, operators, rounding } from "../python/expressions.ts";
import { literal as numberIn, tuple } from "../python/text.ts";

/** An application of an op, as its expression sees it. */
export interface Applied {
  /** The names of its inputs, or numbers where they are constants. */
  readonly inputs: readonly string[];
  readonly inputShapes: readonly Shape[];
  readonly inputDTypes: readonly DType[];
  readonly shape: Shape;
  readonly dtype: DType;
  readonly attributes: never;
  /** Calls a helper of the prelude by its name, which is then written into the program. */
  helper(name: string, ...args: readonly string[]): string;
}

type Expression = (call: Applied) => string;

export function dtypeOf(dtype: DType): string {
  return dtype === "bool" ? "bool" : `jnp.${dtype}`;
}

/** A number in Python, as short as its dtype allows. */
export function literal(x: number, dtype: DType): string {
  return numberIn(x, dtype, "jnp");
}

function axesOf({ first, last }: AxisRange): string {
  if (first === last) return String(first);
  return tuple(Array.from({ length: last - first + 1 }, (_, i) => first + i));
}

const reduction =
  (f: string, dtype = ""): Expression =>
  ({ inputs: [x], attributes }) =>
    `${f}(${x}, axis=${axesOf(attributes)}, keepdims=True${dtype})`;

/** The sum of truth values counts them in int32. */
const summed: Expression = (call) => reduction("jnp.sum", `, dtype=${dtypeOf(call.dtype)}`)(call);

const argument =
  (f: string): Expression =>
  ({ inputs: [x], attributes, inputShapes: [shape] }) => {
    const { first, last } = attributes as AxisRange;
    if (first === last) return `${f}(${x}, axis=${first}, keepdims=True).astype(jnp.int32)`;
    // Along several axes at once the index is that of the joined axis.
    const joined = shape.slice(first, last + 1).reduce((n, length) => n * length, 1);
    const flat = [...shape.slice(0, first), joined, ...shape.slice(last + 1)];
    const kept = shape.map((n, axis) => (axis >= first && axis <= last ? 1 : n));
    return `${f}(${x}.reshape(${tuple(flat)}), axis=${first}).astype(jnp.int32).reshape(${tuple(kept)})`;
  };

interface Cut {
  readonly starts: readonly number[];
  readonly steps: readonly number[];
  readonly lengths: readonly number[];
}

/** `[1:3, :, ::-1]` */
function slices({ starts, steps, lengths }: Cut, shape: Shape): string {
  if (starts.length === 0) return "[...]";
  const parts = starts.map((start, axis) => {
    const [step, length] = [steps[axis], lengths[axis]];
    if (step === 1 && start === 0 && length === shape[axis]) return ":";
    const end = start + step * length;
    const by = step === 1 ? "" : `:${step}`;
    if (length === 0) return "0:0";
    return `${start}:${end < 0 ? "" : end}${by}`;
  });
  return `[${parts.join(", ")}]`;
}

/** The keyword arguments of a window: padding after the image is what the number of windows makes of it. */
function slidingArguments({ height, width, kernel, stride, dilation, before, out }: Window): {
  readonly size: string;
  readonly rest: readonly string[];
} {
  const size = [height, width];
  const padding = [0, 1].map((d) => {
    const seen = (out[d] - 1) * stride[d] + (kernel[d] - 1) * dilation[d] + 1;
    return tuple([before[d], seen - size[d] - before[d]]);
  });
  return {
    size: `size=${tuple(kernel)}`,
    rest: [`stride=${tuple(stride)}`, `padding=${tuple(padding)}`, `dilation=${tuple(dilation)}`],
  };
}

const convolution =
  (name: string): Expression =>
  ({ inputs, shape, attributes, helper }) => {
    const { window, groups } = attributes as Sliding;
    const how = [...slidingArguments(window).rest, `groups=${groups}`];
    return helper(name, ...inputs, ...(name === "convolve" ? [] : [`shape=${tuple(shape)}`]), ...how);
  };

const pooling =
  (name: string): Expression =>
  ({ inputs, shape, attributes, helper }) => {
    const { size, rest } = slidingArguments(attributes as Window);
    const toImages = name === "fold" || name === "sum_pool_backward";
    return helper(name, ...inputs, ...(toImages ? [`shape=${tuple(shape)}`] : []), size, ...rest);
  };

const clamp: Expression = ({ inputs: [x], dtype, attributes }) => {
  const { min, max } = attributes as { readonly min: number; readonly max: number };
  const low = min === Number.NEGATIVE_INFINITY ? "None" : literal(min, dtype);
  const high = max === Number.POSITIVE_INFINITY ? "None" : literal(max, dtype);
  return `jnp.clip(${x}, ${low}, ${high})`;
};

interface Running {
  readonly axis: number;
  readonly reverse: boolean;
}

/** Along an axis, counted from the front, or from its end. */
function along({ axis, reverse }: Running, shape: Shape): string {
  return `axis=${axis + shape.length}, reverse=${reverse ? "True" : "False"}`;
}

/** Each element with all before it, two parts joined by a function of the earlier and the later, which are tuples. */
function scanned(join: string, parts: readonly string[], running: Running, shape: Shape): string {
  return `jax.lax.associative_scan(lambda l, r: ${join}, (${parts.join(", ")}), ${along(running, shape)})[1]`;
}

/** Ops of `@chainrule/functions`, of which nothing is needed here but their names. */
const further: Readonly<Record<string, Expression>> = {
  ...{ acosh: call("jnp.arccosh"), asinh: call("jnp.arcsinh"), atanh: call("jnp.arctanh"), log10: call("jnp.log10") },
  ...{ erfc: call("jax.lax.erfc"), erfinv: call("jax.lax.erf_inv"), lgamma: call("jax.lax.lgamma") },
  polygamma: ({ inputs: [x], attributes: n }) =>
    n === 0 ? `jax.lax.digamma(${x})` : `jax.scipy.special.polygamma(${n}, ${x})`,
  ...{ atan2: call("jnp.arctan2"), hypot: call("jnp.hypot"), logAddExp: call("jnp.logaddexp") },
  ...{ floorDivide: call("jnp.floor_divide"), fmod: call("jnp.fmod") },
  cumprod: ({ inputs: [x], dtype, shape, attributes }) =>
    `jax.lax.cumprod(${x}.astype(${dtypeOf(dtype)}), ${along(attributes, shape)})`,
  logCumSumExp: ({ inputs: [x], shape, attributes }) => `jax.lax.cumlogsumexp(${x}, ${along(attributes, shape)})`,
  linearScan: ({ inputs, shape, attributes }) =>
    scanned("(l[0] * r[0], r[0] * l[1] + r[1])", inputs, attributes, shape),
  runningArgmax: ({ inputs: [x], shape, attributes }) => {
    const places = `jax.lax.broadcasted_iota(jnp.int32, ${tuple(shape)}, ${(attributes as Running).axis + shape.length})`;
    const join = "tuple(jnp.where((r[0] >= l[0]) | jnp.isnan(r[0]), b, a) for a, b in zip(l, r))";
    return scanned(join, [x, places], attributes, shape);
  },
  searchsorted: ({ inputs: [sorted, values], inputShapes: [shape], attributes: side }) => {
    const found = `jnp.searchsorted(a, v, side="${side}").astype(jnp.int32)`;
    const lead = shape.length - 1;
    if (lead === 0) return found.replace("a, v", `${sorted}, ${values}`);
    return `jnp.vectorize(lambda a, v: ${found}, signature="(n),(m)->(m)")(${sorted}, ${values})`;
  },
  isLatest: ({ inputs: [indices], shape, attributes }) => {
    const { axis, length } = attributes as { readonly axis: number; readonly length: number };
    const same = `${indices} % ${length}`;
    const latest = `lambda i: ~jnp.triu(i[:, None] == i[None, :], 1).any(1)`;
    return `jnp.apply_along_axis(${latest}, ${axis + shape.length}, ${same})`;
  },
};

/** By the name of the built-in op; `null` where the table of what cannot be says why. */
const expressions: Readonly<Record<string, Expression>> = {
  ...operators,
  ...further,
  cast: ({ inputs: [x], dtype }) => (dtype === "bool" ? `${x} != 0` : `${x}.astype(${dtypeOf(dtype)})`),
  sum: summed,
  broadcastTo: ({ inputs: [x], shape }) => `jnp.broadcast_to(${x}, ${tuple(shape)})`,
  reshape: ({ inputs: [x], shape }) => `${x}.reshape(${tuple(shape)})`,
  logicalAnd: infix("&"),
  logicalOr: infix("|"),
  logicalXor: infix("^"),
  logicalNot: ({ inputs: [x] }) => `${x} == 0`,
  isNaN: call("jnp.isnan"),
  isFinite: call("jnp.isfinite"),
  isInfinite: call("jnp.isinf"),
  where: call("jnp.where"),
  exp: call("jnp.exp"),
  expm1: call("jnp.expm1"),
  log: call("jnp.log"),
  log1p: call("jnp.log1p"),
  log2: call("jnp.log2"),
  sqrt: call("jnp.sqrt"),
  rsqrt: call("jax.lax.rsqrt"),
  square: call("jnp.square"),
  abs: call("jnp.abs"),
  sign: call("jnp.sign"),
  floor: rounding("jnp.floor"),
  ceil: rounding("jnp.ceil"),
  round: rounding("jnp.round"),
  trunc: rounding("jnp.trunc"),
  sin: call("jnp.sin"),
  cos: call("jnp.cos"),
  tan: call("jnp.tan"),
  asin: call("jnp.arcsin"),
  acos: call("jnp.arccos"),
  atan: call("jnp.arctan"),
  sinh: call("jnp.sinh"),
  cosh: call("jnp.cosh"),
  tanh: call("jnp.tanh"),
  erf: call("jax.lax.erf"),
  clamp,
  mod: call("jnp.mod"),
  pow: call("jnp.power"),
  maximum: call("jnp.maximum"),
  minimum: call("jnp.minimum"),
  max: reduction("jnp.max"),
  min: reduction("jnp.min"),
  prod: reduction("jnp.prod"),
  logSumExp: reduction("jax.nn.logsumexp"),
  any: reduction("jnp.any"),
  all: reduction("jnp.all"),
  argmax: argument("jnp.argmax"),
  argmin: argument("jnp.argmin"),
  cumsum: ({ inputs: [x], dtype, attributes }) => {
    const { axis, reverse } = attributes as { readonly axis: number; readonly reverse: boolean };
    const sum = (of: string) => `jnp.cumsum(${of}, axis=${axis}, dtype=${dtypeOf(dtype)})`;
    return reverse ? `jnp.flip(${sum(`jnp.flip(${x}, ${axis})`)}, ${axis})` : sum(x);
  },
  sigmoid: call("jax.nn.sigmoid"),
  relu: ({ inputs: [x] }) => `jnp.maximum(${x}, 0)`,
  softplus: call("jax.nn.softplus"),
  softmax: ({ inputs: [x], attributes }) => `jax.nn.softmax(${x}, axis=${attributes})`,
  logSoftmax: ({ inputs: [x], attributes }) => `jax.nn.log_softmax(${x}, axis=${attributes})`,
  softmaxBackward: ({ inputs: [g, y], attributes }) =>
    `(${y} * ${g} - ${y} * jnp.sum(${g} * ${y}, axis=${attributes}, keepdims=True))`,
  logSoftmaxBackward: ({ inputs: [g, y], attributes }) =>
    `(${g} - jnp.exp(${y}) * jnp.sum(${g}, axis=${attributes}, keepdims=True))`,
  slice: ({ inputs: [x], attributes, inputShapes: [shape] }) => `${x}${slices(attributes, shape)}`,
  sliceScatter: ({ inputs: [x], attributes, shape, dtype }) =>
    `jnp.zeros(${tuple(shape)}, ${dtypeOf(dtype)}).at${slices(attributes, shape)}.set(${x})`,
  gather: ({ inputs: [x, indices], attributes }) => `jnp.take(${x}, ${indices}, axis=${attributes})`,
  indexAdd: ({ inputs: [g, indices], attributes, shape, dtype }) => {
    const { axis } = attributes as { readonly axis: number };
    const at = [...new Array<string>(axis).fill(":"), indices].join(", ");
    return `jnp.zeros(${tuple(shape)}, ${dtypeOf(dtype)}).at[${at}].add(${g})`;
  },
  takeAlongAxis: ({ inputs: [x, indices], attributes }) => `jnp.take_along_axis(${x}, ${indices}, axis=${attributes})`,
  scatterAdd: ({ inputs, attributes, helper }) => helper("scatter_add", ...inputs, `axis=${attributes}`),
  argsort: ({ inputs: [x], attributes }) => {
    const { axis, descending } = attributes as { readonly axis: number; readonly descending: boolean };
    return `jnp.argsort(${descending ? `-${x}` : x}, axis=${axis}, stable=True).astype(jnp.int32)`;
  },
  permute: ({ inputs: [x], attributes }) => `jnp.transpose(${x}, ${tuple(attributes)})`,
  concat: ({ inputs, attributes }) => `jnp.concatenate([${inputs.join(", ")}], axis=${attributes})`,
  unfold: pooling("unfold"),
  fold: pooling("fold"),
  convolve: convolution("convolve"),
  convolveInputGradient: convolution("convolve_input_gradient"),
  convolveWeightGradient: convolution("convolve_weight_gradient"),
  maxPool: pooling("max_pool"),
  maxPoolBackward: pooling("max_pool_backward"),
  maxPoolGather: pooling("max_pool_gather"),
  sumPool: pooling("sum_pool"),
  sumPoolBackward: pooling("sum_pool_backward"),
};

/** Ops whose results are made otherwise than by an expression. */
export const writtenElsewhere: readonly string[] = ["random"];

/** The op's expression, by identity: a user's own op of a built-in's name has none. */
export function expressionOf(op: Op): Expression | null {
  return builtinOps().includes(op) && Object.hasOwn(expressions, op.name) ? expressions[op.name] : null;
}
