/**
 * vmap and scan against JAX and torch.func: values and gradients, eagerly and compiled.
 */
import { jit } from "@chainrule/compiler";
import * as core from "@chainrule/core";
import { concat, conv2d, grad, hessian, jvp, prod, type Tensor } from "@chainrule/core";
import { bothDTypes, checkReference, referenceCases } from "@chainrule/testing";
import { describe, expect, it } from "vitest";
import { scan, vmap } from "../src/index.ts";

type Inputs = Readonly<Record<string, Tensor>>;

const loss = (w1: Tensor, w2: Tensor, x: Tensor, y: Tensor) =>
  x.matmul(w1).tanh().matmul(w2).logSoftmax(-1).gather(y).neg();

const step = (w: Tensor) => (h: Tensor, x: Tensor) => {
  const next = w.matmul(h).add(x).tanh();
  return [next, next.mul(x)] as const;
};

const both = ([carry, ys]: readonly Tensor[]) => concat([carry.unsqueeze(0), ys]);

/** The programs of make-transforms.py, by their names there. */
const programs: Readonly<Record<string, (inputs: Inputs) => Tensor>> = {
  "gradients per example": ({ w1, w2, x, y }) => vmap(grad(loss), { inAxes: [null, null, 0, 0] })(w1, w2, x, y),
  axes: ({ a, b }) => vmap((a, b) => a.sin().mul(b), { inAxes: [1, null], outAxes: 2 })(a, b),
  pairs: ({ x, y }) =>
    vmap(
      vmap((a: Tensor, b: Tensor) => a.sub(b).square().sum().neg().exp(), { inAxes: [null, 0] }),
      {
        inAxes: [0, null],
      },
    )(x, y),
  hessians: ({ w, x }) => vmap(hessian((x) => w.matmul(x).tanh().square().sum()))(x),
  "directional derivatives": ({ x, v }) => vmap((x, v) => jvp((x) => prod(x).mul(x.softmax(-1)), [x], [v])[1])(x, v),
  "kernel gradients per example": ({ w, x }) =>
    vmap(
      grad((w, x) => conv2d(x.unsqueeze(0), w, { stride: 2, padding: 1 }).tanh().sum()),
      { inAxes: [null, 0] },
    )(w, x),
  "kernels of each example, in groups": ({ x, w }) => vmap((x, w) => conv2d(x, w, { groups: 2, padding: 1 }))(x, w),
  "kernels of each example for shared images, in groups": ({ x, w }) =>
    vmap((w) => conv2d(x, w, { groups: 2, stride: 2, padding: 1 }))(w),
  "table gradients per example": ({ table, tokens }) =>
    vmap(
      grad((t, i) => prod(t.gather(i).sin().sum(0))),
      { inAxes: [null, 0] },
    )(table, tokens),
  "tables and tokens of each example": ({ table, tokens }) =>
    vmap((t, i) => t.gather(i).tanh().add(t.gather(i).flip(-1)))(table, tokens),
  reductions: ({ x }) =>
    vmap((x) => concat([x.logSumExp(0), x.max(0), x.prod(0), x.cumsum(0).slice(2), x.sort(0).slice(1)]))(x),
  "weights of each model": ({ w, b, x }) =>
    vmap((p: { w: Tensor; b: Tensor }, x: Tensor) => x.matmul(p.w).add(p.b).tanh(), { inAxes: [0, null] })({ w, b }, x),

  scan: ({ w, h, x }) => both(scan(step(w), h, x)),
  "scan in reverse": ({ w, h, x }) => both(scan(step(w), h, x, { reverse: true })),
  "scan of records, without inputs": ({ position, velocity }) =>
    scan(
      ({ p, v }) => [{ p: p.add(v.mul(0.1)), v: v.sub(p.sin().mul(0.1)) }, p.square()],
      { p: position, v: velocity },
      null,
      { length: 20 },
    )[1] as unknown as Tensor,
  "scan of each example": ({ w, h, x }) => vmap((h, x) => scan(step(w), h, x)[1])(h, x),
  "gradient of a scan": ({ w, h, x }) => grad((w) => scan(step(w), h, x)[1].sin().sum())(w),
};

const cases = referenceCases("peers/transforms");

it("runs each of the programs", () => {
  expect(Object.keys(programs)).toEqual(cases.map(({ op }) => op));
});

describe.each(bothDTypes)("as peers compute, in %s", (dtype) => {
  for (const reference of cases)
    it(`${reference.op}: ${reference.name}`, () => {
      checkReference({ ...core, jit }, reference, dtype, programs[reference.op]);
    });
});
