import {
  DataError,
  defaultGenerator,
  Generator,
  ModelError,
  manualSeed,
  OptionError,
  randn,
  tensor,
  ValueError,
} from "@chainrule/core";
import { describe, expect, it } from "vitest";
import {
  Adam,
  BatchNorm,
  cosineDecay,
  Dense,
  Dropout,
  findLearningRate,
  type Optimizer,
  type OptimizerName,
  RMSprop,
  Sequential,
  SGD,
} from "../index.ts";
import { smooth, suggest } from "./curve.ts";

const of = (seed: number) => ({ generator: new Generator(seed) });
const x = randn([200, 4], of(1));
const y = x.matmul(randn([4, 1], of(2))).add(randn([200, 1], of(3)).mul(0.1));

function regression(optimizer: Optimizer | OptimizerName = new SGD({ lr: 0.01 }), options = {}) {
  manualSeed(1);
  const model = new Sequential([new Dense({ units: 1, inputDim: 4 })]);
  model.compile({ optimizer, loss: "mse", ...options });
  return model;
}

/** Three arms of a spiral. */
function spirals() {
  const generator = new Generator(1);
  const labels = Array.from({ length: 240 }, (_, i) => i % 3);
  const points = labels.map((arm, i) => {
    const radius = i / 240;
    const angle = 2.1 * arm + 4 * radius + 0.15 * generator.normal();
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  });
  return { x: tensor(points), y: tensor(labels, { dtype: "int32" }) };
}

function waves() {
  const generator = new Generator(2);
  const points = Array.from({ length: 300 }, () => generator.uniform(-3, 3));
  return {
    x: tensor(points.map((at) => [at])),
    y: tensor(points.map((at) => [Math.sin(2 * at) + 0.1 * generator.normal()])),
  };
}

describe("the rate that findLearningRate suggests", () => {
  const hidden = (units: number, inputDim: number) => new Dense({ units, inputDim, activation: "tanh" });
  const problems = {
    "a line, by SGD": {
      data: { x, y },
      layers: () => [new Dense({ units: 1, inputDim: 4 })],
      by: SGD,
      epochs: 10,
      good: 0.02,
    },
    "spirals, by Adam": {
      data: spirals(),
      layers: () => [hidden(24, 2), hidden(24, 24), new Dense({ units: 3 })],
      by: Adam,
      epochs: 30,
      good: 0.15,
    },
    "waves, by SGD with momentum": {
      data: waves(),
      layers: () => [hidden(32, 1), new Dense({ units: 1 })],
      by: SGD,
      momentum: 0.9,
      epochs: 60,
      good: 0.2,
    },
  };

  it.each(Object.entries(problems))("trains well: %s", async (_name, { data, layers, by, epochs, good, ...more }) => {
    const make = (lr: number) => {
      manualSeed(1);
      const model = new Sequential(layers());
      const loss = data.y.dtype === "int32" ? "cross_entropy" : "mse";
      model.compile({ optimizer: new (by as typeof SGD)({ lr, ...more }), loss });
      return model;
    };
    const lossAt = async (lr: number) => {
      const { history } = await make(lr).fit(data.x, data.y, { epochs, verbose: 0 });
      return history.loss.at(-1)!;
    };
    const { suggestion, suggestions, stopped } = await findLearningRate(make(1e-3), data.x, data.y);
    const [less, at] = [await lossAt(suggestion / 50), await lossAt(suggestion)];
    expect(at).toBeLessThan(good);
    expect(at).toBeLessThan(less / 1.5);
    expect(suggestions.steepest).toBeLessThan(suggestion);
    expect(stopped).toBe("exploded");
  });
});

