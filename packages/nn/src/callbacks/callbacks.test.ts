/**
 * The callbacks: when they are called, what they see, and what they do to training.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DataError, OptionError, type Tensor, ValueError } from "@chainrule/core";
import { afterAll, describe, expect, it } from "vitest";
import { column, line, x, y } from "../../test/line.ts";
import {
  Callback,
  CSVLogger,
  Dense,
  EarlyStopping,
  type Hooks,
  LambdaCallback,
  LearningRateScheduler,
  type Logs,
  Metric,
  type MetricFunction,
  Model,
  ReduceLROnPlateau,
  SGD,
  TerminateOnNaN,
} from "../index.ts";

const inputs = column(x);

/** Says what `val_loss` is in each epoch, before other callbacks look. */
function scripted(values: readonly number[], name = "val_loss"): Hooks {
  return {
    onEpochEnd(epoch, logs) {
      logs[name] = values[epoch];
    },
  };
}

const train = async (callbacks: readonly Hooks[], epochs: number, model = line(0.001).model) =>
  await model.fit(inputs, y, { epochs, callbacks, batchSize: 2, shuffle: false });

describe("hooks", () => {
  const recorder = (told: string[]) =>
    ({
      onTrainBegin: () => void told.push("train"),
      onTrainEnd: (logs: Logs) => void told.push(`trained ${Object.keys(logs)}`),
      onEpochBegin: (epoch: number) => void told.push(`epoch ${epoch}`),
      onEpochEnd: (epoch: number, logs: Logs) => void told.push(`epoch ${epoch} ${Object.keys(logs)}`),
      onBatchBegin: (batch: number) => void told.push(`batch ${batch}`),
      onBatchEnd: (batch: number, { size }: { size: number }) => void told.push(`batch ${batch} of ${size}`),
    }) satisfies Hooks;
  const expected = [
    "train",
    "epoch 3",
    ...["batch 0", "batch 0 of 2", "batch 1", "batch 1 of 2", "batch 2", "batch 2 of 1"],
    "epoch 3 loss",
    "trained loss",
  ];

  it("are called in order, of plain objects, functions and classes alike", async () => {
    class Recorder extends Callback {}
    for (const make of [
      (told: string[]) => recorder(told),
      (told: string[]) => new LambdaCallback(recorder(told)),
      (told: string[]) => Object.assign(new Recorder(), recorder(told)),
    ]) {
      const told: string[] = [];
      const options = { batchSize: 2, epochs: 4, initialEpoch: 3, callbacks: [make(told)] };
      await line().model.fit(inputs, y, options);
      expect(told).toEqual(expected);
    }
  });

  it("are waited for where they return promises, in the order of the callbacks", async () => {
    const told: string[] = [];
    const slow = (name: string) => ({
      async onBatchEnd(batch: number) {
        await new Promise((resolve) => setTimeout(resolve, 2));
        told.push(name + batch);
      },
    });
    await train([slow("a"), slow("b")], 1);
    expect(told).toEqual(["a0", "b0", "a1", "b1", "a2", "b2"]);
  });

  it("see the loss of each batch alone, and what they add to an epoch's logs is in the history", async () => {
    const losses: number[] = [];
    const callback: Hooks = {
      onBatchEnd: (_, logs) => void losses.push(logs.loss),
      onEpochEnd(epoch, logs) {
        logs.custom = epoch * 10;
      },
    };
    const { history } = await train([callback], 2, line(0).model);
    expect(losses.slice(0, 3)).toEqual([(4 + 1) / 2, (16 + 9) / 2, 36]);
    expect(history.custom).toEqual([0, 10]);
  });

  it("know the model", async () => {
    class Curious extends Callback {
      seen: unknown = null;
      override onTrainBegin() {
        this.seen = this.model;
      }
    }
    const callback = new Curious();
    expect(() => callback.model).toThrow(ValueError);
    const { model } = line();
    await train([callback], 1, model);
    expect(callback.seen).toBe(model);
  });

  it("that do not exist are refused", () => {
    expect(() => new LambdaCallback({ onEpochEnded() {} } as Hooks)).toThrow(/Did you mean "onEpochEnd"/);
  });
});

