/**
 * Each op as ONNX has it: one table of what is written for a node.
 */
import type { DType, Op, Shape } from "@chainrule/core";
import { builtinOps, type Sliding, type Window } from "@chainrule/core/internal";
import { type Length, varies } from "../graph/batch.ts";
import { type AttributeValue, elementTypes } from "./messages.ts";

/** Adds nodes to the graph that is being written; every method returns the name of a value. */
export interface Writer {
  /** An operator's first output. */
  add(op: string, inputs: readonly string[], attributes?: Readonly<Record<string, AttributeValue>>): string;
  /** A constant of one number. */
  number(value: number, dtype: DType): string;
  /** A constant list of whole numbers of 64 bits, such as axes. */
  list(values: readonly number[]): string;
  /** A shape, as a list: lengths that depend on the batch are computed. */
  shape(lengths: readonly Length[]): string;
}

/** An application of an op, as its operator sees it. */
export interface Applied {
  readonly inputs: readonly string[];
  readonly inputLengths: readonly (readonly Length[])[];
  readonly inputDTypes: readonly DType[];
  readonly lengths: readonly Length[];
  readonly shape: Shape;
  readonly dtype: DType;
  readonly attributes: never;
}

type Operator = (to: Writer, call: Applied) => string;

type AxisRange = { readonly first: number; readonly last: number };

const int = (value: number): AttributeValue => ({ int: value });
const ints = (values: readonly number[]): AttributeValue => ({ ints: values });

const plain =
  (op: string): Operator =>
  (to, { inputs }) =>
    to.add(op, inputs);

const negated =
  (op: string): Operator =>
  (to, { inputs }) =>
    to.add("Not", [to.add(op, inputs)]);

function cast(to: Writer, x: string, dtype: DType | "int64"): string {
  return to.add("Cast", [x], { to: int(elementTypes[dtype]) });
}

/** A rounding: whole numbers are what they are. */
const rounding =
  (op: string): Operator =>
  (to, { inputs, dtype }) =>
    dtype === "int32" ? inputs[0] : to.add(op, inputs);

function axesOf({ first, last }: AxisRange): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

/** Before opset 18 the axes of all reductions but the sum are an attribute. */
const reduction =
  (op: string): Operator =>
  (to, { inputs, attributes }) => {
    const axes = axesOf(attributes);
    return axes.length === 0 ? inputs[0] : to.add(op, inputs, { axes: ints(axes), keepdims: int(1) });
  };

const sum: Operator = (to, { inputs: [x], inputDTypes: [dtype], attributes }) => {
  const axes = axesOf(attributes);
  const numbers = dtype === "bool" ? cast(to, x, "int32") : x;
  return axes.length === 0 ? numbers : to.add("ReduceSum", [numbers, to.list(axes)], { keepdims: int(1) });
};

const truth =
  (op: string): Operator =>
  (to, call) => {
    const bits = cast(to, cast(to, call.inputs[0], "bool"), "int32");
    return cast(to, reduction(op)(to, { ...call, inputs: [bits] }), "bool");
  };

const argument =
  (op: string): Operator =>
  (to, { inputs, attributes }) => {
    const { first } = attributes as AxisRange;
    return cast(to, to.add(op, inputs, { axis: int(first), keepdims: int(1) }), "int32");
  };

/** The whole as it is where an axis is not cut, of whatever length. */
const slice: Operator = (to, { inputs: [x], inputLengths: [whole], lengths, attributes }) => {
  const { starts, steps } = attributes as { readonly starts: readonly number[]; readonly steps: readonly number[] };
  const axes = whole.flatMap((length, axis) => {
    const cut = lengths[axis];
    const isWhole = varies(length) ? varies(cut) && cut.perExample === length.perExample : cut === length;
    return isWhole && steps[axis] === 1 ? [] : [axis];
  });
  if (axes.length === 0) return x;
  const ends = axes.map((axis) => {
    const end = starts[axis] + steps[axis] * (lengths[axis] as number);
    // What lies before the first element cannot be said by a number from the front.
    return end < 0 ? Number.MIN_SAFE_INTEGER : end;
  });
  return to.add("Slice", [
    x,
    to.list(axes.map((axis) => starts[axis])),
    to.list(ends),
    to.list(axes),
    to.list(axes.map((axis) => steps[axis])),
  ]);
};

