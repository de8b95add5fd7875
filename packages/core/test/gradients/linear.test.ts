/**
 * Gradient rules are linear in the gradient that arrives, at edges too: zeros, ties, infinities, the ends of the numbers.
 */
import { checkLinear } from "@chainrule/testing";
import { describe, expect, it } from "vitest";
import * as core from "../../src/index.ts";
import { isFloat, type Tensor, tensor } from "../../src/index.ts";
import type { GradientCase, GradientTable } from "./case.ts";
import { elementwise } from "./elementwise.ts";
import { movement } from "./movement.ts";
import { matrices, reductions, windows } from "./reductions.ts";

const table: GradientTable = { ...elementwise, ...reductions, ...matrices, ...windows, ...movement };

const { POSITIVE_INFINITY: infinity } = Number;
/** So large that few products of it overflow, and sums of it are exact. */
const huge = 2 ** 300;
const edges = [0, 1, infinity, -0, 0.5, -1, -infinity, 5e-324, huge, 0, -huge];

/** How the numbers of inputs are filled: with one and the same, or with all edges by turns, from each of some. */
const fillings: readonly ((i: number) => number)[] = [
  ...[0, infinity, -infinity, huge].map((x) => () => x),
  ...[0, 2, 5].map((first) => (i: number) => edges[(i + first) % edges.length]),
];

/** The same function of floats alone, with numbers at edges. */
function edgeCase({ f, inputs }: GradientCase, filling: (i: number) => number) {
  const given = inputs.map((x) => tensor(x));
  const floats = given.filter((x) => isFloat(x.dtype));
  let made = 0;
  const points = floats.map(({ shape, size }) =>
    tensor(
      Float64Array.from({ length: size }, () => filling(made++)),
      { shape, dtype: "float64" },
    ),
  );
  const whole = (...xs: Tensor[]) => {
    const rest = [...xs];
    return f(...given.map((x) => (isFloat(x.dtype) ? rest.shift()! : x)));
  };
  return { f: whole, points };
}

describe.each(Object.entries(table))("%s", (name, cases) => {
  it("is linear backwards and forwards, at every edge", () => {
    let compared = 0;
    for (const each of cases)
      for (const filling of fillings) {
        const { f, points } = edgeCase(each, filling);
        compared += checkLinear<Tensor>(core, f, points, `${name}, ${each.name}`);
      }
    expect(compared).toBeGreaterThan(0);
  });
});

describe("the check fails for a rule that", () => {
  const rules: Readonly<Record<string, (g: Tensor, x: Tensor) => Tensor>> = {
    "cuts it": (g, x) => g.clamp(-3, 3).mul(x),
    "takes its size": (g, x) => g.abs().mul(x),
    "leaves negative ones out": (g, x) => core.relu(g).mul(x),
    "asks whether it is 0": (g, x) => core.where(g.equal(0), x, g.mul(x)),
    "adds to it": (g, x) => g.mul(x).add(x),
    "squares it": (g, x) => g.square().mul(x),
  };
  it.each(Object.entries(rules))("%s", (_name, rule) => {
    const f = core.customGradient(
      (x) => x.square(),
      (g, { inputs: [x] }) => rule(g, x.mul(2)),
    );
    for (const points of [[1], [1, 2], [0.5, 1, 2]]) {
      const x = tensor(points, { dtype: "float64" });
      expect(() => checkLinear<Tensor>(core, f, [x], "it")).toThrow(/it: (vjp|jvp)/);
      expect(() => core.checkGradients(f, [points])).toThrow(core.GradientCheckError);
    }
  });
});