describe("what a training cannot have", () => {
  it("is known before its first batch", async () => {
    const { model, weight } = line(0.1, ["mae"]);
    const refused = (callback: Hooks) => expect(model.fit(inputs, y, { callbacks: [callback] })).rejects;
    await refused(new EarlyStopping()).toThrow(/validationSplit or validationData, or monitor one of: loss, mae/);
    await refused(new EarlyStopping({ monitor: "mea" })).toThrow(/Did you mean "mae"/);
    await refused(new ReduceLROnPlateau({ monitor: "val_mae" })).toThrow(/validationSplit/);
    await refused(3 as never).toThrow(/callbacks, or objects of hooks/);
    expect([weight(), model.history]).toEqual([0, null]);
    model.compile({ optimizer: new SGD({ lr: () => 0.1 }), loss: "mse" });
    for (const callback of [new ReduceLROnPlateau({ monitor: "loss" }), new LearningRateScheduler(() => 0.2)])
      await refused(callback).toThrow(
        /whose learning rate is a number, to set it, got SGD with one that follows a sch/,
      );
    expect([weight(), model.history]).toEqual([0, null]);
  });

  it("is a callback that another training has, or that is there twice", async () => {
    const stopping = new EarlyStopping({ monitor: "loss" });
    const [a, b] = [line(0).model, line(0).model];
    const slow: Hooks = { onBatchEnd: () => Promise.resolve() };
    const first = a.fit(inputs, y, { epochs: 2, callbacks: [stopping, slow] });
    await expect(b.fit(inputs, y, { callbacks: [stopping] })).rejects.toThrow(/got EarlyStopping in use already/);
    await first;
    expect(stopping.model).toBe(a);
    await expect(b.fit(inputs, y, { callbacks: [stopping, stopping] })).rejects.toThrow(/each callback once/);
    await b.fit(inputs, y, { callbacks: [stopping] });
    expect(stopping.model).toBe(b);
  });
});

