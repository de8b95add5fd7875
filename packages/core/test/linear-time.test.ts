/**
 * Gradients cost a constant times what their op does: of eight times as many elements, they make about eight times as many
 * numbers.
 */
import { expect, it } from "vitest";
import * as core from "../src/index.ts";
import { type Tensor, tensor } from "../src/index.ts";
import { compute } from "../src/tensor/dispatch.ts";
import { withTracer } from "../src/tensor/tracer.ts";

/** How many numbers a function of tensors makes on its way. */
function numbersMade(f: () => unknown): number {
  let made = 0;
  const refuse = (): never => {
    throw new Error("for functions of tensors alone");
  };
  const record: Parameters<typeof withTracer>[0] = {
    record: (op, inputs, attributes, spec) => {
      const result = compute(op, inputs, attributes, spec);
      made += result.size;
      return result;
    },
    refuseRead: refuse,
    state: {
      valueOf: refuse,
      assign: refuse,
      gradientOf: (_leaf, held) => held,
      beforeGradientChanges: () => {},
      beforeRequiringGrad: () => {},
      evaluate: refuse,
      dependsOn: () => {},
      beforeDrawing: () => {},
      endsUserCode: () => {},
      everyRun: refuse,
      guard: refuse,
    },
  };
  withTracer(record, f);
  return made;
}

/** Functions of a line of numbers; reductions, and what reads or adds at positions, are where more can be made. */
const functions: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  sum: (x) => core.sum(x),
  mean: (x) => core.mean(x),
  prod: (x) => core.prod(x),
  max: (x) => core.max(x),
  min: (x) => core.min(x),
  std: (x) => core.std(x),
  logSumExp: (x) => core.logSumExp(x),
  norm: (x) => core.norm(x),
  softmax: (x) => core.softmax(x),
  logSoftmax: (x) => core.logSoftmax(x),
  "norm, p 0.5": (x) => core.norm(x, null, { p: 0.5 }),
  "norm, p 3": (x) => core.norm(x, null, { p: 3 }),
  "prod of columns": (x) => core.prod(x.reshape(-1, 3), 0),
  "max over axes that are not neighbours": (x) => core.max(x.reshape(2, 3, -1), [0, 2]),
  cumsum: (x) => core.cumsum(x, 0),
  sort: (x) => core.sort(x),
  topK: (x) => core.topK(x, 5).values,
  gather: (x) => core.gather(x, [0, 1, 1, 5]),
  "gather of all": (x) => core.gather(x, core.argsort(x)),
  takeAlongAxis: (x) => core.takeAlongAxis(x, core.argsort(x)),
  scatterAdd: (x) => core.scatterAdd(x, core.argsort(x), x),
  concat: (x) => core.concat([x, x, x]),
  pad: (x) => core.pad(x, 2, 1),
  slice: (x) => core.slice(x, "::-2"),
  split: (x) => core.split(x, 3)[1],
  tile: (x) => core.tile(x, [3]),
  repeat: (x) => core.repeat(x, 3),
  outer: (x) => core.outer(x, [1, 2, 3]),
  dot: (x) => core.dot(x, x),
  matmul: (x) => core.matmul(x.reshape(-1, 3), x.reshape(3, -1).slice(":", "0:5")),
  einsum: (x) => core.einsum("ij,ij->i", x.reshape(3, -1), x.reshape(3, -1)),
  conv1d: (x) => core.conv1d(x.reshape(1, 1, -1), [[[1, 2, 3]]]),
  unfold: (x) => core.unfold(x.reshape(1, 1, 6, -1), 3),
  maxPool2d: (x) => core.maxPool2d(x.reshape(1, 1, 6, -1), 2),
  avgPool2d: (x) => core.avgPool2d(x.reshape(1, 1, 6, -1), 2),
  adaptiveMaxPool2d: (x) => core.adaptiveMaxPool2d(x.reshape(1, 1, 6, -1), 4),
  upsample2d: (x) => core.upsample2d(x.reshape(1, 1, 6, -1), 2, { mode: "bilinear" }),
  pow: (x) => core.pow(x, 1.5),
  where: (x) => core.where(x.greater(0.5), x, 0),
};

/** Numbers that all differ, so that there is an order. */
function line(n: number): Tensor {
  return tensor(Float64Array.from({ length: n }, (_, i) => 1 + 0.01 * Math.sin(i * 2.4)));
}

it.each(Object.entries(functions))("%s: first and second derivatives", (_name, f) => {
  const first = core.grad((x: Tensor) => f(x).square().sum());
  const second = core.grad((x: Tensor) => first(x).square().sum());
  const along = (x: Tensor) => core.jvp(f, [x], [x]);
  for (const derivative of [first, second, along]) {
    const [few, many] = [numbersMade(() => derivative(line(60))), numbersMade(() => derivative(line(480)))];
    expect(many / few).toBeLessThan(10);
  }
});

it("a product's second derivatives, all of them, cost as much as their number, not more", () => {
  const made = (n: number) => numbersMade(() => core.hessian((x: Tensor) => core.prod(x))(line(n)));
  // Four times as many elements have sixteen times as many second derivatives.
  expect(made(64) / made(16)).toBeLessThan(18);
});
