/**
 * Random exchanges between variables: what is assigned from what, turned, shifted or mixed, and read again. The compiler
 * lets new values land where old ones lay, and must notice who still wants those. `FUZZ_RUNS` and `FUZZ_SEED` as for
 * random programs.
 */

import { buffer, concat, flip, gather, type Tensor, tensor, where } from "@chainrule/core";
import { fuzzing } from "@chainrule/testing";
import fc from "fast-check";
import { describe, it } from "vitest";
import { jit } from "../src/index.ts";
import { expectSame } from "./same.ts";

const { seed, runs, limit } = fuzzing(8);

/** What becomes of one or two square matrices; no larger than they are. */
const moves: Readonly<Record<string, (x: Tensor, y: Tensor) => Tensor>> = {
  itself: (x) => x.detach(),
  turned: (x) => x.T,
  reversed: (x) => flip(x),
  rolled: (x) => concat([x.slice("1:"), x.slice("0:1")]),
  halves: (x) => x.mul(0.5),
  mixed: (x, y) => x.mul(0.75).add(y.mul(0.25)),
  mixedTurned: (x, y) => x.mul(0.5).sub(y.T.mul(0.5)),
  outOfRows: (x, y) => x.mul(0.5).add(y.mean(1, { keepDims: true }).mul(0.5)),
  outOfColumns: (x, y) => x.mul(0.5).sub(y.mean(0).mul(0.5)),
  less: (x, y) => x.sub(y.max()).mul(0.3),
  product: (x, y) => x.matmul(y).mul(1 / x.shape[0]),
  productTurned: (x, y) => x.T.matmul(y).mul(1 / x.shape[0]),
  chosen: (x, y) => where(tensor(Array.from({ length: x.shape[0] }, (_, i) => i % 2 === 0)), x, y),
  looked: (x) =>
    gather(
      x,
      Array.from({ length: x.shape[0] }, (_, i) => (i * 3 + 1) % x.shape[0]),
    ),
  firstRow: (x) => x.slice("0:1").broadcastTo(x.shape),
  likely: (x) => x.softmax(0),
  tanh: (x) => x.tanh(),
  reshaped: (x) => x.reshape([-1]).sort(0).reshape(x.shape),
};

const programs = fc.record({
  size: fc.constantFrom(1, 2, 3, 4, 5, 8, 9, 13),
  count: fc.integer({ min: 1, max: 4 }),
  dtype: fc.constantFrom("float32" as const, "float32" as const, "float64" as const),
  steps: fc.array(
    fc.record({
      move: fc.constantFrom(...Object.keys(moves)),
      x: fc.nat({ max: 99 }),
      y: fc.nat({ max: 99 }),
      /** The variable that gets the result, or beyond their number none: it is kept for later steps and returned. */
      to: fc.nat({ max: 5 }),
    }),
    { minLength: 1, maxLength: 10 },
  ),
});

type Exchange = typeof programs extends fc.Arbitrary<infer T> ? T : never;

function exchange({ size, count, dtype, steps }: Exchange) {
  const start = (which: number) =>
    Float64Array.from({ length: size * size }, (_, i) => Math.sin(i * 2.4 + which * 1.3 + 0.7));
  const states = Array.from({ length: count }, (_, i) =>
    buffer(tensor(start(i), { shape: [size, size], dtype: "float64" }).cast(dtype)),
  );
  const step = (given: Tensor): Tensor[] => {
    const kept: Tensor[] = [given];
    for (const { move, x, y, to } of steps) {
      // A variable is read as it is now; what was kept is as it was.
      const pool = [...states, ...kept];
      const made = moves[move](pool[x % pool.length], pool[y % pool.length]);
      if (to < count) states[to].assign(made);
      else kept.push(made);
    }
    return kept.slice(1);
  };
  return { states, step, given: tensor(start(9), { shape: [size, size], dtype: "float64" }).cast(dtype) };
}

describe(`variables that exchange their values, seed ${seed}`, () => {
  it("hold the same compiled and eager", limit, () => {
    const check = (program: Exchange) => {
      const [eager, compiled] = [exchange(program), exchange(program)];
      const step = jit(compiled.step);
      for (let call = 1; call <= 3; call++) {
        const wanted = eager.step(eager.given);
        step(compiled.given).forEach((x, i) => {
          expectSame(x, wanted[i], `call ${call}, result ${i}`, 1e-5);
        });
        compiled.states.forEach((state, i) => {
          expectSame(state, eager.states[i], `call ${call}, variable ${i}`, 1e-5);
        });
      }
    };
    fc.assert(fc.property(programs, check), runs(200));
  });
});
