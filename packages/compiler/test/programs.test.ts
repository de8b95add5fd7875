/**
 * Random programs compute compiled what they compute eagerly: values, gradients, and what training leaves.
 *
 * A failure prints the smallest program found, with the seed and the path that lead to it. For a long run:
 * `FUZZ_SEED=7 pnpm fuzz:compiled`.
 */

import { buffer, isFloat, parameter, type Tensor, valueAndGrad } from "@chainrule/core";
import { checkCases, fuzzing } from "@chainrule/testing";
import fc from "fast-check";
import { describe, it } from "vitest";
import { jit } from "../src/index.ts";
import { inputsOf, type Made, neighbourOf, type Program, programsOf, runProgram } from "./programs.ts";
import { expectIdentical, expectSame } from "./same.ts";

/** Numbers of size 1 to 10 that cancel leave this much of their rounding. */
const rounding = 5e-6;

const { seed, runs, limit } = fuzzing(3);

function compare(found: readonly Tensor[], made: readonly Made[], call: number): void {
  made.forEach(({ name, x, exact }, i) => {
    const what = `call ${call}, value ${i}, ${name}`;
    if (exact) expectIdentical(found[i], x, what);
    else expectSame(found[i], x, what, rounding);
  });
}

/** A number that every float value of the program has a share in. */
function lossOf(made: readonly Made[]): Tensor | null {
  const parts = made.filter(({ x }) => isFloat(x.dtype) && x.size > 0);
  const shares = parts.map(({ x }, i) => x.mul(0.3 + 0.1 * (i % 5)).mean());
  return shares.length === 0 ? null : shares.reduce((a, b) => a.add(b));
}

function checkValues(program: Program): void {
  const inputs = inputsOf(program);
  const made = runProgram(program, inputs);
  const compiled = jit((...xs: Tensor[]) => runProgram(program, xs).map(({ x }) => x));
  for (const call of [1, 2]) compare(compiled(...inputs), made, call);
}

describe(`random programs, seed ${seed}, compute the same compiled and eager`, () => {
  it("values", limit, () => {
    fc.assert(fc.property(programsOf(), checkValues), runs(250));
  });

  it("values of long rows", limit, () => {
    fc.assert(
      fc.property(programsOf({ longRows: true, kinds: ["exact", "smooth"], longest: 9 }), checkValues),
      runs(100),
    );
  });

  it("values with NaN, infinities, zeros of both signs and the ends of the numbers, to the last bit", limit, () => {
    const programs = programsOf({ kinds: ["exact", "choice"], wild: true, extreme: true });
    fc.assert(fc.property(programs, checkValues), runs(150));
  });

  it("values with NaN and infinities, through smooth functions", limit, () => {
    fc.assert(fc.property(programsOf({ wild: true, longest: 6 }), checkValues), runs(150));
  });

  describe("gradients", () => {
    const check = (program: Program) => {
      const inputs = inputsOf(program);
      const by = inputs.flatMap((x, i) => (isFloat(x.dtype) ? [i] : []));
      const loss = (...xs: Tensor[]) => lossOf(runProgram(program, xs))!;
      if (lossOf(runProgram(program, inputs)) === null) return false;
      const slopes = valueAndGrad((...xs: Tensor[]) => loss(...xs).add(xs[0].mul(0).sum()), { argument: by });
      const [value, gradients] = slopes(...inputs);
      const [found, foundGradients] = jit(slopes)(...inputs);
      expectSame(found, value, "value", rounding);
      gradients.forEach((g, i) => {
        expectSame(foundGradients[i], g, `gradient ${by[i]}`, rounding);
      });
      return true;
    };
    it("of ordinary numbers", limit, () => {
      checkCases(programsOf(), check, runs(200));
    });

    it("at NaN, infinities and zeros of both signs", limit, () => {
      checkCases(programsOf({ wild: true, longest: 8 }), check, runs(100));
    });
  });

  it("values, each program beside another that is nearly the same", limit, () => {
    const neighbours = fc.record({
      program: programsOf(),
      at: fc.nat(),
      way: fc.nat({ max: 3 }),
      by: fc.nat({ max: 63 }),
    });
    const check = ({ program, ...change }: { program: Program; at: number; way: number; by: number }) => {
      const other = neighbourOf(program, change);
      for (const each of [program, other, program, other]) checkValues(each);
    };
    fc.assert(fc.property(neighbours, check), runs(150));
  });

  it("steps of training, which change parameters and buffers", limit, () => {
    const check = (program: Program) => {
      const train = () => {
        const values = inputsOf(program);
        const states = values.map((x, i) => (isFloat(x.dtype) && i % 3 < 2 ? parameter(x) : x));
        const average = buffer(values[0].mul(0));
        const step = (...given: Tensor[]) => {
          const made = runProgram(
            program,
            states.map((x, i) => (x === values[i] ? given[i] : x)),
          );
          const weights = states.filter((x) => x.requiresGrad) as ReturnType<typeof parameter>[];
          for (const w of weights) w.zeroGrad();
          const loss = lossOf([...made, { name: "sum", x: weights[0].sum(), exact: false }])!;
          loss.backward();
          average.assign(average.mul(0.9).add(weights[0].mul(0.1)));
          // A weight that the loss does not depend on has no gradient.
          for (const w of weights) if (w.grad) w.assign(w.sub(w.grad.mul(0.1)));
          average.assign(average.sub(weights[0].mul(0.01)));
          return [loss, ...made.slice(-2).map(({ x }) => x.detach())];
        };
        return { values, states: [...states, average], step };
      };
      const [eager, compiled] = [train(), train()];
      const step = jit(compiled.step);
      for (const call of [1, 2, 3]) {
        const wanted = eager.step(...eager.values);
        step(...compiled.values).forEach((x, i) => {
          expectSame(x, wanted[i], `result ${i} of step ${call}`, rounding);
        });
        compiled.states.forEach((x, i) => {
          expectSame(x, eager.states[i], `state ${i} after step ${call}`, rounding);
        });
      }
    };
    fc.assert(fc.property(programsOf({ kinds: ["exact", "smooth"] }), check), runs(150));
  });
});