describe("EarlyStopping", () => {
  const stopped = async (options: object, values: number[], name = "val_loss") => {
    const stopping = new EarlyStopping(options);
    const history = await train([scripted(values, name), stopping], values.length);
    return { stopping, epochs: history.epochs.length, reason: history.stopReason };
  };

  it("ends after the first epoch that is no better, without patience", async () => {
    const { epochs, reason, stopping } = await stopped({}, [3, 2, 2, 1]);
    expect([epochs, stopping.best, stopping.bestEpoch]).toEqual([3, 2, 1]);
    expect(reason).toBe("val_loss did not improve after epoch 2");
  });

  it("waits for as many epochs as it has patience, and starts over with each improvement", async () => {
    expect((await stopped({ patience: 2 }, [3, 4, 2, 4, 4, 0])).epochs).toBe(5);
    expect((await stopped({ patience: 9 }, [3, 4, 5])).epochs).toBe(3);
  });

  it("takes only changes above minDelta for improvements", async () => {
    expect((await stopped({ minDelta: 0.5 }, [3, 2.6, 1])).epochs).toBe(2);
    expect((await stopped({ minDelta: 0.3 }, [3, 2.6, 1])).epochs).toBe(3);
  });

  it("asks the metric whether more is better, or is told", async () => {
    expect((await stopped({ monitor: "val_accuracy" }, [0.1, 0.2, 0.2, 0.3], "val_accuracy")).epochs).toBe(3);
    expect((await stopped({ monitor: "score", mode: "max" }, [1, 2, 1, 3], "score")).epochs).toBe(3);
    expect((await stopped({ monitor: "score", mode: "min" }, [1, 2, 1], "score")).epochs).toBe(2);
    expect(() => new EarlyStopping({ mode: "maximum" as "max" })).toThrow(OptionError);
  });

  /** Trains on a metric that takes these values, one an epoch. */
  const watching = async (metric: Metric | MetricFunction, monitor: string) => {
    const { model } = line(0);
    model.compile({ optimizer: new SGD({ lr: 0 }), loss: "mse", metrics: [metric] });
    const stopping = new EarlyStopping({ monitor, patience: 1 });
    await model.fit(inputs, y, { epochs: 3, batchSize: 5, callbacks: [stopping], validationData: [inputs, y] });
    return stopping.bestEpoch;
  };

  it("goes by no part of a name: glossy_accuracy has no loss in it", async () => {
    let calls = 0;
    const glossyAccuracy = () => calls++;
    const metric = Object.defineProperty(glossyAccuracy, "name", { value: "glossy_accuracy" });
    await expect(watching(metric, "val_glossy_accuracy")).rejects.toThrow(
      /expected a mode, got "auto" for "val_glossy_accuracy", which does not say whether more is better/,
    );
    expect(calls).toBe(0);
    for (const higherIsBetter of [true, false]) {
      calls = 0;
      expect(await watching(Object.assign(metric, { higherIsBetter }), "val_glossy_accuracy")).toBe(
        higherIsBetter ? 2 : 0,
      );
    }
    class Accuracies extends Metric {
      static seen = 0;
      override readonly higherIsBetter = false;
      constructor() {
        super("accuracies");
      }
      reset() {}
      update() {}
      result() {
        return Accuracies.seen++;
      }
    }
    expect(await watching(new Accuracies(), "accuracies")).toBe(0);
    await expect(
      watching(
        Object.assign(() => 0, { higherIsBetter: "yes" as never }),
        "loss",
      ),
    ).rejects.toThrow(/higherIsBetter as true or false/);
  });

  it("knows the numbers of several outputs, from the start or from the first batch on", async () => {
    class Two extends Model<{ a: Tensor; b: Tensor }> {
      dense = new Dense({ units: 1, inputDim: 1 });
      forward(input: Tensor) {
        const out = this.dense.call(input);
        return { a: out, b: out };
      }
    }
    for (const loss of [{ a: "mse", b: "mse" }, "mse"] as const) {
      const model = new Two().compile({ optimizer: "sgd", loss, metrics: ["mae", "r2"] });
      const targets = { a: column(y), b: column(y) };
      const fit = (monitor: string) =>
        model.fit(inputs, targets, { epochs: 2, callbacks: [new EarlyStopping({ monitor })] });
      for (const monitor of ["a_r2", "b_loss", "loss"]) await expect(fit(monitor)).resolves.toBeTruthy();
      await expect(fit("b_mea")).rejects.toThrow(/Did you mean "b_mae"/);
      await expect(fit("val_b_mae")).rejects.toThrow(/validationSplit or validationData/);
      expect(model.history!.epochs).toEqual([0, 1]);
    }
  });

  it("does not start its patience over below the baseline", async () => {
    expect((await stopped({ patience: 2, baseline: 1 }, [9, 8, 9, 0])).epochs).toBe(3);
    expect((await stopped({ patience: 2, baseline: 9.5 }, [9, 8, 9, 9, 0])).epochs).toBe(4);
  });

  it("takes NaN for no improvement, and starts watching at startFromEpoch", async () => {
    expect((await stopped({}, [Number.NaN, Number.NaN, 1])).epochs).toBe(2);
    expect((await stopped({ startFromEpoch: 2 }, [1, 2, 3, 2, 2])).epochs).toBe(5);
  });

  it("puts the best weights back, whatever ended the training", async () => {
    for (const values of [
      [3, 1, 2, 2],
      [3, 1, 0.5],
    ]) {
      const weights: number[] = [];
      const { model, weight } = line(0.001);
      const record = { onEpochEnd: () => void weights.push(weight()) };
      const stopping = new EarlyStopping({ patience: 2, restoreBestWeights: true });
      await train([scripted(values), stopping, record], values.length, model);
      expect(weight()).toBe(weights[stopping.bestEpoch!]);
      expect(new Set(weights).size).toBe(values.length);
    }
  });

  it("keeps the last weights unless told otherwise, and starts over in the next training", async () => {
    const { model, weight } = line(0.001);
    const stopping = new EarlyStopping();
    let last = 0;
    const record = {
      onEpochEnd() {
        last = weight();
      },
    };
    await train([scripted([1, 2]), stopping, record], 2, model);
    expect(weight()).toBe(last);
    expect((await train([scripted([7, 6, 5]), stopping], 3, model)).epochs.length).toBe(3);
  });

  it("lists what there is for a monitor that is not there", async () => {
    await expect(train([new EarlyStopping()], 2)).rejects.toThrow(
      /a monitor that is in the logs, got "val_loss".*\n.*validationSplit or validationData, or monitor one of: loss/,
    );
    await expect(train([scripted([1]), new EarlyStopping({ monitor: "val_los", mode: "min" })], 1)).rejects.toThrow(
      /Did you mean "val_loss"\? Known: loss, val_loss/,
    );
  });

  it("refuses options that do not exist or are out of range", () => {
    expect(() => new EarlyStopping({ patients: 3 } as object)).toThrow(/Did you mean "patience"/);
    expect(() => new EarlyStopping({ patience: -1 })).toThrow(ValueError);
    expect(() => new EarlyStopping({ minDelta: -1 })).toThrow(ValueError);
  });
});

