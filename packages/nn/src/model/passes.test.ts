/**
 * Passes through data that end too early, too late or never: last batches, generators, numbers of steps.
 */
import { DataError, OptionError, ShapeError, type Tensor } from "@chainrule/core";
import { afterEach, describe, expect, it, vi } from "vitest";
import { column, line, x, y } from "../../test/line.ts";
import { BatchNorm, Conv2d, Dense, Flatten, Model, Sequential, SGD, TerminateOnNaN } from "../index.ts";

const inputs = column(x);

/** The targets of each batch, as a metric sees them, by epoch and validation. */
function watched() {
  const { model } = line(0);
  const seen: number[][] = [];
  const spy = (_: Tensor, target: Tensor) => {
    seen.push([...target.toTypedArray()]);
    return 0;
  };
  model.compile({ optimizer: new SGD({ lr: 0 }), loss: "mse", metrics: [spy] });
  return { model, seen };
}

function* numbered(count = Number.POSITIVE_INFINITY) {
  for (let i = 0; i < count; i++)
    yield [
      [[1], [1]],
      [i, i],
    ] as const;
}
const first = (seen: number[][]) => seen.map(([target]) => target);

describe("dropLast", () => {
  it("leaves out the last batch where it is smaller than the others", async () => {
    const { model, seen } = watched();
    await model.fit(inputs, y, { batchSize: 2, shuffle: false, dropLast: true, epochs: 2 });
    expect(seen).toEqual([
      [2, 1],
      [4, 3],
      [2, 1],
      [4, 3],
    ]);
    seen.length = 0;
    await model.fit(inputs, y, { batchSize: 5, shuffle: false, dropLast: true });
    expect(seen).toEqual([[2, 1, 4, 3, 6]]);
  });

  it("leaves out others in each epoch where samples are shuffled, and none in validation", async () => {
    const { model, seen } = watched();
    await model.fit(inputs, y, { batchSize: 4, dropLast: true, epochs: 20, seed: 1 });
    expect(new Set(seen.flat()).size).toBe(5);
    expect(seen.every((batch) => batch.length === 4)).toBe(true);
    seen.length = 0;
    await model.fit(inputs, y, { batchSize: 4, dropLast: true, shuffle: false, validationData: [inputs, y] });
    expect(seen.map((batch) => batch.length)).toEqual([4, 4, 1]);
  });

  it("must leave something, and is for arrays", async () => {
    const { model } = line();
    await expect(model.fit(inputs, y, { batchSize: 6, dropLast: true })).rejects.toThrow(
      /at least one batch of 6 samples, got 5 samples in all/,
    );
    await expect(model.fit(() => numbered(1), { dropLast: true })).rejects.toThrow(OptionError);
    await expect(model.fit(inputs, y, { dropLast: 1 as never })).rejects.toThrow(/true or false, got the number 1/);
  });
});

