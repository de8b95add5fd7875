import { Generator, manualSeed, randn, tensor } from "@chainrule/core";
import { backend, setBackend } from "@chainrule/core/internal";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Adam, Dense, Sequential } from "../index.ts";
import { loadCompiler } from "./compiler.ts";
import { callsBefore, tiers } from "./tiers.ts";

const inForce = tiers.callsBefore;
const own = backend;
afterEach(() => {
  tiers.callsBefore = inForce;
  setBackend(own);
});

describe("after how many calls a step is compiled", () => {
  it("is many for a toy, and one for a step of which compiling saves milliseconds", () => {
    expect(callsBefore({ ops: 60, numbers: 300 })).toBeGreaterThan(10);
    expect(callsBefore({ ops: 60, numbers: 1e6 })).toBe(1);
    expect(callsBefore({ ops: 2000, numbers: 2000 })).toBe(1);
    expect(callsBefore({ ops: 0, numbers: 0 })).toBeGreaterThan(100);
  });

  it("is fewer the more a call computes", () => {
    const calls = [100, 10_000, 100_000, 1e6].map((numbers) => callsBefore({ ops: 50, numbers }));
    expect(calls).toEqual(calls.toSorted((a, b) => b - a));
    expect(new Set(calls).size).toBe(4);
  });
});

const x = randn([48, 4], { generator: new Generator(1) });
const y = x.sum(-1).tanh().unsqueeze(-1);

/** Weights and losses of a training of three batches an epoch. */
async function trained(options: object = {}) {
  manualSeed(3);
  const model = new Sequential([new Dense({ units: 8, activation: "tanh" }), new Dense({ units: 1 })]);
  model.compile({ optimizer: new Adam({ lr: 0.01 }), loss: "mse" });
  const { history } = await model.fit(x, y, { epochs: 8, batchSize: 16, verbose: 0, ...options });
  return { model, bits: Object.values(model.stateDict()).map((value) => value.toTypedArray()), loss: history.loss };
}

/** Notes what is compiled, and how. */
function compilations() {
  const compile = vi.fn(own!.compile!);
  setBackend({ ...own!, compile: compile as unknown as NonNullable<typeof own>["compile"] });
  return compile;
}

describe("fit", () => {
  it("never compiles a toy that takes a few steps", async () => {
    tiers.callsBefore = callsBefore;
    const compile = compilations();
    const { bits } = await trained({ epochs: 2 });
    expect(compile).not.toHaveBeenCalled();
    expect(bits).toEqual((await trained({ epochs: 2, jit: false })).bits);
  });

  it("runs uncompiled for a while, and compiled from then on", async () => {
    tiers.callsBefore = () => 10;
    const [tiered, plain] = [await trained(), await trained({ jit: false })];
    // Nine steps in three epochs, the tenth in the fourth.
    expect(tiered.loss.slice(0, 3)).toEqual(plain.loss.slice(0, 3));
    expect(tiered.bits).not.toEqual(plain.bits);
    tiered.loss.forEach((loss, epoch) => {
      expect(loss).toBeCloseTo(plain.loss[epoch], 5);
    });
  });

  it("computes the same where the compiler is there, and where it has to be loaded", async () => {
    tiers.callsBefore = () => 10;
    const { bits } = await trained();
    const { compile, ...without } = own!;
    setBackend(without);
    expect((await trained()).bits).toEqual(bits);
    await loadCompiler();
    expect((await trained()).bits).toEqual(bits);
  });

  it("computes the same as it did before", async () => {
    tiers.callsBefore = () => 10;
    expect((await trained()).bits).toEqual((await trained()).bits);
  });
});

describe("predict and evaluate", () => {
  it("compile what comes often enough", async () => {
    const { model } = await trained({ jit: false });
    const many = tensor(Float32Array.from({ length: 400 }, (_, i) => Math.sin(i))).reshape([100, 4]);
    const compile = compilations();
    tiers.callsBefore = () => 6;
    const [few, plain] = [true, false].map((jit) => model.predict(many, { batchSize: 20, jit }));
    expect(compile).not.toHaveBeenCalled();
    expect(few.toTypedArray()).toEqual(plain.toTypedArray());
    model.predict(many, { batchSize: 10 });
    expect(compile).toHaveBeenCalledTimes(1);
    await model.evaluate(many, many.sum(-1).unsqueeze(-1), { batchSize: 20 });
    expect(compile).toHaveBeenCalledTimes(1);
    await model.evaluate(many, many.sum(-1).unsqueeze(-1), { batchSize: 10 });
    expect(compile).toHaveBeenCalledTimes(2);
  });

  it("go on uncompiled in predict, which cannot wait, where the compiler would have to be loaded", async () => {
    const { model } = await trained({ jit: false });
    const plain = model.predict(x, { batchSize: 4, jit: false });
    const { compile, ...without } = own!;
    setBackend(without);
    await loadCompiler();
    expect(model.predict(x, { batchSize: 4 }).toTypedArray()).toEqual(plain.toTypedArray());
  });
});