/** Zeros around it; with steps, zeros between as well: an axis of steps is added, filled up and joined. */
const sliceScatter: Operator = (to, { inputs, inputLengths: [inner], lengths, dtype, attributes }) => {
  const { starts, steps } = attributes as { readonly starts: readonly number[]; readonly steps: readonly number[] };
  let x = inputs[0];
  const spread = [...inner];
  steps.forEach((step, axis) => {
    if (step === 1) return;
    const length = inner[axis] as number;
    const split = spread.toSpliced(axis, 1, length, 1);
    const padded = split.with(axis + 1, Math.abs(step));
    const before = step > 0 ? 0 : Math.abs(step) - 1;
    x = pad(
      to,
      to.add("Reshape", [x, to.shape(split)]),
      axis + 1,
      split.length,
      before,
      Math.abs(step) - 1 - before,
      dtype,
    );
    spread[axis] = length * Math.abs(step);
    x = to.add("Reshape", [x, to.shape(padded.toSpliced(axis, 2, spread[axis]))]);
    if (step < 0) x = reversed(to, x, axis);
  });
  const begin = starts.map((start, axis) =>
    steps[axis] > 0 ? start : start + steps[axis] * ((inner[axis] as number) - 1),
  );
  const end = lengths.map((length, axis) => (varies(length) ? 0 : length - begin[axis] - (spread[axis] as number)));
  // Where the last step reaches beyond the end, its zeros are cut off: padding may be negative.
  return to.add("Pad", [x, to.list([...begin, ...end]), to.number(0, dtype)]);
};

function pad(to: Writer, x: string, axis: number, rank: number, before: number, after: number, dtype: DType): string {
  const at = (n: number) => Array.from({ length: rank }, (_, i) => (i === axis ? n : 0));
  return to.add("Pad", [x, to.list([...at(before), ...at(after)]), to.number(0, dtype)]);
}

function reversed(to: Writer, x: string, axis: number): string {
  return to.add("Slice", [x, to.list([-1]), to.list([Number.MIN_SAFE_INTEGER]), to.list([axis]), to.list([-1])]);
}

const transposed = (to: Writer, x: string, rank: number): string =>
  to.add("Transpose", [x], {
    perm: ints(Array.from({ length: rank }, (_, i) => (i < rank - 2 ? i : i === rank - 2 ? rank - 1 : rank - 2))),
  });

const matmul: Operator = (to, { inputs: [a, b], inputLengths, attributes }) => {
  const swap = attributes as { readonly a: boolean; readonly b: boolean };
  return to.add("MatMul", [
    swap.a ? transposed(to, a, inputLengths[0].length) : a,
    swap.b ? transposed(to, b, inputLengths[1].length) : b,
  ]);
};

/** How a window moves; padding that no window reaches is left out. */
function windowAttributes({ height, width, kernel, stride, dilation, before, out }: Window) {
  const after = [height, width].map((size, d) => {
    const seen = (out[d] - 1) * stride[d] + (kernel[d] - 1) * dilation[d] + 1;
    return Math.max(0, seen - size - before[d]);
  });
  return {
    kernel_shape: ints(kernel),
    strides: ints(stride),
    pads: ints([...before, ...after]),
    dilations: ints(dilation),
  };
}

const convolve: Operator = (to, { inputs, attributes }) => {
  const { window, groups } = attributes as Sliding;
  return to.add("Conv", inputs, { ...windowAttributes(window), group: int(groups) });
};

/** The gradient of a convolution by its images is a transposed convolution. */
const convTranspose: Operator = (to, { inputs, attributes }) => {
  const { window, groups } = attributes as Sliding;
  const { kernel, stride, dilation, before, out } = window;
  const spare = [window.height, window.width].map(
    (size, d) => size - ((out[d] - 1) * stride[d] + (kernel[d] - 1) * dilation[d] + 1 - before[d]),
  );
  return to.add("ConvTranspose", inputs, {
    kernel_shape: ints(kernel),
    strides: ints(stride),
    dilations: ints(dilation),
    group: int(groups),
    pads: ints([...before, ...spare.map((n) => Math.max(0, -n))]),
    output_padding: ints(spare.map((n) => Math.max(0, n))),
  });
};

