import { checkGradients, Generator, grad, tensor } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import * as functions from "../src/index.ts";
import { gradientTable, numbers, withoutGradient } from "./gradients.ts";

it("every function stands in the table of gradient checks, or has none", () => {
  const exported = Object.entries(functions).flatMap(([name, f]) => (typeof f === "function" ? [name] : []));
  // Drawn anew at each call: checked below, from one seed.
  const tried = [...Object.keys(gradientTable), ...Object.keys(withoutGradient), "gumbelSoftmax"];
  expect(tried.sort(), "test/gradients.ts wants cases").toEqual(exported.sort());
});

for (const [name, cases] of Object.entries(gradientTable))
  describe(`${name} has first and second derivatives that differences confirm`, () => {
    it.each(cases)("$name", ({ f, inputs }) => {
      checkGradients(f, inputs, { name, second: true });
      // Inside another function the gradient that arrives depends on the input too, which linear ones need to be tested.
      checkGradients(
        (...x) =>
          f(...x)
            .mul(0.4)
            .add(0.2)
            .sin(),
        inputs,
        { name: `sin of ${name}`, second: true },
      );
    });
  });

it.each(Object.entries(withoutGradient))("%s ends the graph", (_name, f) => {
  const y = f(tensor([1, 2, 3], { requiresGrad: true }));
  expect([y.requiresGrad, y.dtype]).toEqual([false, "int32"]);
});

it("gumbelSoftmax of one seed has the derivatives of a softmax", () => {
  const sample = (hard: boolean) => (x: ReturnType<typeof numbers>) =>
    functions.gumbelSoftmax(x, { temperature: 0.7, hard, axis: 0, generator: new Generator(3) });
  const x = numbers([3, 2]);
  checkGradients(sample(false), [x], { second: true });
  const by = (hard: boolean) =>
    grad((x) =>
      sample(hard)(x)
        .mul(numbers([3, 2], 4))
        .sum(),
    )(x);
  expect(by(true).toArray()).toEqual(by(false).toArray());
});

describe("orders beyond the second", () => {
  it("of cumprod, lgamma and logCumSumExp are right too", () => {
    const third =
      (f: (x: ReturnType<typeof numbers>) => ReturnType<typeof numbers>) => (x: ReturnType<typeof numbers>) =>
        grad((x) =>
          grad((x) => f(x).sum())(x)
            .square()
            .sum(),
        )(x);
    checkGradients(
      third((x) => functions.cumprod(x, 0)),
      [[2, 0, 3, -1.5]],
    );
    checkGradients(third(functions.lgamma), [[0.6, 2.5, -1.3]], { tolerance: 1e-5 });
    checkGradients(
      third((x) => functions.logCumSumExp(x, 0)),
      [[0.5, 2, -1]],
    );
  });
});