describe("LearningRateScheduler", () => {
  it("sets the rate for each epoch, and the history has it", async () => {
    const { model } = line(0.5);
    const { history } = await train([new LearningRateScheduler((epoch, lr) => (epoch === 0 ? lr : lr / 2))], 3, model);
    expect(history.lr).toEqual([0.5, 0.25, 0.125]);
    expect(model.optimizer.lr).toBe(0.125);
  });

  it("refuses what is no rate, and what is no function", async () => {
    await expect(train([new LearningRateScheduler(() => -1)], 1)).rejects.toThrow(/at least 0 for epoch 0/);
    await expect(train([new LearningRateScheduler(() => Number.NaN)], 1)).rejects.toThrow(ValueError);
    expect(() => new LearningRateScheduler(0.1 as never)).toThrow(/an option of the optimizer/);
  });

  it("cannot set a rate that follows a schedule of the optimizer", async () => {
    const { model } = line();
    model.compile({ optimizer: new SGD({ lr: () => 0.1 }), loss: "mse" });
    await expect(train([new LearningRateScheduler(() => 0.2)], 1, model)).rejects.toThrow(/follows a schedule/);
  });
});

describe("ReduceLROnPlateau", () => {
  const rates = async (options: object, values: number[]) => {
    const { model } = line(0.5);
    const history = await train([scripted(values), new ReduceLROnPlateau(options)], values.length, model);
    return [...history.history.lr, model.optimizer.lr];
  };

  it("reduces the rate when the number has not improved for as long as its patience", async () => {
    expect(await rates({ factor: 0.5, patience: 2 }, [3, 3, 3, 3, 3])).toEqual([0.5, 0.5, 0.5, 0.25, 0.25, 0.125]);
    expect(await rates({ factor: 0.5, patience: 2 }, [3, 3, 2, 2, 1])).toEqual([0.5, 0.5, 0.5, 0.5, 0.5, 0.5]);
  });

  it("waits during its cooldown, and does not go below minLr", async () => {
    const flat = [3, 3, 3, 3, 3, 3];
    expect(await rates({ factor: 0.5, patience: 1, cooldown: 2 }, flat)).toEqual([
      0.5, 0.5, 0.25, 0.25, 0.125, 0.125, 0.0625,
    ]);
    expect(await rates({ factor: 0.5, patience: 1, minLr: 0.3 }, flat).then((all) => all.at(-1))).toBe(0.3);
  });

  it("takes changes up to 1e-4 for none, by default", async () => {
    expect((await rates({ factor: 0.5, patience: 1 }, [3, 2.99995])).at(-1)).toBe(0.25);
  });

  it("refuses a factor that is no reduction", () => {
    expect(() => new ReduceLROnPlateau({ factor: 1 })).toThrow(ValueError);
    expect(() => new ReduceLROnPlateau({ patience: -1 })).toThrow(ValueError);
    expect(() => new ReduceLROnPlateau({ min_lr: 1 } as object)).toThrow(/Did you mean "minLr"/);
  });
});

