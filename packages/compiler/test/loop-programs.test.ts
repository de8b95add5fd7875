/**
 * Random programs with steps that repeat compute compiled, where equal steps are loops, what they compute eagerly.
 */
import { type Tensor, valueAndGrad } from "@chainrule/core";
import { fuzzing } from "@chainrule/testing";
import fc from "fast-check";
import { expect, it } from "vitest";
import { jit } from "../src/index.ts";
import { scanResultOf } from "../src/ir/scan.ts";
import { reroll } from "../src/passes/reroll.ts";
import { type LoopProgram, loopInputs, loopPrograms, runLoop } from "./loop-programs.ts";
import { expectSame } from "./same.ts";
import { tracedGraph } from "./traced.ts";

const { seed, runs, limit } = fuzzing(11);
const rounding = 2e-5;

/** How many of the programs had loops. */
let rerolled = 0;

function hasScan(f: (...xs: Tensor[]) => Tensor[], inputs: Tensor[]): boolean {
  return reroll(tracedGraph(f, ...inputs)).nodes.some(scanResultOf);
}

it(`random loops, seed ${seed}, compute the same compiled and eager`, limit, () => {
  const check = (program: LoopProgram) => {
    const inputs = loopInputs(program);
    const wanted = runLoop(program, inputs);
    const values = jit((...xs: Tensor[]) => runLoop(program, xs));
    for (const call of [1, 2])
      values(...inputs).forEach((x, i) => {
        expectSame(x, wanted[i], `call ${call}, ${program.results[i]}`, rounding);
      });
    if (hasScan((...xs) => runLoop(program, xs), inputs)) rerolled++;
  };
  fc.assert(fc.property(loopPrograms(), check), runs(100));
  // A quarter of them, or so.
  expect(rerolled).toBeGreaterThan(0);
});

it("gradients", limit, () => {
  const check = (program: LoopProgram) => {
    const inputs = loopInputs(program);
    const loss = (...xs: Tensor[]) => {
      const shares = runLoop(program, xs).map((x, i) => x.mul(x.mul(0.1 + 0.1 * i)).mean());
      const used = xs.reduce((sum, x) => sum.add(x.sum().mul(0)), shares[0].mul(0));
      return shares.reduce((a, b) => a.add(b)).add(used);
    };
    const slopes = valueAndGrad(loss, { argument: [0, 1, 2, 3, 4] });
    const [value, gradients] = slopes(...inputs);
    const compiled = jit(slopes);
    for (let call = 0; call < 2; call++) {
      const [found, foundGradients] = compiled(...inputs);
      expectSame(found, value, "value", rounding);
      gradients.forEach((g, i) => {
        expectSame(foundGradients[i], g, `gradient ${i}`, rounding);
      });
    }
  };
  fc.assert(fc.property(loopPrograms(), check), runs(100));
});