const maxPool: Operator = (to, { inputs, attributes }) => to.add("MaxPool", inputs, windowAttributes(attributes));

/** The sum of a window as its mean times its size; the operator of this opset knows no dilation, a convolution does. */
const sumPool: Operator = (to, { inputs, dtype, attributes }) => {
  const { dilations, ...window } = windowAttributes(attributes);
  const { kernel } = attributes as Window;
  const mean = to.add("AveragePool", inputs, { ...window, count_include_pad: int(1) });
  return to.add("Mul", [mean, to.number(kernel[0] * kernel[1], dtype)]);
};

const clamp: Operator = (to, { inputs: [x], dtype, attributes }) => {
  const { min, max } = attributes as { readonly min: number; readonly max: number };
  const bound = (n: number) => (Number.isFinite(n) ? to.number(n, dtype) : "");
  return to.add("Clip", [x, bound(min), bound(max)]);
};

/** x - y ⌊x / y⌋, which has the sign of y. */
const mod: Operator = (to, { inputs: [x, y], dtype }) => {
  if (dtype === "int32") return to.add("Mod", [x, y]);
  return to.add("Sub", [x, to.add("Mul", [y, to.add("Floor", [to.add("Div", [x, y])])])]);
};

/** By the name of the built-in op. */
const operators: Readonly<Record<string, Operator>> = {
  cast: (to, { inputs: [x], dtype }) => cast(to, x, dtype),
  sum,
  // A length of 1 leaves the input's: only what is repeated over the batch has to be computed.
  broadcastTo: (to, { inputs: [x], inputLengths: [from], lengths }) => {
    const lead = lengths.length - from.length;
    const target = lengths.map((length, axis) => (axis >= lead && varies(from[axis - lead]) ? 1 : length));
    return to.add("Expand", [x, to.shape(target)]);
  },
  reshape: (to, { inputs: [x], lengths }) => {
    const open = lengths.filter(varies).length === 1;
    return to.add("Reshape", [x, open ? to.list(lengths.map((n) => (varies(n) ? -1 : n))) : to.shape(lengths)]);
  },
  identity: (_to, { inputs: [x] }) => x,
  equal: plain("Equal"),
  notEqual: negated("Equal"),
  less: plain("Less"),
  lessEqual: plain("LessOrEqual"),
  greater: plain("Greater"),
  greaterEqual: plain("GreaterOrEqual"),
  logicalAnd: plain("And"),
  logicalOr: plain("Or"),
  logicalXor: plain("Xor"),
  logicalNot: (to, { inputs: [x] }) => to.add("Not", [cast(to, x, "bool")]),
  isNaN: plain("IsNaN"),
  isFinite: (to, { inputs }) => to.add("Not", [to.add("Or", [to.add("IsNaN", inputs), to.add("IsInf", inputs)])]),
  isInfinite: plain("IsInf"),
  where: plain("Where"),
  neg: plain("Neg"),
  exp: plain("Exp"),
  expm1: (to, { inputs, dtype }) => to.add("Sub", [to.add("Exp", inputs), to.number(1, dtype)]),
  log: plain("Log"),
  log1p: (to, { inputs: [x], dtype }) => to.add("Log", [to.add("Add", [x, to.number(1, dtype)])]),
  log2: (to, { inputs, dtype }) => to.add("Div", [to.add("Log", inputs), to.number(Math.LN2, dtype)]),
  sqrt: plain("Sqrt"),
  rsqrt: (to, { inputs }) => to.add("Reciprocal", [to.add("Sqrt", inputs)]),
  square: (to, { inputs: [x] }) => to.add("Mul", [x, x]),
  reciprocal: plain("Reciprocal"),
  abs: plain("Abs"),
  sign: plain("Sign"),
  floor: rounding("Floor"),
  ceil: rounding("Ceil"),
  round: rounding("Round"),
  trunc: (to, { inputs, dtype }) =>
    dtype === "int32" ? inputs[0] : to.add("Mul", [to.add("Sign", inputs), to.add("Floor", [to.add("Abs", inputs)])]),
  sin: plain("Sin"),
  cos: plain("Cos"),
  tan: plain("Tan"),
  asin: plain("Asin"),
  acos: plain("Acos"),
  atan: plain("Atan"),
  sinh: plain("Sinh"),
  cosh: plain("Cosh"),
  tanh: plain("Tanh"),
  erf: plain("Erf"),
  clamp,
  add: plain("Add"),
  sub: plain("Sub"),
  mul: plain("Mul"),
  div: plain("Div"),
  mod,
  pow: plain("Pow"),
  maximum: plain("Max"),
  minimum: plain("Min"),
  max: reduction("ReduceMax"),
  min: reduction("ReduceMin"),
  prod: reduction("ReduceProd"),
  logSumExp: reduction("ReduceLogSumExp"),
  any: truth("ReduceMax"),
  all: truth("ReduceMin"),
  argmax: argument("ArgMax"),
  argmin: argument("ArgMin"),
  cumsum: (to, { inputs: [x], attributes }) => {
    const { axis, reverse } = attributes as { readonly axis: number; readonly reverse: boolean };
    return to.add("CumSum", [x, to.number(axis, "int32")], { reverse: int(reverse ? 1 : 0) });
  },
  sigmoid: plain("Sigmoid"),
  relu: plain("Relu"),
  softplus: plain("Softplus"),
  softmax: (to, { inputs, attributes }) => to.add("Softmax", inputs, { axis: int(attributes) }),
  logSoftmax: (to, { inputs, attributes }) => to.add("LogSoftmax", inputs, { axis: int(attributes) }),
  slice,
  sliceScatter,
  gather: (to, { inputs, attributes }) => to.add("Gather", inputs, { axis: int(attributes) }),
  takeAlongAxis: (to, { inputs, attributes }) => to.add("GatherElements", inputs, { axis: int(attributes) }),
  scatterAdd: (to, { inputs, attributes }) =>
    to.add("ScatterElements", inputs, { axis: int(attributes), reduction: { text: "add" } }),
  matmul,
  permute: (to, { inputs, attributes }) => to.add("Transpose", inputs, { perm: ints(attributes) }),
  concat: (to, { inputs, attributes }) => to.add("Concat", inputs, { axis: int(attributes) }),
  convolve,
  convolveInputGradient: convTranspose,
  maxPool,
  sumPool,
};

