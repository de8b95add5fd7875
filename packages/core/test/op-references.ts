/**
 * How each op of the reference vectors is written with our ops; checked eagerly by core, and compiled by the compiler.
 */
import {
  bothDTypes,
  type Core,
  checkReference,
  expectClose,
  type ReferenceCase,
  referenceCases,
} from "@chainrule/testing";
import { describe, it } from "vitest";
import type { Axes, Tensor } from "../src/index.ts";
import * as core from "../src/index.ts";

type Inputs = Record<string, Tensor>;
type Compute<Options> = (inputs: Inputs, options: Options) => Tensor;

const unary = {
  exp: core.exp,
  log: core.log,
  sqrt: core.sqrt,
  tanh: core.tanh,
  sigmoid: core.sigmoid,
  relu: core.relu,
  abs: core.abs,
  neg: core.neg,
  sin: core.sin,
  cos: core.cos,
  log1p: core.log1p,
  expm1: core.expm1,
  softplus: core.softplus,
  square: core.square,
  reciprocal: core.reciprocal,
  rsqrt: core.rsqrt,
  erf: core.erf,
  gelu: core.gelu,
  silu: core.silu,
  elu: core.elu,
  selu: core.selu,
  mish: core.mish,
  hardtanh: core.hardtanh,
  softsign: core.softsign,
  logSigmoid: core.logSigmoid,
};

const binary = {
  add: core.add,
  sub: core.sub,
  mul: core.mul,
  div: core.div,
  maximum: core.maximum,
  minimum: core.minimum,
};

/** Ops that the reference calls as we do, as functions of its named inputs. */
function ofInput(ops: Record<string, (x: Tensor) => Tensor>): Record<string, Compute<never>> {
  return Object.fromEntries(Object.entries(ops).map(([name, op]) => [name, ({ input }: Inputs) => op(input)]));
}

function ofPair(ops: Record<string, (a: Tensor, b: Tensor) => Tensor>): Record<string, Compute<never>> {
  return Object.fromEntries(Object.entries(ops).map(([name, op]) => [name, ({ a, b }: Inputs) => op(a, b)]));
}

const elementwise: Record<string, Compute<never>> = {
  ...ofInput(unary),
  ...ofPair(binary),
  leakyRelu: ({ input }, { negativeSlope }: { negativeSlope: number }) => core.leakyRelu(input, negativeSlope),
  geluTanh: ({ input }) => core.gelu(input, { approximate: "tanh" }),
  pow: ({ a, b }, { exponent }: { exponent?: number }) => core.pow(a, exponent ?? b),
  where: ({ condition, a, b }) => core.where(condition, a, b),
  clamp: ({ input }, { min, max }: { min: number; max: number }) => core.clamp(input, min, max),
};

interface Reduction {
  axis?: Axes;
  keepDims?: boolean;
}

const reductions: Record<string, Compute<Reduction>> = {
  sum: ({ input }, { axis, keepDims }) => core.sum(input, axis, { keepDims }),
  mean: ({ input }, { axis, keepDims }) => core.mean(input, axis, { keepDims }),
  // The reference divides by n, as we do by default; PyTorch's own default would be n - 1.
  var: ({ input }, { axis, keepDims }) => core.variance(input, axis, { keepDims }),
  max: ({ input }, { axis, keepDims }) => core.max(input, axis, { keepDims }),
  min: ({ input }, { axis, keepDims }) => core.min(input, axis, { keepDims }),
  logSumExp: ({ input }, { axis, keepDims }) => core.logSumExp(input, axis, { keepDims }),
  prod: ({ input }, { axis }) => core.prod(input, axis),
  cumsum: ({ input }, { axis }) => core.cumsum(input, axis as number),
  norm: ({ input }) => core.norm(input),
  softmax: ({ input }, { axis }) => core.softmax(input, axis as number),
  logSoftmax: ({ input }, { axis }) => core.logSoftmax(input, axis as number),
};

const movement: Record<string, Compute<never>> = {
  reshape: ({ input }, { shape }: { shape: number[] }) => core.reshape(input, shape),
  transpose: ({ input }, { axes }: { axes: number[] }) => core.permute(input, axes),
  concat: ({ a, b }, { axis }: { axis: number }) => core.concat([a, b], axis),
  stack: ({ a, b }, { axis }: { axis: number }) => core.stack([a, b], axis),
  slice: ({ input }, { begin, end }: { begin: number[]; end: number[] }) =>
    core.slice(input, ...begin.map((from, axis) => [from, end[axis]] as const)),
  pad: ({ input }, { padding, value }: { padding: [number, number][]; value: number }) =>
    core.pad(input, padding, value),
  broadcastTo: ({ input }, { shape }: { shape: number[] }) => core.broadcastTo(input, shape),
  gather: ({ table, indices }, { axis }: { axis: number }) => core.gather(table, indices, axis),
  takeAlongAxis: ({ input, indices }, { axis }: { axis: number }) => core.takeAlongAxis(input, indices, axis),
  flip: ({ input }, { axis }: { axis: number }) => core.flip(input, axis),
};

