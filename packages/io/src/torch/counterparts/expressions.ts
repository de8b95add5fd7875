/**
 * Each op as PyTorch has it: one table, an expression in Python for each. They are for forward passes; gradients are
 * PyTorch's own.
 */
import type { DType, Op, Shape } from "@chainrule/core";
import { builtinOps, type Sliding, type Window } from "@chainrule/core/internal";
import { type AxisRange, call, operators, rounding } from "../../python/expressions.ts";
import { literal as numberIn, tuple } from "../../python/text.ts";

/** An application of an op, as its expression sees it. */
export interface Applied {
  /** The names of its inputs, or numbers where they are constants. */
  readonly inputs: readonly string[];
  readonly inputShapes: readonly Shape[];
  readonly dtype: DType;
  /** The lengths of the result, as numbers, or expressions where they depend on the batch. */
  readonly lengths: readonly (number | string)[];
  readonly attributes: never;
  /** Where new tensors go: `x.device`. */
  readonly device: string;
  /** Calls a helper by its name, which is then written into the program. */
  helper(name: string, ...args: readonly string[]): string;
}

type Expression = (call: Applied) => string;

/** A number in Python. */
export function literal(x: number, dtype: DType): string {
  return numberIn(x, dtype, "math");
}

/** A dtype in Python. */
export function dtypeOf(dtype: DType): string {
  return `torch.${dtype}`;
}

const axesIn = ({ first, last }: AxisRange) =>
  Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);

/** Along several axes at once; PyTorch takes no axes for all of them. */
const reduction =
  (f: string, more: (call: Applied) => string = () => ""): Expression =>
  (applied) => {
    const axes = axesIn(applied.attributes);
    const [x] = applied.inputs;
    if (axes.length === 0) return f === "torch.sum" ? `${x}.to(${dtypeOf(applied.dtype)})` : x;
    return `${f}(${x}, dim=${axes.length === 1 ? axes[0] : tuple(axes)}, keepdim=True${more(applied)})`;
  };

/** One axis after the other, last first. */
const axisByAxis =
  (f: string): Expression =>
  ({ inputs: [x], attributes }) =>
    axesIn(attributes).reduceRight((inner, axis) => `${f}(${inner}, dim=${axis}, keepdim=True)`, x);

const argument =
  (f: string): Expression =>
  ({ inputs: [x], attributes, lengths, inputShapes: [shape] }) => {
    const { first, last } = attributes as AxisRange;
    if (first === last) return `${f}(${x}, dim=${first}, keepdim=True).to(torch.int32)`;
    const flat = first > last || shape.length === 0 ? `${x}.flatten()` : `${x}.flatten(${first}, ${last})`;
    return `${f}(${flat}, dim=${Math.min(first, Math.max(0, shape.length - 1))}, keepdim=True).to(torch.int32).reshape(${tuple(lengths)})`;
  };

interface Cut {
  readonly starts: readonly number[];
  readonly steps: readonly number[];
  readonly lengths: readonly number[];
}

/** `[1:3, :, 2]`; PyTorch has no steps backwards, so that those are flipped afterwards. */
function sliced(x: string, { starts, steps, lengths }: Cut, shape: Shape): string {
  const backwards: number[] = [];
  const parts = starts.map((start, axis) => {
    const [step, length] = [steps[axis], lengths[axis]];
    if (length === 0) return "0:0";
    if (length === shape[axis] && Math.abs(step) === 1) {
      if (step < 0) backwards.push(axis);
      return ":";
    }
    if (step < 0) backwards.push(axis);
    const first = step < 0 ? start + (length - 1) * step : start;
    const end = first + (length - 1) * Math.abs(step) + 1;
    return `${first}:${end}${Math.abs(step) === 1 ? "" : `:${Math.abs(step)}`}`;
  });
  const cut = parts.every((part) => part === ":") ? x : `${x}[${parts.join(", ")}]`;
  return backwards.length === 0 ? cut : `${cut}.flip(${tuple(backwards)})`;
}