/** Built-in ops that ONNX has no operator for, or that only training uses, and why. */
export const cannot: Readonly<Record<string, string>> = {
  random: "it draws random numbers, and a runtime would draw others",
  argsort: "operators that sort do not keep the order of equal elements",
  indexAdd: "only gradients use it",
  convolveWeightGradient: "only gradients use it",
  maxPoolBackward: "only gradients use it",
  maxPoolGather: "only gradients use it",
  softmaxBackward: "only gradients use it",
  logSoftmaxBackward: "only gradients use it",
  sumPoolBackward: "only gradients use it",
  lgamma: "there is no operator for gamma functions",
  polygamma: "there is no operator for gamma functions",
  erfc: "there is no operator but Erf; 1 - erf(x) has its digits where it is not small",
  erfinv: "there is no operator for the inverse of Erf",
  floorDivide: "there is no operator that rounds a quotient; write x.div(y).floor()",
  fmod: "there is none that treats floats as here; write x.sub(y.mul(x.div(y).trunc()))",
  cumprod: "there is no operator for running products",
  runningArgmax: "there is no operator for running maxima",
  logCumSumExp:
    "there is no operator for running sums of exponentials; where they do not overflow, write x.exp().cumsum(axis).log()",
  searchsorted: 'there is no operator that searches; write x.unsqueeze(-1).greater(sorted).cast("int32").sum(-1)',
  isLatest: "there is no operator that tells which of several indices for one place is the latest",
  linearScan: "only gradients use it",
  unfold: "there is no operator of this opset that takes windows apart",
  fold: "there is no operator of this opset that puts windows together",
};

/** The op's operator, by identity: a user's own op of a built-in's name has none. */
export function operatorOf(op: Op): Operator | null {
  return builtinOps().includes(op) && Object.hasOwn(operators, op.name) ? operators[op.name] : null;
}
