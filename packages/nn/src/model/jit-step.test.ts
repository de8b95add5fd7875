import { Generator, manualSeed, randn, type Tensor, tensor, ValueError, where } from "@chainrule/core";
import { afterEach, describe, expect, it, vi } from "vitest";
import { BatchNorm, Dense, Dropout, Sequential } from "../index.ts";

const x = randn([50, 4], { generator: new Generator(1) });
const labels = tensor(
  Array.from({ length: 50 }, (_, i) => i % 3),
  { dtype: "int32" },
);

const layers = () => [
  new Dense({ units: 8, activation: "tanh", kernelRegularizer: "l2" }),
  new BatchNorm(),
  new Dropout(0.2),
  new Dense({ units: 3 }),
];

async function train(jit: boolean, more: object = {}) {
  manualSeed(4);
  const model = new Sequential(layers());
  model.compile({ optimizer: "adam", loss: "crossEntropy", metrics: ["accuracy"] });
  // 50 samples in batches of 16: three of one shape and a smaller one.
  const { history } = await model.fit(x, labels, { epochs: 6, batchSize: 16, validationSplit: 0.2, jit, ...more });
  return { model, history };
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe("fit with compiled steps", () => {
  it("learns what it learns without, dropout and shuffling included", async () => {
    const warned = vi.spyOn(console, "warn");
    const [compiled, plain] = [await train(true), await train(false)];
    expect(Object.keys(compiled.history)).toEqual(Object.keys(plain.history));
    for (const [name, values] of Object.entries(plain.history))
      values.forEach((value, epoch) => {
        expect(compiled.history[name][epoch], `${name}, epoch ${epoch}`).toBeCloseTo(value, 4);
      });
    const expected = plain.model.stateDict();
    for (const [name, value] of Object.entries(compiled.model.stateDict()))
      expect(value.sub(expected[name]).abs().max().item(), name).toBeLessThan(1e-4);
    expect(warned).not.toHaveBeenCalled();
  });

  it("predicts and evaluates alike", async () => {
    const { model } = await train(true);
    const many = randn([100, 4], { generator: new Generator(2) });
    const [fast, plain] = [true, false].map((jit) => model.predict(many, { batchSize: 16, jit }));
    expect(fast.sub(plain).abs().max().item()).toBeLessThan(1e-5);
    const [a, b] = [await model.evaluate(x, labels, { batchSize: 8 }), await model.evaluate(x, labels, { jit: false })];
    expect(a.loss).toBeCloseTo(b.loss, 5);
    expect(a.accuracy).toBeCloseTo(b.accuracy, 10);
  });

  it("still looks at every batch's targets", async () => {
    const wrong = tensor(
      Array.from({ length: 50 }, (_, i) => (i === 40 ? 3 : i % 3)),
      { dtype: "int32" },
    );
    const model = new Sequential([new Dense({ units: 3 })]);
    model.compile({ loss: "crossEntropy" });
    const fitting = model.fit(x, wrong, { batchSize: 10, shuffle: false });
    await expect(fitting).rejects.toThrow(ValueError);
    await expect(fitting).rejects.toThrow(/epoch 1, batch 5: .*labels/);
  });

  it("goes on uncompiled where a layer reads numbers, and says so once", async () => {
    const warned = vi.spyOn(console, "warn").mockImplementation(() => {});
    const peeks = (h: Tensor) => (h.sum().item() > 0 ? h : h.mul(2));
    const model = new Sequential([new Dense({ units: 3 }), peeks]);
    model.compile({ loss: "crossEntropy" });
    const { history } = await model.fit(x, labels, { epochs: 3, batchSize: 10 });
    expect(history.loss).toHaveLength(3);
    expect(warned).toHaveBeenCalledTimes(1);
    expect(warned.mock.calls[0][0]).toMatch(/^fit goes on uncompiled.*\n?.*item\(\)|^fit goes on uncompiled/s);
  });

  it("takes functions as losses and layers", async () => {
    const warned = vi.spyOn(console, "warn");
    const model = new Sequential([new Dense({ units: 1 }), (h: Tensor) => where(h.greater(0), h, h.mul(0.1))]);
    const loss = (p: Tensor, t: Tensor) => p.sub(t).square().mean();
    model.compile({ loss });
    const { history } = await model.fit(x, labels.cast("float32").reshape(-1, 1), { epochs: 20, batchSize: 10 });
    expect(history.loss.at(-1)).toBeLessThan(history.loss[0]);
    expect(warned).not.toHaveBeenCalled();
  });
});