/** Padding before and after along both axes: what is after is what the number of windows makes of it. */
export function paddingOf({ height, width, kernel, stride, dilation, before, out }: Window): [number, number][] {
  const size = [height, width];
  return [0, 1].map((d) => {
    const seen = (out[d] - 1) * stride[d] + (kernel[d] - 1) * dilation[d] + 1;
    return [before[d], seen - size[d] - before[d]];
  });
}

function windowArguments(window: Window): string[] {
  const padding = paddingOf(window).map((pair) => tuple(pair));
  return [`stride=${tuple(window.stride)}`, `padding=${tuple(padding)}`, `dilation=${tuple(window.dilation)}`];
}

const convolution =
  (name: string): Expression =>
  ({ inputs, lengths, attributes, helper }) => {
    const { window, groups } = attributes as Sliding;
    const how = [...windowArguments(window), `groups=${groups}`];
    return helper(name, ...inputs, ...(name === "convolve" ? [] : [`shape=${tuple(lengths)}`]), ...how);
  };

const pooling =
  (name: string): Expression =>
  ({ inputs, lengths, attributes, helper }) => {
    const window = attributes as Window;
    const toImages = name === "fold" || name === "sum_pool_backward";
    return helper(
      name,
      ...inputs,
      ...(toImages ? [`shape=${tuple(lengths)}`] : []),
      `size=${tuple(window.kernel)}`,
      ...windowArguments(window),
    );
  };

const clamp: Expression = ({ inputs: [x], dtype, attributes }) => {
  const { min, max } = attributes as { readonly min: number; readonly max: number };
  const low = min === Number.NEGATIVE_INFINITY ? "None" : literal(min, dtype);
  const high = max === Number.POSITIVE_INFINITY ? "None" : literal(max, dtype);
  return low === "None" && high === "None" ? x : `torch.clamp(${x}, ${low}, ${high})`;
};

const isNumber = (text: string) => /^-?(\d|math\.)/.test(text);

/** A function of two tensors, one of which may be a number here. */
const ofTensors =
  (f: string): Expression =>
  ({ inputs: [a, b] }) => {
    if (isNumber(a)) return `${f}(torch.full_like(${b}, ${a}), ${b})`;
    return isNumber(b) ? `${f}(${a}, torch.full_like(${a}, ${b}))` : `${f}(${a}, ${b})`;
  };

/** What runs along an axis, or from its end: that is turned before and afterwards. */
function running(x: string, attributes: unknown, f: (of: string, axis: number) => string): string {
  const { axis, reverse } = attributes as { readonly axis: number; readonly reverse: boolean };
  return reverse ? `${f(`${x}.flip(${axis})`, axis)}.flip(${axis})` : f(x, axis);
}

/** Ops of `@chainrule/functions`, of which nothing is needed here but their names. */
const further: Readonly<Record<string, Expression>> = {
  ...{ acosh: call("torch.acosh"), asinh: call("torch.asinh"), atanh: call("torch.atanh"), log10: call("torch.log10") },
  ...{ erfc: call("torch.erfc"), erfinv: call("torch.erfinv"), lgamma: call("torch.lgamma") },
  polygamma: ({ inputs: [x], attributes: n }) => (n === 0 ? `torch.digamma(${x})` : `torch.polygamma(${n}, ${x})`),
  ...{ atan2: ofTensors("torch.atan2"), hypot: ofTensors("torch.hypot"), logAddExp: ofTensors("torch.logaddexp") },
  fmod: ofTensors("torch.fmod"),
  // PyTorch has no derivative of it, ours is 0.
  floorDivide: (applied) => {
    const inputs = applied.inputs.map((x) => (isNumber(x) ? x : `${x}.detach()`));
    return ofTensors("torch.floor_divide")({ ...applied, inputs });
  },
  cumprod: ({ inputs: [x], dtype, attributes }) =>
    running(x, attributes, (of, axis) => `torch.cumprod(${of}, dim=${axis}, dtype=${dtypeOf(dtype)})`),
  logCumSumExp: ({ inputs: [x], attributes }) =>
    running(x, attributes, (of, axis) => `torch.logcumsumexp(${of}, dim=${axis})`),
  runningArgmax: ({ inputs: [x], inputShapes: [shape], attributes }) => {
    const { axis, reverse } = attributes as { readonly axis: number; readonly reverse: boolean };
    const at = running(x, attributes, (of) => `torch.cummax(${of}, dim=${axis}).indices`);
    return `(${reverse ? `${shape.at(axis)! - 1} - ` : ""}${at}).to(torch.int32)`;
  },
  searchsorted: ({ inputs: [sorted, values], attributes: side }) =>
    `torch.searchsorted(${sorted}.contiguous(), ${values}.contiguous(), side="${side}").to(torch.int32)`,
};