describe("a batch of one sample with batch normalisation", () => {
  const untouched = async (model: Model, run: () => Promise<unknown>, error: RegExp) => {
    await expect(run()).rejects.toThrow(error);
    expect(model.optimizer.iterations).toBe(0);
  };

  it.each([
    ["built", 1],
    ["not built yet", undefined],
  ])("is refused before training begins, by a model that is %s", async (_, inputDim) => {
    const norm = new BatchNorm();
    const model = new Sequential([new Dense({ units: 2, inputDim }), norm, new Dense({ units: 1 })]);
    model.compile({ optimizer: "sgd", loss: "mse" });
    const fit = (options: object) => model.fit(inputs, y, options);
    const last = /layer "batch_norm" \(BatchNorm\): expected at least 2 samples in every batch, got 1 in the last one/;
    await untouched(model, () => fit({ batchSize: 4 }), last);
    await untouched(model, () => fit({ batchSize: 2 }), /\{ dropLast: true \}, or take another batchSize/);
    await untouched(model, () => fit({ batchSize: 1 }), /got 1 in one of them/);
    await untouched(model, () => fit({ batchSize: 3, validationSplit: 0.2 }), last);
    await untouched(
      model,
      () =>
        model.fit([
          [inputs, y],
          [[[1]], [1]],
        ]),
      /1 in one of them.\n.*make larger batches/,
    );
    await expect(fit({ batchSize: 4, dropLast: true })).resolves.toBeTruthy();
    await expect(fit({ batchSize: 3 })).resolves.toBeTruthy();
    norm.eval();
    await expect(fit({ batchSize: 4 })).resolves.toBeTruthy();
  });

  it("is refused in models that call their layers as they like, and from generators at the batch", async () => {
    class Net extends Model {
      dense = new Dense({ units: 2 });
      norm = new BatchNorm();
      forward(input: Tensor) {
        return this.norm.call(this.dense.call(input)).sum(1);
      }
    }
    const model = new Net().compile({ optimizer: "sgd", loss: "mse" });
    await untouched(model, () => model.fit(inputs, y, { batchSize: 4 }), /got 1 in the last one/);
    const one = () => [[[[1]], [1]] as const].values();
    await untouched(model, () => model.fit(one), /fit, epoch 1, batch 1: .*\n.*dropLast/);
    await expect(model.fit(one)).rejects.toThrow(ShapeError);
  });

  it("is no matter where a feature has several values in a sample", async () => {
    const norm = new BatchNorm({ axis: 1 });
    const model = new Sequential([new Conv2d({ filters: 2, kernelSize: 3 }), norm, new Flatten(), new Dense(1)]);
    model.compile({ optimizer: "sgd", loss: "mse" });
    const image = Array.from({ length: 4 }, (_, i) => [i, 1, 0, 1]);
    await expect(model.fit([[image]], [1])).resolves.toBeTruthy();
  });
});

describe("a generator", () => {
  it("of which there is one, is refused for several epochs before training begins", async () => {
    const { model, seen } = watched();
    await expect(model.fit(numbered(3), { epochs: 2 })).rejects.toThrow(DataError);
    await expect(model.fit(numbered(3), { epochs: 2 })).rejects.toThrow(
      /batches for 2 epochs, got an iterator.*once.\n.*\(\) => batches\(\), or a list\. For batches without end.*stepsPerEpoch/,
    );
    await expect(model.fit(inputs, y, { epochs: 2, validationData: numbered(3) })).rejects.toThrow(/validationSteps/);
    expect(seen).toEqual([]);
    await model.fit(numbered(3), { epochs: 5, initialEpoch: 4, validationData: numbered(2) });
    expect(first(seen)).toEqual([0, 1, 2, 0, 1]);
  });

  it("without end is taken a number of steps at a time, and goes on where it was, also in the next training", async () => {
    const { model, seen } = watched();
    const [training, validation] = [numbered(), numbered()];
    const options = { epochs: 2, stepsPerEpoch: 3, validationData: validation, validationSteps: 2 };
    await model.fit(training, options);
    expect(first(seen)).toEqual([0, 1, 2, 0, 1, 3, 4, 5, 2, 3]);
    await model.fit(training, { stepsPerEpoch: 1 });
    expect(first(seen).at(-1)).toBe(6);
    expect(Object.keys(await model.evaluate(validation, { steps: 2 }))).toEqual(["loss", "spy"]);
    expect(first(seen).slice(-2)).toEqual([4, 5]);
  });

  it("that a function returns starts anew for every validation and evaluation", async () => {
    const { model, seen } = watched();
    let closed = 0;
    function* endless() {
      try {
        yield* numbered();
      } finally {
        closed++;
      }
    }
    await model.fit(inputs, y, {
      batchSize: 5,
      epochs: 2,
      shuffle: false,
      validationData: endless,
      validationSteps: 2,
    });
    expect(first(seen)).toEqual([2, 0, 1, 2, 0, 1]);
    await model.evaluate(endless, { steps: 1 });
    expect([first(seen).at(-1), closed]).toEqual([0, 3]);
  });

  it("that runs out within an epoch of a given length, or gives nothing, is an error that says so", async () => {
    const { model } = watched();
    await expect(model.fit(numbered(4), { epochs: 2, stepsPerEpoch: 3 })).rejects.toThrow(
      /expected 3 batches for the epoch, got 1, and no more/,
    );
    expect(model.history!.epochs).toEqual([0]);
    await expect(model.fit(numbered(0))).rejects.toThrow(/at least one batch in every pass.*got none/);
    await expect(model.fit(() => numbered(0))).rejects.toThrow(DataError);
    await expect(model.evaluate(numbered(0))).rejects.toThrow(/at least one batch, got none.\n.*\(\) => batches\(\)/);
    const spent = numbered(2);
    await model.evaluate(spent);
    await expect(model.evaluate(spent)).rejects.toThrow(/gives its batches once/);
    await expect(model.fit(inputs, y, { validationData: numbered(0) })).rejects.toThrow(/validation: .*at least one/);
  });
});

