import fc from "fast-check";
import { describe, it } from "vitest";
import { type Tensor, valueAndGrad } from "../../src/index.ts";
import { jit } from "../../src/jit/jit.ts";
import { inputsOf, type Program, programs, runProgram } from "./programs.ts";
import { expectSame } from "./same.ts";

/** Numbers of size 1 to 10 that cancel leave this much of their rounding. */
const rounding = 5e-6;

/** Programs that once went wrong. */
const found: readonly Program[] = [
  // A slice of a broadcast value was contiguous until that value was written out for another reader.
  {
    rows: 5,
    columns: 16,
    inputs: [1],
    steps: [
      { name: "rolled", from: [0, 0, 0] },
      { name: "scattered", from: [0, 0, 0] },
      { name: "add", from: [0, 0, 0] },
    ],
  },
];

describe("random programs", () => {
  it("compute the same compiled and eager", () => {
    fc.assert(
      fc.property(programs, (program) => {
        const inputs = inputsOf(program);
        const eager = runProgram(program, inputs);
        const compiled = jit((...xs: Tensor[]) => runProgram(program, xs));
        for (const _call of [1, 2])
          for (const [i, x] of compiled(...inputs).entries())
            expectSame(x, eager[i], `${program.steps[i].name}, step ${i}`, rounding);
      }),
      { numRuns: 150, examples: found.map((program): [Program] => [program]) },
    );
  });

  it("have the same gradients compiled and eager", () => {
    fc.assert(
      fc.property(programs, (program) => {
        const inputs = inputsOf(program);
        const loss = (...xs: Tensor[]) =>
          runProgram(program, xs)
            .map((x, i) => x.mul(0.3 + 0.1 * i).mean())
            .reduce((a, b) => a.add(b));
        const slopes = valueAndGrad(loss, { argument: inputs.map((_, i) => i) });
        const [value, gradients] = slopes(...inputs);
        const [found, foundGradients] = jit(slopes)(...inputs);
        expectSame(found, value, "value", rounding);
        for (const [i, g] of gradients.entries()) expectSame(foundGradients[i], g, `gradient ${i}`, rounding);
      }),
      { numRuns: 150, examples: found.map((program): [Program] => [program]) },
    );
  });
});
