/**
 * What `fit` says of a training that cannot work, and that saying it changes nothing.
 */
import { defaultGenerator, manualSeed, randn, type Tensor, tensor } from "@chainrule/core";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { BatchNorm, Dense, Dropout, type FitOptions, LSTM, Model, Sequential } from "../index.ts";

const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
const said = () => warn.mock.calls.map(([line]) => String(line));

beforeEach(() => {
  manualSeed(1);
});
afterEach(() => {
  warn.mockClear();
});

const labels = () => tensor([0, 1, 2, 0, 1, 2, 1, 0], { dtype: "int32" });

function wrong() {
  const model = new Sequential([new Dense({ units: 3, inputDim: 4, activation: "softmax" })]);
  model.compile({ optimizer: "adam", loss: "crossEntropy" });
  return model;
}

describe("fit", () => {
  it("says what is wrong once, in one line, with layer and line", async () => {
    const model = wrong();
    await model.fit(randn([8, 4]), labels(), { epochs: 5, batchSize: 2, verbose: 0 });
    await model.fit(randn([8, 4]), labels(), { epochs: 5, batchSize: 2, verbose: 0 });
    expect(said().length).toBe(1);
    expect(said()[0]).toMatch(
      /^fit: softmax-before-logits-loss, layer "dense" \(Dense\), at .*fit-diagnosis\.test\.ts:\d+:\d+: .*diagnose: false/,
    );
    expect(said()[0]).not.toContain("\n");
  });

  it("says nothing with diagnose: false, nor of a sound model", async () => {
    await wrong().fit(randn([8, 4]), labels(), { diagnose: false, verbose: 0 });
    const sound = new Sequential([new Dense({ units: 3, inputDim: 4, activation: "softmax" })]);
    sound.compile({ optimizer: "adam", loss: "sparse_categorical_crossentropy" });
    await sound.fit(randn([8, 4]), labels(), { verbose: 0 });
    expect(said()).toEqual([]);
  });

  it("says what is known of the cause where the first step throws", async () => {
    const model = new Sequential([new Dense({ units: 1, inputDim: 4 })]);
    model.compile({ optimizer: "adam", loss: "binary_crossentropy" });
    await expect(model.fit(randn([8, 4]), labels().cast("float32").div(2), { verbose: 0 })).rejects.toThrow(
      /probabilities/,
    );
    expect(said()[0]).toContain("logits-into-probability-loss");
  });

  it("names the line of the user's forward", async () => {
    class Net extends Model {
      fc = new Dense({ units: 3, inputDim: 4 });
      forward(x: Tensor) {
        return this.fc.call(x).softmax();
      }
    }
    const net = new Net();
    net.compile({ optimizer: "adam", loss: "crossEntropy" });
    await net.fit(randn([8, 4]), labels(), { verbose: 0 });
    expect(said()[0]).toMatch(/model "net" \(Net\), at .*fit-diagnosis\.test\.ts:\d+:\d+/);
  });

  it.each<[string, () => Sequential]>([
    [
      "dropout and batch normalisation",
      () =>
        new Sequential([new Dense({ units: 8, activation: "relu" }), new BatchNorm(), new Dropout(0.3), new Dense(3)]),
    ],
    ["what is wrong", () => new Sequential([new Dense({ units: 3, activation: "softmax" }), new Dropout(0.5)])],
    ["recurrence", () => new Sequential([new Dense({ units: 5 }), new LSTM({ units: 4 }), new Dense(3)])],
  ])("is the same to the last bit with and without: %s", async (name, make) => {
    const train = async (options: FitOptions) => {
      manualSeed(3);
      const x = name === "recurrence" ? randn([8, 3, 4]) : randn([8, 4]);
      const model = make();
      model.compile({ optimizer: "adam", loss: "crossEntropy", metrics: ["accuracy"] });
      const { history } = await model.fit(x, labels(), { epochs: 200, batchSize: 4, verbose: 0, ...options });
      return JSON.stringify([history, model.stateDict(), model.optimizer.stateDict(), defaultGenerator().state]);
    };
    expect(await train({})).toBe(await train({ diagnose: false }));
  });

  it("runs the user's functions as often as without", async () => {
    const count = async (diagnose: boolean) => {
      manualSeed(1);
      let [calls, losses] = [0, 0];
      class Net extends Model {
        fc = new Dense({ units: 3, inputDim: 4 });
        forward(x: Tensor) {
          calls++;
          return this.fc.call(x);
        }
      }
      const net = new Net();
      net.compile({
        loss: (p, t) => {
          losses++;
          return p.sub(t).square();
        },
      });
      await net.fit(randn([8, 4]), randn([8, 3]), { epochs: 30, jit: false, verbose: 0, diagnose });
      return [calls, losses];
    };
    expect(await count(true)).toEqual(await count(false));
  });
});
