import { jit } from "@chainrule/compiler";
import { DataError, OptionError, parameter, type Tensor, tensor, ValueError, zeros } from "@chainrule/core";
import { averagedWeights, bothDTypes, expectClose } from "@chainrule/testing";
import { describe, expect, it } from "vitest";
import { AveragedModel, Dense, Linear, Sequential, SGD } from "../index.ts";

const model = (dtype: "float32" | "float64" = "float64") => new Linear(2, 1, { bias: false, dtype });

describe.each(bothDTypes)("averages in %s", (dtype) => {
  const cases = averagedWeights().flatMap((one) => [false, true].map((compiled) => ({ ...one, compiled })));
  it.each(cases)("are PyTorch's: decay $decay, compiled: $compiled", ({ decay, values, averages, compiled }) => {
    const linear = model(dtype);
    const averaged = new AveragedModel(linear, { decay: decay ?? undefined });
    const update = (value: Tensor) => {
      linear.weight.assign(value.reshape(linear.weight.shape));
      averaged.update();
    };
    const run = compiled ? jit(update) : update;
    values.forEach((value, i) => {
      run(tensor(value, { dtype }));
      const [average] = Object.values(averaged.averages());
      expectClose(average.reshape([2]), { shape: [2], data: averages[i] }, { dtype, what: `update ${i + 1}` });
    });
    expect(averaged.nAveraged).toBe(5);
  });
});

describe("AveragedModel", () => {
  /** A weight of 1, then 3; their mean is 2. */
  const trained = () => {
    const linear = model();
    const averaged = new AveragedModel(linear);
    for (const value of [1, 3]) {
      linear.weight.assign(zeros(linear.weight.shape).add(value));
      averaged.update();
    }
    return { linear, averaged };
  };
  const x = tensor([[1, 0]], { dtype: "float64" });

  it("lends the averages to the model, and puts the weights back, after errors and promises too", async () => {
    const { linear, averaged } = trained();
    expect(averaged.use(() => linear.call(x).item())).toBe(2);
    expect(linear.call(x).item()).toBe(3);
    expect(() =>
      averaged.use(() => {
        throw new Error("no");
      }),
    ).toThrow("no");
    expect(linear.call(x).item()).toBe(3);
    const later = averaged.use(async () => {
      await null;
      return averaged.use(() => linear.call(x).item());
    });
    expect(linear.call(x).item()).toBe(2);
    expect(await later).toBe(2);
    expect(linear.call(x).item()).toBe(3);
    averaged.copyTo();
    expect(linear.call(x).item()).toBe(2);
  });

  it("is the model before the first update, and takes weights in that come later", () => {
    const later = new Sequential([new Dense({ units: 1, dtype: "float64" })]);
    const averaged = new AveragedModel(later, { decay: 0.5 });
    expect(averaged.averages()).toEqual({});
    averaged.update();
    later.call(x);
    averaged.update();
    expect(averaged.use(() => later.call(x).item())).toBe(later.call(x).item());
  });

  it("goes on from its state", () => {
    const { averaged } = trained();
    const linear = model();
    const copy = new AveragedModel(linear);
    copy.loadStateDict(averaged.stateDict());
    linear.weight.assign(zeros(linear.weight.shape).add(8));
    copy.update();
    expect([copy.nAveraged, copy.use(() => linear.call(x).item())]).toEqual([3, 4]);
    const state = averaged.stateDict();
    expect(() => new AveragedModel(new Linear(3, 1)).loadStateDict(state)).toThrow(DataError);
    expect(() => copy.loadStateDict({ ...state, count: -1 })).toThrow(DataError);
    expect(copy.nAveraged).toBe(3);
  });

  it("refuses what has no weights to average", async () => {
    expect(() => new AveragedModel([parameter(1)] as never)).toThrow(OptionError);
    expect(() => new AveragedModel(model(), { decay: 1.5 })).toThrow(ValueError);
    expect(() => new AveragedModel(model(), { momentum: 0.9 } as never)).toThrow(/"momentum"/);
    const other = new Sequential([new Dense({ units: 1, inputDim: 1 })]).compile({ optimizer: new SGD(), loss: "mse" });
    const fit = other.fit([[1]], [[1]], { callbacks: [new AveragedModel(model())], verbose: 0 });
    await expect(fit).rejects.toThrow(/its own model's training/);
  });
});
