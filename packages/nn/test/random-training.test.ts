/**
 * Random training programs leave the same compiled and eager: losses, predictions, parameters, what is kept beside them, and
 * the errors of batches that are wrong. For a long run: `pnpm fuzz:compiled`.
 */
import { jit } from "@chainrule/compiler";
import { concat, type Tensor } from "@chainrule/core";
import { atomic } from "@chainrule/core/internal";
import { fuzzing } from "@chainrule/testing";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  type Batch,
  compiledLosses,
  lossOf,
  makeBatch,
  makeOptimizer,
  makeWorld,
  ProgramModel,
  type TrainingProgram,
  trainingPrograms,
} from "./training-programs.ts";

const { seed, runs, limit } = fuzzing(21);

/** A step of the program, and what it changes. */
function trainingOf(program: TrainingProgram) {
  const world = makeWorld(program);
  const optimizer = makeOptimizer(program, world);
  const step = (batch: Batch): Tensor[] => {
    optimizer.zeroGrad();
    const { loss, prediction } = lossOf(program, world, batch);
    loss.backward();
    optimizer.step();
    return [loss.detach(), prediction.detach()];
  };
  const state = () => ({
    ...Object.fromEntries(Object.entries(world.parameters).map(([name, p]) => [name, p.toTypedArray()])),
    average: world.average.toTypedArray(),
    iterations: [optimizer.iterations],
    draws: Object.values(world.generator.state).flatMap(Number),
  });
  return { step, state, world };
}

type Outcome = { readonly error: string } | { readonly results: readonly Tensor[] };

function outcomeOf(step: (batch: Batch) => Tensor[], batch: Batch): Outcome {
  try {
    return { results: step(batch) };
  } catch (error) {
    return { error: `${(error as Error).name}: ${(error as Error).message}` };
  }
}

function expectNear(found: ArrayLike<number>, wanted: ArrayLike<number>, relative: number, what: string): void {
  let size = 1;
  for (let i = 0; i < wanted.length; i++) if (Number.isFinite(wanted[i])) size = Math.max(size, Math.abs(wanted[i]));
  for (let i = 0; i < wanted.length; i++)
    if (!Object.is(found[i], wanted[i]) && !(Math.abs(found[i] - wanted[i]) <= relative * size))
      expect.fail(`${what}: number ${i} is ${found[i]} compiled and ${wanted[i]} eager`);
}

/** Runs a program eagerly and compiled. Returns the errors that both threw. */
function compare(program: TrainingProgram): string[] {
  const [eager, compiled] = [trainingOf(program), trainingOf(program)];
  const step = jit(compiled.step as never) as unknown as (batch: Batch) => Tensor[];
  const relative = program.dtype === "float64" ? 1e-8 : 2e-3;
  const errors: string[] = [];
  for (const [call, plan] of program.batches.entries()) {
    const batch = makeBatch(program, plan);
    const before = eager.state();
    // A compiled step happens whole or not at all: so must the eager one that it is held against.
    const wanted = outcomeOf((given) => atomic(() => eager.step(given)), batch);
    const found = outcomeOf(step, batch);
    if ("error" in wanted) {
      errors.push(wanted.error);
      expect(found, `call ${call}`).toEqual(wanted);
      const after = compiled.state();
      for (const [name, numbers] of Object.entries(before))
        expectNear(after[name as keyof typeof after], numbers, relative, `${name} after call ${call}, which threw`);
      // Plain JavaScript is not undone, and runs twice where a compiled step gives up: counters are apart from here on.
      if (eager.world.plain.calls + compiled.world.plain.calls > 0) break;
      continue;
    }
    if ("error" in found) expect.fail(`call ${call} throws compiled: ${found.error}`);
    found.results.forEach((x, i) => {
      expectNear(
        x.toTypedArray(),
        wanted.results[i].toTypedArray(),
        relative,
        `call ${call}, ${["loss", "prediction"][i]}`,
      );
    });
    const after = compiled.state();
    for (const [name, numbers] of Object.entries(eager.state()))
      expectNear(after[name as keyof typeof after], numbers, relative, `${name} after call ${call}`);
  }
  return errors;
}

/** Fits the program's model to its batches, one after another in each epoch. */
async function fitted(program: TrainingProgram, compiled: boolean) {
  const model = new ProgramModel(program);
  const names = Object.keys(compiledLosses);
  const { loss, metrics, targets } = compiledLosses[names[(program.choice + program.classes) % names.length]];
  model.compile({ optimizer: makeOptimizer(program, model.world), loss: loss as never, metrics: metrics as never });
  const batches = program.batches.map((plan) => makeBatch(program, plan));
  const all = (of: (batch: Batch) => Tensor) => concat(batches.map(of), 0);
  const inputs = [all(({ x }) => x), all(({ labels }) => labels), all(({ ids }) => ids), all(({ numbers }) => numbers)];
  const options = {
    ...({ batchSize: program.rows, epochs: 3, shuffle: false, verbose: 0, jit: compiled } as const),
    ...(program.weighted ? { sampleWeight: all(({ weights }) => weights) } : {}),
  };
  let error = "none";
  try {
    await model.fit(
      [...inputs, all(({ mask }) => mask)] as never,
      all((batch) => targets(batch, program.classes)) as never,
      options,
    );
  } catch (thrown) {
    error = `${(thrown as Error).name}: ${(thrown as Error).message}`;
  }
  const state = { ...model.world.parameters, average: model.world.average };
  return {
    error,
    history: model.history?.history ?? {},
    state: Object.entries(state).map(([name, p]) => [name, p.toTypedArray()] as const),
  };
}

async function compareFits(program: TrainingProgram): Promise<string> {
  const [eager, compiled] = [await fitted(program, false), await fitted(program, true)];
  expect(compiled.error).toBe(eager.error);
  const relative = program.dtype === "float64" ? 1e-7 : 5e-3;
  for (const [name, numbers] of Object.entries(eager.history as Record<string, number[]>))
    expectNear((compiled.history as Record<string, number[]>)[name], numbers, relative, `history of ${name}`);
  eager.state.forEach(([name, numbers], i) => {
    expectNear(compiled.state[i][1], numbers, relative, `${name} after fit`);
  });
  return eager.error;
}

// Of losses that become NaN, and of what goes on uncompiled.
beforeEach(() => {
  vi.spyOn(console, "warn").mockImplementation(() => {});
});
afterEach(() => {
  vi.restoreAllMocks();
});

describe(`random training programs, seed ${seed}`, () => {
  it("leave the same compiled and eager, and throw the same", limit, () => {
    const errors = new Set<string>();
    fc.assert(
      fc.property(trainingPrograms, (program) => {
        for (const error of compare(program)) errors.add(error);
      }),
      runs(30),
    );
    expect(errors.size).toBeGreaterThan(3);
  });

  it("leave the same when they are models that are fitted", limit, async () => {
    const errors = new Set<string>();
    await fc.assert(
      fc.asyncProperty(trainingPrograms, async (program) => {
        errors.add(await compareFits(program));
      }),
      runs(12),
    );
    expect(errors.size).toBeGreaterThan(2);
  });
});