/** By the name of the built-in op. */
const expressions: Readonly<Record<string, Expression>> = {
  ...operators,
  ...further,
  cast: ({ inputs: [x], dtype }) => (dtype === "bool" ? `${x} != 0` : `${x}.to(${dtypeOf(dtype)})`),
  sum: reduction("torch.sum", ({ dtype }) => (dtype === "int32" ? ", dtype=torch.int32" : "")),
  broadcastTo: ({ inputs: [x], lengths }) => `${x}.expand(${lengths.join(", ") || "()"})`,
  reshape: ({ inputs: [x], lengths }) => `${x}.reshape(${lengths.join(", ") || "()"})`,
  logicalAnd: call("torch.logical_and"),
  logicalOr: call("torch.logical_or"),
  logicalXor: call("torch.logical_xor"),
  logicalNot: call("torch.logical_not"),
  isNaN: call("torch.isnan"),
  isFinite: call("torch.isfinite"),
  isInfinite: call("torch.isinf"),
  where: call("torch.where"),
  exp: call("torch.exp"),
  expm1: call("torch.expm1"),
  log: call("torch.log"),
  log1p: call("torch.log1p"),
  log2: call("torch.log2"),
  sqrt: call("torch.sqrt"),
  rsqrt: call("torch.rsqrt"),
  square: call("torch.square"),
  abs: call("torch.abs"),
  sign: call("torch.sign"),
  floor: rounding("torch.floor"),
  ceil: rounding("torch.ceil"),
  round: rounding("torch.round"),
  trunc: rounding("torch.trunc"),
  sin: call("torch.sin"),
  cos: call("torch.cos"),
  tan: call("torch.tan"),
  asin: call("torch.asin"),
  acos: call("torch.acos"),
  atan: call("torch.atan"),
  sinh: call("torch.sinh"),
  cosh: call("torch.cosh"),
  tanh: call("torch.tanh"),
  erf: call("torch.erf"),
  clamp,
  mod: call("torch.remainder"),
  pow: call("torch.pow"),
  maximum: ofTensors("torch.maximum"),
  minimum: ofTensors("torch.minimum"),
  max: reduction("torch.amax"),
  min: reduction("torch.amin"),
  prod: axisByAxis("torch.prod"),
  logSumExp: reduction("torch.logsumexp"),
  any: axisByAxis("torch.any"),
  all: axisByAxis("torch.all"),
  argmax: argument("torch.argmax"),
  argmin: argument("torch.argmin"),
  cumsum: ({ inputs: [x], dtype, attributes }) => {
    return running(x, attributes, (of, axis) => `torch.cumsum(${of}, dim=${axis}, dtype=${dtypeOf(dtype)})`);
  },
  sigmoid: call("torch.sigmoid"),
  relu: call("torch.relu"),
  softplus: call("F.softplus"),
  softmax: ({ inputs: [x], attributes }) => `torch.softmax(${x}, dim=${attributes})`,
  softmaxBackward: ({ inputs: [g, y], attributes }) =>
    `(${y} * ${g} - ${y} * (${g} * ${y}).sum(dim=${attributes}, keepdim=True))`,
  logSoftmaxBackward: ({ inputs: [g, y], attributes }) =>
    `(${g} - torch.exp(${y}) * ${g}.sum(dim=${attributes}, keepdim=True))`,
  logSoftmax: ({ inputs: [x], attributes }) => `torch.log_softmax(${x}, dim=${attributes})`,
  slice: ({ inputs: [x], attributes, inputShapes: [shape] }) => sliced(x, attributes, shape),
  sliceScatter: ({ inputs: [x], attributes, lengths, dtype, device, helper }) => {
    const { starts, steps, lengths: counts } = attributes as Cut;
    const at = starts.map((start, axis) => {
      const step = steps[axis];
      return tuple(step < 0 ? [start + (counts[axis] - 1) * step, counts[axis], -step] : [start, counts[axis], step]);
    });
    const backwards = steps.flatMap((step, axis) => (step < 0 ? [axis] : []));
    const values = backwards.length === 0 ? x : `${x}.flip(${tuple(backwards)})`;
    const zeros = `torch.zeros(${tuple(lengths)}, dtype=${dtypeOf(dtype)}, device=${device})`;
    return helper("slice_scatter", zeros, values, tuple(at));
  },
  gather: ({ inputs: [x, indices], attributes }) =>
    `${x}[${[...new Array<string>(attributes as number).fill(":"), `${indices}.long()`].join(", ")}]`,
  indexAdd: ({ inputs: [g, indices], attributes, lengths, dtype, device }) => {
    const { axis } = attributes as { readonly axis: number };
    const zeros = `torch.zeros(${tuple(lengths)}, dtype=${dtypeOf(dtype)}, device=${device})`;
    const at = [...new Array<string>(axis).fill("slice(None)"), `${indices}.long()`];
    return axis === 0
      ? `${zeros}.index_put((${indices}.long(),), ${g}, accumulate=True)`
      : `${zeros}.movedim(${axis}, 0).index_put((${at.at(-1)},), ${g}.movedim(tuple(range(${axis}, ${axis} + ${indices}.ndim)), tuple(range(${indices}.ndim))), accumulate=True).movedim(0, ${axis})`;
  },
  takeAlongAxis: ({ inputs: [x, indices], attributes }) =>
    `torch.take_along_dim(${x}, ${indices}.long(), dim=${attributes})`,
  scatterAdd: ({ inputs: [x, indices, values], attributes }) =>
    `${x}.scatter_add(${attributes}, ${indices}.long(), ${values})`,
  argsort: ({ inputs: [x], attributes }) => {
    const { axis, descending } = attributes as { readonly axis: number; readonly descending: boolean };
    return `torch.argsort(${x}, dim=${axis}, descending=${descending ? "True" : "False"}, stable=True).to(torch.int32)`;
  },
  permute: ({ inputs: [x], attributes }) => `${x}.permute(${(attributes as readonly number[]).join(", ") || "()"})`,
  concat: ({ inputs, attributes }) => `torch.cat([${inputs.join(", ")}], dim=${attributes})`,
  unfold: pooling("unfold"),
  fold: pooling("fold"),
  convolve: convolution("convolve"),
  convolveInputGradient: convolution("convolve_input_gradient"),
  convolveWeightGradient: convolution("convolve_weight_gradient"),
  maxPool: pooling("max_pool"),
  sumPool: pooling("sum_pool"),
  sumPoolBackward: pooling("sum_pool_backward"),
  random: ({ lengths, dtype, device, attributes }) => {
    const { distribution, parameters } = attributes as {
      readonly distribution: string;
      readonly parameters: readonly number[];
    };
    const [a, b] = parameters;
    const of = `${tuple(lengths)}, dtype=${dtypeOf(dtype)}, device=${device}`;
    if (distribution === "bernoulli") return `torch.bernoulli(torch.full(${of.replace(", dtype", `, ${a}, dtype`)}))`;
    if (distribution === "rand") return `${a} + ${b - a} * torch.rand(${of})`;
    return distribution === "randn" ? `${a} + ${b} * torch.randn(${of})` : "";
  },
};

/** Ops that a forward pass cannot have in PyTorch, with the reason. */
export const cannot: Readonly<Record<string, string>> = {
  maxPoolBackward: "it is the gradient of a pooling, which PyTorch finds itself: leave backward() out of forward",
  maxPoolGather: "it is the derivative of a pooling's gradient: leave backward() out of forward",
  linearScan: "it is the gradient of a running product or sum: leave backward() out of forward",
  isLatest: "PyTorch's scatter does not say which of several values for one place it takes; use scatterAdd or where",
};

/** The op's expression, by identity: a user's own op of a built-in's name has none. */
export function expressionOf(op: Op): Expression | null {
  return builtinOps().includes(op) && Object.hasOwn(expressions, op.name) ? expressions[op.name] : null;
}
