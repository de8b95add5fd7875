/**
 * Which groups share a function. That they compute the same, random programs say.
 */
import { concat, Generator, parameter, rand, type Tensor } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { checkCompiled } from "../../test/same.ts";
import { compile } from "../compile.ts";
import type { Graph } from "../ir/graph.ts";
import { sharedHeap } from "../runtime/shared-heap.ts";
import { flatten } from "../trace/pytree.ts";
import { traceFunction } from "../trace/trace-function.ts";
import { generateModule } from "./module.ts";

const generator = new Generator(1);
const filled = (shape: readonly number[]) => rand(shape, { generator }).sub(0.5);

/** The functions of a compiled function's module, and how its groups call them. */
function moduleOf(f: (...inputs: Tensor[]) => Tensor, ...inputs: Tensor[]) {
  const traced = traceFunction("f", f as never, flatten("f", "arguments", inputs, true));
  const { fused, phases, regions } = compile(traced, sharedHeap()!, { deterministic: false });
  const { functions, calls } = generateModule(fused, phases, regions);
  return { functions: functions.filter(({ name }) => name.startsWith("group")), calls, graph: traced.graph as Graph };
}

const w = parameter(filled([6, 6]));
const b = parameter(filled([6]));

/** A recurrence whose step is a product, a loop, and a copy into the result; it goes back three steps, which no scan does. */
const recurrence = (steps: number) => (x: Tensor) => {
  let [first, before, h] = [x, x, x];
  const all: Tensor[] = [];
  for (let i = 0; i < steps; i++) {
    [first, before, h] = [before, h, h.matmul(w).tanh().mul(first).add(b)];
    all.push(h);
  }
  return concat(all);
};

describe("equal groups", () => {
  const x = filled([3, 6]);

  it("share a function, however many steps a recurrence has", () => {
    const [ten, forty] = [10, 40].map((steps) => moduleOf(recurrence(steps), x));
    expect(forty.functions.length).toBe(ten.functions.length);
    expect(forty.calls.size).toBeGreaterThan(3 * ten.calls.size);
    for (const steps of [2, 10, 40]) checkCompiled(recurrence(steps), [x]);
  });

  it("are none where constants, attributes, shapes, or what is read differ", () => {
    const each = (step: (x: Tensor, i: number) => Tensor) => (x: Tensor) =>
      concat(
        Array.from({ length: 8 }, (_, i) =>
          step(
            x
              .matmul(w)
              .add(i / 16)
              .tanh()
              .matmul(w),
            i,
          ).reshape([-1]),
        ),
      );
    const different = [
      each((x, i) => x.mul(i + 0.5)),
      each((x, i) => x.clamp(-i, i)),
      each((x, i) => x.slice(`0:${1 + (i % 3)}`).tanh()),
      each((x, i) => x.slice(`${i % 3}:3`).sum(0)),
      each((x, i) => (i % 2 === 0 ? x.sum(0) : x.max(0))),
      each((x, i) => (i % 2 === 0 ? x.sub(b) : b.sub(x))),
    ];
    for (const f of different) checkCompiled(f, [x]);
    const own = (f: (x: Tensor) => Tensor) => moduleOf(f, x).functions.length;
    const same = own(each((x) => x.mul(0.5)));
    expect(own(different[0])).toBeGreaterThanOrEqual(same + 7);
    expect(own(different[1])).toBeGreaterThanOrEqual(same + 7);
  });

  it("are told from others by zeros of both signs and NaN", () => {
    const constants = [0, -0, Number.NaN, 1, 0, -0, Number.NaN, 1, 0, -0, Number.NaN, 1, 0, -0, Number.NaN, 1];
    checkCompiled((x) => concat(constants.map((c) => x.matmul(w).maximum(c).reshape([-1]))), [x.mul(0)]);
  });
});