describe("findLearningRate", () => {
  it("gives the loss before each step at rates that grow by equal factors", async () => {
    const model = regression();
    const options = { startLr: 1e-4, endLr: 1e-2, steps: 11, batchSize: 200, shuffle: false };
    const { curve, stopped } = await findLearningRate(model, x, y, options);
    expect(stopped).toBe("done");
    expect(curve.loss.map(([rate]) => rate)).toEqual(
      Array.from({ length: 11 }, (_, i) => expect.closeTo(10 ** (-4 + i / 5), 9)),
    );
    const losses: number[] = [];
    for (const [rate] of curve.loss) {
      model.optimizer.lr = rate;
      losses.push((await model.fit(x, y, { batchSize: 200, shuffle: false, verbose: 0 })).history.loss[0]);
    }
    expect(curve.loss.map(([, loss]) => loss)).toEqual(losses.map((loss) => expect.closeTo(loss, 5)));
    expect(curve.smoothed).toHaveLength(11);
  });

  it.each([true, false])("leaves everything as it was, compiled: %s", async (jit) => {
    manualSeed(3);
    const dropout = new Dropout(0.5, { generator: new Generator(8) });
    const model = new Sequential([
      new Dense({ units: 5, inputDim: 4 }),
      new BatchNorm(),
      dropout,
      new Dense({ units: 1 }),
    ]);
    model.compile({ optimizer: new Adam({ lr: 0.02 }), loss: "mse" });
    const look = () => ({
      weights: Object.entries(model.stateDict()).map(([name, value]) => [name, value.toArray()]),
      gradients: model.parameters().map(({ grad }) => grad?.toArray()),
      optimizer: Object.entries(model.optimizer.stateDict()).map(([name, value]) => [name, value.toArray()]),
      iterations: model.optimizer.iterations,
      random: defaultGenerator().state,
      extra: JSON.stringify(model.modules().map((module) => module.extraState())),
      modes: model.modules().map(({ training }) => training),
      history: model.history,
    });
    // One that has not been trained, and one that has.
    for (const epochs of [0, 3]) {
      await model.fit(x, y, { epochs, verbose: 0 });
      if (epochs > 0) model.eval();
      const before = look();
      await findLearningRate(model, x, y, { jit });
      expect(look()).toEqual(before);
    }
  });

  it("changes nothing where a batch is wrong, and says which step it was", async () => {
    const model = regression();
    const before = model.stateDict()["dense.kernel"] ?? Object.values(model.stateDict())[0];
    const batches = () => [
      [x, y],
      [x, y],
      [x.slice([null], [0, 3]), y],
    ];
    const error = await findLearningRate(model, batches as never).catch((error) => error);
    expect(String(error)).toMatch(/findLearningRate, step 3/);
    expect(Object.values(model.stateDict())[0].toArray()).toEqual(before.toArray());
    expect(model.optimizer.lr).toBe(0.01);
  });

  it("takes x and y, both in a list, batches in a list, from a function and from a generator", async () => {
    const batch = [x, y] as const;
    function* endless() {
      for (;;) yield batch;
    }
    async function* later() {
      for (;;) yield batch;
    }
    const once = { batchSize: 200, shuffle: false };
    const expected = (await findLearningRate(regression(), x, y, once)).suggestion;
    for (const [data, options] of [
      [[x, y], once],
      [[[x, y]], {}],
      [() => [batch], {}],
      [endless(), {}],
      [later, {}],
    ] as const)
      expect((await findLearningRate(regression(), data as never, options)).suggestion).toBe(expected);
    const weighted = await findLearningRate(regression(), [x, y, new Float32Array(200).fill(2)], once);
    expect(weighted.curve.loss[0][1]).toBeCloseTo(
      2 * (await findLearningRate(regression(), batch, once)).curve.loss[0][1],
      4,
    );
  });

  it("gives layers their weights that had none, also from batches", async () => {
    for (const data of [[x, y], () => [[x, y]]]) {
      const model = new Sequential([new Dense({ units: 6, activation: "relu" }), new Dense({ units: 1 })]);
      model.compile({ optimizer: "sgd", loss: "mse" });
      expect((await findLearningRate(model, data as never)).suggestion).toBeGreaterThan(0);
      expect(model.parameters().map(({ shape }) => shape)).toEqual([[4, 6], [6], [6, 1], [1]]);
    }
  });

  it("sets schedules and rates of groups aside, and keeps the groups' proportions", async () => {
    const schedule = cosineDecay({ lr: 0.5, steps: 10 });
    const model = regression(new SGD({ lr: schedule }));
    const plain = await findLearningRate(regression(), x, y, { seed: 2 });
    expect((await findLearningRate(model, x, y, { seed: 2 })).curve).toEqual(plain.curve);
    expect([model.optimizer.schedule, model.optimizer.lr]).toEqual([schedule, 0.5]);

    const tenth = regression();
    const optimizer = new RMSprop([{ params: tenth.parameters(), lr: 0.1 }], { lr: 1 });
    tenth.compile({ optimizer, loss: "mse" });
    const whole = await findLearningRate(regression(new RMSprop({ lr: 1 })), x, y, { seed: 2, endLr: 1 });
    const found = await findLearningRate(tenth, x, y, { seed: 2, startLr: 1e-6, endLr: 10 });
    expect(found.curve.loss.map(([, loss]) => loss)).toEqual(
      whole.curve.loss.map(([, loss]) => expect.closeTo(loss, 4)),
    );
    expect(optimizer.groups[0].lr.item()).toBe(0.1);
  });

  it("ends where the loss is no number, and leaves that out of the smoothed curve", async () => {
    const { curve, stopped, suggestion } = await findLearningRate(regression(), x, y, { steps: 40, endLr: 1e6 });
    expect(["not finite", "exploded"]).toContain(stopped);
    expect(curve.smoothed.every(([, loss]) => Number.isFinite(loss))).toBe(true);
    expect(suggestion).toBeLessThan(1e6);
    const model = regression();
    let count = 0;
    model.compile({
      optimizer: "sgd",
      loss: (p, t) =>
        p
          .sub(t)
          .square()
          .mul(count++ > 82 ? Number.NaN : 1),
    });
    const broken = await findLearningRate(model, x, y, { jit: false });
    expect(broken.stopped).toBe("not finite");
    expect(broken.curve.loss.length - broken.curve.smoothed.length).toBe(1);
  });

  it("says what it found in words", async () => {
    const found = await findLearningRate(regression(), x, y, { seed: 1 });
    expect(`${found}`).toMatch(
      /^learning rate [\d.e-]+: between [\d.e-]+, where the loss falls fastest, .*\n\d+ of 100 rates, 1e-7 to [\d.e-]+: then the loss exploded\.$/,
    );
    expect(JSON.parse(JSON.stringify(found)).suggestion).toBe(found.suggestion);
  });

  it("says what is wrong", async () => {
    const uncompiled = new Sequential([new Dense({ units: 1, inputDim: 4 })]);
    await expect(findLearningRate(uncompiled, x, y)).rejects.toThrow(ModelError);
    await expect(findLearningRate(uncompiled, x, y)).rejects.toThrow(/expected a compiled model.*\n.*model\.compile\(/);
    await expect(findLearningRate({} as never, x, y)).rejects.toThrow(OptionError);
    const model = regression();
    await expect(findLearningRate(model, x, y, { step: 3 } as object)).rejects.toThrow(/Did you mean "steps"/);
    await expect(findLearningRate(model, [x, y], { step: 3 } as object)).rejects.toThrow(/Did you mean "steps"/);
    await expect(findLearningRate(model, x, y, { steps: 3 })).rejects.toThrow(/steps as a whole number of at least 10/);
    await expect(findLearningRate(model, x, y, { startLr: 0 })).rejects.toThrow(ValueError);
    await expect(findLearningRate(model, x, y, { startLr: 1, endLr: 0.1 })).rejects.toThrow(/above startLr, 1/);
    await expect(findLearningRate(model, x, y.slice([0, 9]))).rejects.toThrow(DataError);
    const missing = x.toArray(2);
    missing[0][0] = Number.NaN;
    await expect(findLearningRate(model, missing, y, { batchSize: 200 })).rejects.toThrow(
      /a loss that is a number, got NaN.*\n.*debugNaN/,
    );
    const constant = regression("sgd", { loss: (p: typeof x) => p.mul(0) });
    await expect(findLearningRate(constant, x, y)).rejects.toThrow(/a loss that falls at some rate.*\n.*diagnose/);
    await expect(findLearningRate(regression(), x, y, { startLr: 50, endLr: 100 })).rejects.toThrow(
      /a smaller startLr/,
    );
    const training = regression();
    const running = training.fit(x, y, { epochs: 2, verbose: 0 });
    await expect(findLearningRate(training, x, y)).rejects.toThrow(/not in training/);
    await running;
  });
});

describe("the curve", () => {
  it("is smoothed by a mean of its neighbours, and of nothing beyond its ends", () => {
    expect(smooth([2, 2, 2, 2], 3)).toEqual([2, 2, 2, 2].map((value) => expect.closeTo(value, 12)));
    const [a, b] = [1, Math.exp(-1 / 2)];
    expect(smooth([0, 1], 1)[0]).toBeCloseTo(b / (a + b), 12);
  });

  it("suggests nothing where it does not fall, or by no more than its noise", () => {
    const rates = Array.from({ length: 40 }, (_, i) => 10 ** (-4 + i / 10));
    const flat = rates.map(() => 1);
    expect(suggest(rates, flat, flat)).toBeNull();
    const rising = rates.map((_, i) => i);
    expect(suggest(rates, rising, rising)).toBeNull();
    const generator = new Generator(1);
    const noise = rates.map(() => generator.normal());
    expect(suggest(rates, noise, smooth(noise, 3))).toBeNull();
  });

  it("is steepest, and least, where it is", () => {
    const rates = Array.from({ length: 81 }, (_, i) => 10 ** (-6 + i / 10));
    // A fall of tanh around 1e-3, and a rise behind 1e-1.
    const losses = rates.map((rate) => 1 - Math.tanh(2 * (Math.log10(rate) + 3)) + (rate > 0.11 ? 5 : 0));
    const found = suggest(rates, losses, losses)!;
    expect(found.steepest).toBeCloseTo(1e-3, 6);
    expect(found.minimum).toBeCloseTo(1e-2, 6);
    expect(found.valley).toBeCloseTo(Math.sqrt(1e-3 * 1e-1), 6);
  });
});

it("refuses an optimizer that adds up gradients, since most steps would change nothing", async () => {
  const model = new Sequential([new Dense({ units: 1, inputDim: 2 })]);
  model.compile({ optimizer: new Adam({ gradientAccumulationSteps: 4 }), loss: "mse" });
  const found = findLearningRate(
    model,
    [
      [0, 1],
      [1, 0],
    ],
    [[1], [2]],
  );
  await expect(found).rejects.toThrow(/an update of 4.*\n.*batches 4 times as large/);
});
