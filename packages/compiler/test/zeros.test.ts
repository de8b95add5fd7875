/**
 * 0 and -0 are different numbers: compiled they are told apart wherever they are eagerly.
 */

import { clamp, concat, type Tensor, tensor, where } from "@chainrule/core";
import { it } from "vitest";
import { jit } from "../src/index.ts";
import { expectIdentical } from "./same.ts";

const zeros = tensor([0, -0, 1, -1]);

/** What only the constants -0 and 0 make a difference to. */
const functions: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  "x - 0": (x) => x.sub(0),
  "x - (-0)": (x) => x.sub(-0),
  "x + 0": (x) => x.add(0),
  "x + (-0)": (x) => x.add(-0),
  "x · (-1)": (x) => x.mul(-1),
  "x · 0 beside x · (-0)": (x) => concat([x.mul(0), x.mul(-0)]),
  "a row of 0 and -0 as a constant": (x) => x.square().mul(tensor([0, -0, 0, -0])),
  "constants of both beside each other": (x) => concat([where(x.greater(0), 0, x), where(x.greater(0), -0, x)]),
  "attributes of both beside each other": (x) =>
    concat([clamp(x.square().neg().sub(1), 0, 2), clamp(x.square().neg().sub(1), -0, 2)]),
};

it.each(Object.entries(functions))("%s", (_name, f) => {
  expectIdentical(jit(f)(zeros), f(zeros));
});

it("among plain arguments", () => {
  const scaled = (x: Tensor, factor: number) => x.square().add(1).mul(factor);
  const compiled = jit(scaled);
  for (const factor of [0, -0, 0]) expectIdentical(compiled(zeros, factor), scaled(zeros, factor), `times ${factor}`);
  const grouped = jit((x: Tensor, { by }: { by: number }) => scaled(x, by));
  for (const by of [-0, 0]) expectIdentical(grouped(zeros, { by }), scaled(zeros, by), `times ${by}`);
});
