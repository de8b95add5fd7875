/**
 * A training whose structure has been compiled in this process compiles nothing: a second model, the runs of a sweep, the folds of
 * a cross-validation. Counted, not timed.
 */
import {
  Adam,
  Dense,
  Dropout,
  Generator,
  kFold,
  manualSeed,
  ones,
  randn,
  Sequential,
  sweep,
  type Tensor,
  takeRows,
} from "chainrule";
import { afterAll, beforeAll, expect, it, vi } from "vitest";

const host = (globalThis as unknown as { WebAssembly: { Module: () => object } }).WebAssembly;
let compiled: ReturnType<typeof vi.spyOn>;
beforeAll(() => {
  compiled = vi.spyOn(host, "Module");
});
afterAll(() => compiled.mockRestore());

/** How many modules are compiled meanwhile. */
async function modulesOf(work: () => Promise<unknown>): Promise<number> {
  const before = compiled.mock.calls.length;
  await work();
  return compiled.mock.calls.length - before;
}

const generator = new Generator(1);
const x = randn([24, 3], { generator });
const y = x.sum(1, { keepDims: true }).greater(0).cast("float32");

async function train(seed: number, units = 5, inputs: readonly [Tensor, Tensor] = [x, y], lr = 0.01): Promise<number> {
  manualSeed(seed);
  const model = new Sequential([
    new Dense({ units, inputDim: 3, activation: "tanh" }),
    new Dropout({ rate: 0.1 }),
    new Dense({ units: 1, activation: "sigmoid" }),
  ]);
  model.compile({ optimizer: new Adam({ lr }), loss: "binary_crossentropy", metrics: ["accuracy"] });
  await model.fit(...inputs, { epochs: 3, batchSize: 8, verbose: 0 });
  const { loss } = await model.evaluate(...inputs);
  expect(model.predict(ones([2, 3])).shape).toEqual([2, 1]);
  return loss as number;
}

it("a second model of the same shape compiles nothing, and trains to its own numbers", async () => {
  let first = 0;
  expect(await modulesOf(async () => (first = await train(1)))).toBeGreaterThan(0);
  expect(await modulesOf(async () => expect(await train(2)).not.toBe(first))).toBe(0);
  expect(await modulesOf(async () => expect(await train(1)).toBe(first))).toBe(0);
});

it("one of another shape is compiled, once", async () => {
  expect(await modulesOf(() => train(1, 6))).toBeGreaterThan(0);
  expect(await modulesOf(() => train(2, 6))).toBe(0);
});

it("the runs of a sweep compile nothing after the first", async () => {
  await train(1, 7);
  const took = await modulesOf(() =>
    sweep({ seed: [1, 2, 3] }, ({ seed }) => train(seed, 7), { parallel: false, verbose: 0 }),
  );
  expect(took).toBe(0);
});

it("nor do those with other learning rates", async () => {
  await train(1, 8);
  expect(await modulesOf(() => train(1, 8, [x, y], 0.02))).toBe(0);
});

it("the folds of a cross-validation compile nothing after the first", async () => {
  const folds = kFold(24, { nSplits: 3 }).map(({ train: rows }) => rows);
  const took: number[] = [];
  for (const rows of folds) {
    took.push(await modulesOf(() => train(1, 9, [takeRows(x, rows), takeRows(y, rows)])));
  }
  expect(took[0]).toBeGreaterThan(0);
  expect(took.slice(1)).toEqual([0, 0]);
});