describe("TerminateOnNaN", () => {
  it("ends at the first batch whose loss is no finite number, and says which", async () => {
    const { model } = line();
    const samples = column([1, 2, 3, Number.NaN, 5]);
    const history = await model.fit(samples, y, {
      batchSize: 2,
      shuffle: false,
      epochs: 5,
      callbacks: [new TerminateOnNaN()],
    });
    expect(history.stopReason).toBe("the loss was NaN in batch 2");
    expect([history.epochs.length, history.history.loss[0]]).toEqual([1, Number.NaN]);
    const diverging = await line(1e30).model.fit(inputs, y, { epochs: 50, callbacks: [new TerminateOnNaN()] });
    expect(diverging.epochs.length).toBeLessThan(50);
  });
});

describe("CSVLogger", () => {
  const folder = mkdtempSync(join(tmpdir(), "csv-logger-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const read = (path: string) => readFileSync(path, "utf8");

  it("writes a line for each epoch", async () => {
    const path = join(folder, "training.csv");
    const { history } = await train([new CSVLogger(path)], 2);
    expect(read(path)).toBe(`epoch,loss\n0,${history.loss[0]}\n1,${history.loss[1]}\n`);
    await train([new CSVLogger(path, { separator: ";" })], 1, line(0).model);
    expect(read(path)).toBe("epoch;loss\n0;13.2\n");
  });

  it("appends to a file of the same columns, and only to that", async () => {
    const path = join(folder, "appended.csv");
    const logger = new CSVLogger(path, { append: true });
    await train([logger], 1, line(0).model);
    await train([logger], 1, line(0).model);
    expect(read(path)).toBe("epoch,loss\n0,13.2\n0,13.2\n");
    writeFileSync(path, "epoch,loss,accuracy\n");
    await expect(train([logger], 1)).rejects.toThrow(DataError);
    await expect(train([logger], 1)).rejects.toThrow(/the columns epoch,loss, to append to, got epoch,loss,accuracy/);
  });

  const kept: [what: string, before: string, after: string][] = [
    ["without an end of its last line", "epoch,loss\n0,1", "epoch,loss\n0,1\n0,13.2\n"],
    ["of a header alone, without an end of line", "epoch,loss", "epoch,loss\n0,13.2\n"],
    ["with the line ends of Windows", "epoch,loss\r\n0,1\r\n", "epoch,loss\r\n0,1\r\n0,13.2\r\n"],
    ["with these but for the last", "epoch,loss\r\n0,1", "epoch,loss\r\n0,1\r\n0,13.2\r\n"],
    ["with a byte order mark", "\ufeffepoch,loss\n0,1\n", "\ufeffepoch,loss\n0,1\n0,13.2\n"],
    ["with names in quotes", '"epoch","loss"\n0,1\n', '"epoch","loss"\n0,1\n0,13.2\n'],
    ["with its columns in another order", "loss,epoch\n1,0\n", "loss,epoch\n1,0\n13.2,0\n"],
    ["with blank lines at its end", "epoch,loss\n0,1\n\n", "epoch,loss\n0,1\n\n0,13.2\n"],
    ["that is empty", "", "epoch,loss\n0,13.2\n"],
    ["of a blank line", "\n", "epoch,loss\n0,13.2\n"],
  ];

  it.each(kept)("appends to a file %s", async (_what, before, after) => {
    const path = join(folder, "kept.csv");
    writeFileSync(path, before);
    await train([new CSVLogger(path, { append: true })], 1, line(0).model);
    expect(read(path)).toBe(after);
  });

  it("writes names in quotes where they need them, and appends to them", async () => {
    const path = join(folder, "names.csv");
    const names = ['a "b", c', "two\nlines", " blank", "plain"];
    const added: Hooks = {
      onEpochEnd(_epoch, logs) {
        for (const [i, name] of names.entries()) logs[name] = [Number.NaN, Number.NEGATIVE_INFINITY, 3, 4][i];
      },
    };
    const options = { append: true };
    for (let run = 0; run < 2; run++) await train([added, new CSVLogger(path, options)], 1, line(0).model);
    const header = 'epoch,loss,"a ""b"", c","two\nlines"," blank",plain\n';
    expect(read(path)).toBe(`${header}0,13.2,NaN,-Infinity,3,4\n0,13.2,NaN,-Infinity,3,4\n`);
  });

  it("refuses before training begins what it cannot append to or write, and leaves it as it is", async () => {
    const path = join(folder, "refused.csv");
    const refused = async (text: string, message: RegExp) => {
      writeFileSync(path, text);
      const { model, weight } = line(0.1);
      await expect(train([new CSVLogger(path, { append: true })], 1, model)).rejects.toThrow(message);
      expect([read(path), weight(), model.history]).toEqual([text, 0, null]);
    };
    await refused("epoch,loss,val_loss\n0,1,2\n", /the columns epoch,loss, to append to, got epoch,loss,val_loss/);
    await refused("epoch,loss,loss\n", DataError as never);
    await refused("epoch;loss\n0;1\n", /got epoch;loss/);
    await refused("epoch,loss\n0,1\n1", /lines of 2 fields, to append to, got a last one of 1, "1"/);
    const nowhere = join(folder, "nowhere", "training.csv");
    for (const bad of [nowhere, folder]) {
      const { model, weight } = line(0.1);
      await expect(train([new CSVLogger(bad)], 1, model)).rejects.toThrow(/expected a file that can be written/);
      expect(weight()).toBe(0);
    }
  });

  it("says before the line is written what other callbacks' numbers change", async () => {
    const path = join(folder, "late.csv");
    writeFileSync(path, "epoch,loss\n0,1\n");
    const logger = new CSVLogger(path, { append: true });
    await expect(train([scripted([1]), logger], 1)).rejects.toThrow(/columns epoch,loss,val_loss, to append to/);
    expect(read(path)).toBe("epoch,loss\n0,1\n");
    writeFileSync(path, "epoch,accuracy,val_loss\n");
    const { model, weight } = line(0.1);
    await expect(train([scripted([1]), logger], 1, model)).rejects.toThrow(/got epoch,accuracy,val_loss/);
    expect(weight()).toBe(0);
  });

  it("replaces a file when the first epoch has ended, and begins one anew that was taken away", async () => {
    const path = join(folder, "replaced.csv");
    writeFileSync(path, "precious");
    const failing: Hooks = {
      onBatchEnd() {
        throw new ValueError({ where: "test", expected: "no failure", got: "one" });
      },
    };
    await expect(train([new CSVLogger(path), failing], 1)).rejects.toThrow(ValueError);
    expect(read(path)).toBe("precious");
    const taking: Hooks = { onEpochBegin: (epoch) => void (epoch === 1 && rmSync(path)) };
    await train([new CSVLogger(path), taking], 2, line(0).model);
    expect(read(path)).toBe("epoch,loss\n1,13.2\n");
  });

  it("writes nothing where there is no epoch, and needs a file name", async () => {
    const path = join(folder, "nothing.csv");
    await train([new CSVLogger(path)], 0);
    expect(existsSync(path)).toBe(false);
    expect(() => new CSVLogger(undefined as never)).toThrow(OptionError);
    for (const separator of ["", ".", '"', "\n", "e", "-", 5 as never])
      expect(() => new CSVLogger(path, { separator })).toThrow(OptionError);
    expect(() => new CSVLogger(path, { seperator: ";" } as object)).toThrow(/Did you mean "separator"/);
  });
});