const products: Record<string, Compute<never>> = {
  matmul: ({ a, b }) => core.matmul(a, b),
  linear: ({ input, weight, bias }) => input.matmul(weight.T).add(bias),
};

function check(engine: Core<Tensor>, cases: readonly ReferenceCase[], table: Record<string, Compute<never>>): void {
  describe.each(bothDTypes)("in %s", (dtype) => {
    for (const reference of cases)
      it(`${reference.op}: ${reference.name}`, () => {
        checkReference(engine, reference, dtype, table[reference.op]);
      });
  });
}

type ConvolutionOptions = {
  stride: core.Pair;
  padding: core.Pair;
  dilation?: core.Pair;
  groups?: number;
  outputPadding?: core.Pair;
  kernelSize: core.Pair;
};

const windows: Record<string, Compute<ConvolutionOptions>> = {
  conv2d: ({ input, weight, bias }, { stride, padding, dilation, groups }) =>
    core.conv2d(input, weight, { stride, padding, dilation, groups, bias }),
  conv1d: ({ input, weight, bias }, { stride, padding }) =>
    core.conv1d(input, weight, { stride: stride as number, padding: padding as number, bias }),
  convTranspose2d: ({ input, weight, bias }, { stride, padding, outputPadding }) =>
    core.convTranspose2d(input, weight, { stride, padding, outputPadding, bias }),
  maxPool2d: ({ input }, { kernelSize, stride, padding }) => core.maxPool2d(input, kernelSize, { stride, padding }),
  avgPool2d: ({ input }, { kernelSize, stride }) => core.avgPool2d(input, kernelSize, { stride }),
};

const higherOrder: Record<string, (inputs: Inputs) => [(x: Tensor) => Tensor, Tensor]> = {
  "logSumExp(M x) + sum(tanh(x)^2)": ({ x, M }) => [(t) => core.logSumExp(M.matmul(t)).add(t.tanh().square().sum()), x],
  "softmax regression, by its 12 weights": ({ w, X, target }) => [
    (t) =>
      core
        .takeAlongAxis(core.logSoftmax(X.matmul(t.reshape(w.shape).T)), target.unsqueeze(1), 1)
        .mean()
        .neg(),
    w.flatten(),
  ],
};

function checkHigherOrder({ jit }: Core<Tensor>): void {
  it.each(referenceCases("higher-order"))("$name", ({ name, inputs, expect: expected }) => {
    for (const dtype of ["float64", "float32"] as const) {
      const tensors = Object.fromEntries(
        Object.entries(inputs).map(([key, { shape, data, dtype: own }]) => [
          key,
          core.tensor(Float64Array.from(data), { shape, dtype: own === "int32" ? "int32" : dtype }),
        ]),
      );
      const [f, x] = higherOrder[name](tensors);
      const derivatives = (t: Tensor) => [f(t), core.grad(f)(t), core.hessian(f)(t)];
      for (const run of jit ? [derivatives, jit(derivatives)] : [derivatives]) {
        const [value, gradient, curvature] = run(x);
        expectClose(value, expected.value, { dtype });
        expectClose(gradient, expected.gradient, { dtype });
        expectClose(curvature, expected.hessian, { dtype });
      }
    }
  });
}

/** Checks every op that has reference vectors: eagerly, and compiled where the engine has `jit`. */
export function checkOpReferences(engine: Core<Tensor>): void {
  describe("elementwise ops agree with PyTorch", () => check(engine, referenceCases("elementwise"), elementwise));
  describe("reductions agree with PyTorch", () => check(engine, referenceCases("reductions"), reductions));
  describe("movements agree with PyTorch", () => check(engine, referenceCases("movement"), movement));
  describe("matrix products agree with PyTorch", () =>
    check(engine, [...referenceCases("layers", "matmul"), ...referenceCases("layers", "linear")], products));
  describe("convolutions and pools agree with PyTorch", () =>
    check(
      engine,
      Object.keys(windows).flatMap((op) => referenceCases("layers", op)),
      windows,
    ));
  describe("gradients and Hessians agree with PyTorch", () => checkHigherOrder(engine));
}