describe("validationSteps and steps", () => {
  it("take the first batches of arrays and lists, and all where there are fewer", async () => {
    const { model, seen } = watched();
    const options = { batchSize: 2, shuffle: false, validationData: [inputs, y] as const };
    await model.fit(inputs, y, { ...options, epochs: 2, validationSteps: 1 });
    expect(first(seen)).toEqual([2, 4, 6, 2, 2, 4, 6, 2]);
    seen.length = 0;
    await model.evaluate(inputs, y, { batchSize: 2, steps: 2 });
    await model.evaluate([[inputs, y]], { steps: 5 });
    expect(first(seen)).toEqual([2, 4, 2]);
  });

  it("are whole numbers of at least 1, for data that are there", async () => {
    const { model } = line();
    const fit = (options: object) => expect(model.fit(inputs, y, options)).rejects;
    await fit({ validationSteps: 2 }).toThrow(/validationSteps with validationData or validationSplit/);
    await fit({ validationSteps: 0, validationSplit: 0.2 }).toThrow(/validationSteps as a whole number/);
    await expect(model.evaluate(inputs, y, { steps: 1.5 })).rejects.toThrow(/steps as a whole number/);
    await expect(model.evaluate(() => numbered(1), { batchSize: 2 })).rejects.toThrow(/batchSize with arrays/);
    await expect(model.evaluate(() => numbered(1), y as never, {})).rejects.toThrow(
      /either batches \[x, y\], or x and y/,
    );
  });
});

describe("what is said on the console", () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });
  const listen = () => {
    const said: string[] = [];
    vi.spyOn(console, "warn").mockImplementation((text) => void said.push(text));
    return said;
  };

  it("asks once whether batches are without end, when there have been very many", async () => {
    const said = listen();
    const { model } = line(0);
    const one = [[[1]], [1]] as const;
    function* many() {
      for (let i = 0; i < 10_100; i++) yield one;
    }
    await model.evaluate(many);
    await model.evaluate(many, { steps: 10_050 });
    expect(said).toEqual([expect.stringMatching(/^evaluate has taken 10000 batches and goes on.*: steps\.$/)]);
  });

  it.each([true, false])("is one warning where the loss is no number any more, with jit: %s", async (jit) => {
    const said = listen();
    const diverge = (options = {}) =>
      line(1e30).model.fit(inputs, y, { epochs: 20, jit, batchSize: 5, diagnose: false, ...options });
    const { history } = await diverge();
    const at = history.loss.findIndex((loss) => !Number.isFinite(loss)) + 1;
    expect(said.length).toBe(1);
    expect(said[0]).toMatch(new RegExp(`^fit, epoch ${at}, batch 1: the loss is (Infinity|NaN)\\. This is said once`));
    expect(said[0]).toMatch(/smaller learning rate than 1e\+30, inputs scaled.*clipNorm.*debugNaN: true/);
    await diverge({ verbose: 0 });
    expect(said.length).toBe(2);
    await diverge({ epochs: 1 });
    expect(said.length).toBe(2);
    await diverge({ callbacks: [new TerminateOnNaN()] });
    expect(said.length).toBe(2);
  });

  it("is one warning for evaluations between two trainings, and for validation", async () => {
    const said = listen();
    const { model } = line(0.01);
    const broken = column([1, Number.NaN]);
    await model.evaluate(broken, [1, 1], { batchSize: 1 });
    await model.evaluate(broken, [1, 1]);
    expect(said).toEqual([expect.stringMatching(/^evaluate, batch 2: the loss is NaN/)]);
    await model.fit(inputs, y, { epochs: 3, validationData: [broken, [1, 1]] });
    expect(said.slice(1)).toEqual([expect.stringMatching(/^fit, epoch 1, validation, batch 1: the loss is NaN/)]);
  });
});
