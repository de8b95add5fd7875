import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import * as core from "../../src/index.ts";
import { checkGradients, type Tensor, tensor } from "../../src/index.ts";
import { builtinOps } from "../../src/ops/registry.ts";
import { opsIn } from "../ops-in.ts";
import type { GradientTable } from "./case.ts";
import { elementwise } from "./elementwise.ts";
import { movement } from "./movement.ts";
import { matrices, reductions, windows } from "./reductions.ts";

const table: GradientTable = { ...elementwise, ...reductions, ...matrices, ...windows, ...movement };

/** Ops whose results are no floats, and that therefore end every gradient. */
const withoutGradient: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  equal: (x) => core.equal(x, x),
  notEqual: (x) => core.notEqual(x, x),
  less: (x) => core.less(x, x),
  lessEqual: (x) => core.lessEqual(x, x),
  greater: (x) => core.greater(x, x),
  greaterEqual: (x) => core.greaterEqual(x, x),
  logicalAnd: (x) => core.logicalAnd(x, x),
  logicalOr: (x) => core.logicalOr(x, x),
  logicalXor: (x) => core.logicalXor(x, x),
  logicalNot: (x) => core.logicalNot(x),
  isNaN: (x) => core.isNaN(x),
  isFinite: (x) => core.isFinite(x),
  isInfinite: (x) => core.isInfinite(x),
  any: (x) => core.any(x),
  all: (x) => core.all(x),
  countNonZero: (x) => core.countNonZero(x),
  argmax: (x) => core.argmax(x),
  argmin: (x) => core.argmin(x),
  argsort: (x) => core.argsort(x),
};

/** Exported beside the ops, but no ops: makers of ops, a question answered by a plain boolean, a check. */
const noOps = ["defineOp", "allClose", "refuseWhere"];

/** Every function that a file of `src/ops` exports and that core passes on. */
async function exportedOps(): Promise<string[]> {
  const folder = new URL("../../src/ops/", import.meta.url);
  const files = readdirSync(folder).filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"));
  const modules = await Promise.all(files.map((file) => import(/* @vite-ignore */ new URL(file, folder).href)));
  const publicFunctions = new Set<unknown>(Object.values(core).filter((value) => typeof value === "function"));
  return modules.flatMap((module: object) =>
    Object.entries(module).flatMap(([name, value]) => (publicFunctions.has(value) ? [name] : [])),
  );
}

it("every op of core stands in the table of gradient checks, or has none", async () => {
  const ops = (await exportedOps()).filter((name) => !noOps.includes(name)).sort();
  expect(ops.length).toBeGreaterThan(90);
  expect(
    Object.keys({ ...table, ...withoutGradient }).sort(),
    "a table of core/test/gradients/ wants cases for each op that tensors.ts exports, by its exported name",
  ).toEqual(ops);
});

it("every registered op that has a gradient rule is run by a case of the table, forwards or backwards", () => {
  const run = new Set<string>();
  for (const { f, inputs } of Object.values(table).flat()) {
    const xs = inputs.map((input) => tensor(input, { dtype: "float64" }));
    const argument = xs.map((_, i) => i);
    const first = core.grad(
      (...ys: Tensor[]) =>
        f(...ys)
          .sin()
          .sum(),
      { argument },
    );
    const second = core.grad(
      (...ys: Tensor[]) => first(...ys).reduce((total, g) => total.add(g.square().sum()), core.scalar(0, "float64")),
      { argument },
    );
    for (const op of opsIn(() => f(...xs))) run.add(op.name);
    for (const op of opsIn(() => second(...xs))) run.add(op.name);
  }
  const differentiable = builtinOps().flatMap(({ name, gradient }) => (gradient ? [name] : []));
  expect(differentiable.length).toBeGreaterThan(60);
  expect(
    differentiable.filter((name) => !run.has(name)),
    "ops whose gradient rule no case of core/test/gradients/ runs",
  ).toEqual([]);
});

for (const [op, cases] of Object.entries(table))
  describe(`${op} has first and second derivatives that differences confirm`, () => {
    it.each(cases)("$name", ({ f, inputs, options }) => {
      checkGradients(f, inputs, { name: op, second: options === undefined, ...options });
      // Inside another function the gradient that arrives depends on the input too, which linear ops need to be tested.
      checkGradients(
        (...x) =>
          f(...x)
            .mul(0.4)
            .add(0.2)
            .sin(),
        inputs,
        {
          name: `sin of ${op}`,
          second: options === undefined,
          ...options,
        },
      );
    });
  });

describe("ops without gradient", () => {
  it.each(Object.entries(withoutGradient))("%s ends the graph", (_name, op) => {
    const x = tensor([1, 2, 3], { requiresGrad: true });
    const y = op(x);
    expect([y.requiresGrad, y.dtype === "bool" || y.dtype === "int32"]).toEqual([false, true]);
  });
});
