/**
 * What `fit` is fed, and how targets meet outputs.
 */
import { type Tensor, tensor } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { column, line, lineByHand, x, y } from "../../test/line.ts";
import { Dense, type History, Sequential, SGD } from "../index.ts";

describe("data", () => {
  const inputs = column(x);
  const wanted = lineByHand(x, y, [[0, 1], [2, 3], [4]], 0.01);
  const batches = (): [number[][], number[]][] => [
    [inputs.slice(0, 2), y.slice(0, 2)],
    [inputs.slice(2, 4), y.slice(2, 4)],
    [inputs.slice(4), y.slice(4)],
  ];
  const trained = async (fit: (model: Sequential) => Promise<History>) => {
    const { model, weight } = line(0.01);
    await fit(model);
    return weight();
  };
  const options = { batchSize: 2, shuffle: false };

  it("may be arrays, typed arrays and tensors", async () => {
    expect(await trained((m) => m.fit(inputs, y, options))).toBeCloseTo(wanted, 6);
    expect(await trained((m) => m.fit(tensor(inputs), Float32Array.from(y), options))).toBeCloseTo(wanted, 6);
    expect(await trained((m) => m.fit(tensor(inputs), tensor(column(y)), options))).toBeCloseTo(wanted, 6);
  });

  it("may be a list of batches, also as tensors", async () => {
    expect(await trained((m) => m.fit(batches()))).toBeCloseTo(wanted, 6);
    const tensors = batches().map(([a, b]) => [tensor(a), tensor(b)] as const);
    expect(await trained((m) => m.fit(tensors))).toBeCloseTo(wanted, 6);
  });

  it("may be anything that iterates over batches, also asynchronously", async () => {
    function* sync() {
      yield* batches();
    }
    async function* async() {
      for (const batch of batches()) {
        await new Promise((resolve) => setTimeout(resolve, 1));
        yield batch;
      }
    }
    expect(await trained((m) => m.fit(sync()))).toBeCloseTo(wanted, 6);
    expect(await trained((m) => m.fit(async()))).toBeCloseTo(wanted, 6);
    expect(await trained((m) => m.fit(new Set(batches())))).toBeCloseTo(wanted, 6);
  });

  it("may be a function that starts anew in each epoch", async () => {
    let started = 0;
    function* make() {
      started++;
      yield* batches();
    }
    const { model } = line();
    const { epochs } = await model.fit(make, { epochs: 3 });
    expect([started, epochs]).toEqual([3, [0, 1, 2]]);
  });

  it("may carry weights in its batches", async () => {
    const weighted = batches().map(([a, b], i) => [a, b, b.map(() => i)] as const);
    const byHand = lineByHand(x, y, [[0, 1], [2, 3], [4]], 0.01, [0, 0, 1, 1, 2]);
    expect(await trained((m) => m.fit(weighted))).toBeCloseTo(byHand, 6);
  });

  it("goes on where it was with stepsPerEpoch, and starts over where it ends", async () => {
    const seen: number[] = [];
    const { model } = line(0);
    const spy = (_: Tensor, target: Tensor) => {
      seen.push(target.toTypedArray()[0]);
      return 0;
    };
    model.compile({ optimizer: new SGD({ lr: 0 }), loss: "mse", metrics: [spy] });
    await model.fit(batches(), { epochs: 2, stepsPerEpoch: 2 });
    expect(seen).toEqual([2, 4, 6, 2]);
    seen.length = 0;
    await model.fit(inputs, y, { ...options, epochs: 2, stepsPerEpoch: 2 });
    expect(seen).toEqual([2, 4, 6, 2]);
  });

  it("is tidied up where it is not read to its end", async () => {
    let closed = 0;
    async function* endless() {
      try {
        for (;;) yield batches()[0];
      } finally {
        closed++;
      }
    }
    const { model } = line();
    await model.fit(endless, { epochs: 2, stepsPerEpoch: 3 });
    expect(closed).toBe(1);
    const stop = {
      onBatchEnd() {
        model.stopTraining = true;
      },
    };
    await model.fit(endless, { callbacks: [stop] });
    expect(closed).toBe(2);
  });
});

describe("targets", () => {
  it("[n] will do for outputs [n, 1], without ever broadcasting", async () => {
    const [flat, full] = [line(0.01), line(0.01)];
    await flat.model.fit(column(x), y, { shuffle: false });
    await full.model.fit(column(x), column(y), { shuffle: false });
    expect(flat.weight()).toBe(full.weight());
  });

  it("may be truth values", async () => {
    const model = new Sequential([new Dense({ units: 1, inputDim: 1, activation: "sigmoid" })]);
    model.compile({ optimizer: "sgd", loss: "binary_crossentropy", metrics: ["accuracy"] });
    const { history } = await model.fit(column([-1, 1]), [false, true]);
    expect(history.loss[0]).toBeGreaterThan(0);
  });
});

describe("the digits of plain numbers", () => {
  it("are all kept where the model is in float64, whether its weights are made yet or not", async () => {
    for (const inputDim of [1, undefined]) {
      const seen: number[] = [];
      const model = new Sequential([
        new Dense({ units: 1, inputDim, dtype: "float64", useBias: false, kernelInitializer: "ones" }),
      ]);
      const spy = (prediction: Tensor, target: Tensor) => {
        seen.push(prediction.item(), target.item());
        return 0;
      };
      model.compile({ optimizer: new SGD({ lr: 0 }), loss: "mse", metrics: [spy] });
      await model.fit([[0.1]], [0.3]);
      await model.fit([[[[0.1]], [0.3]]]);
      expect(seen).toEqual([0.1, 0.3, 0.1, 0.3]);
      expect(model.predict([[0.1]]).item()).toBe(0.1);
    }
  });
});
