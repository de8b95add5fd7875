import { bothDTypes, checkReference, type ReferenceCase, referenceCases } from "@chainrule/testing";
import { describe, it } from "vitest";
import type { Axes, Tensor } from "../index.ts";
import * as core from "../index.ts";

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

function check(cases: readonly ReferenceCase[], table: Record<string, Compute<never>>): void {
  describe.each(bothDTypes)("in %s", (dtype) => {
    for (const reference of cases)
      it(`${reference.op}: ${reference.name}`, () => {
        checkReference(core, reference, dtype, table[reference.op]);
      });
  });
}

describe("elementwise ops agree with PyTorch", () => check(referenceCases("elementwise"), elementwise));
describe("reductions agree with PyTorch", () => check(referenceCases("reductions"), reductions));
describe("movements agree with PyTorch", () => check(referenceCases("movement"), movement));
describe("matrix products agree with PyTorch", () =>
  check([...referenceCases("layers", "matmul"), ...referenceCases("layers", "linear")], products));
