/**
 * A training that ends after some epochs, and goes on in a model made anew, ends with the bits of one without a break.
 */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setNumThreads } from "@chainrule/compiler";
import { defaultGenerator, everyRun, Generator, manualSeed, randn, type Tensor } from "@chainrule/core";
import {
  Adagrad,
  Adam,
  AveragedModel,
  BatchNorm,
  type BatchSource,
  Dense,
  Dropout,
  EarlyStopping,
  type FitOptions,
  type Hooks,
  Layer,
  LSTM,
  l2,
  Model,
  oneCycleMomentum,
  RAdam,
  ReduceLROnPlateau,
  Rprop,
  Sequential,
  SGD,
  stepDecay,
} from "@chainrule/nn";
import { tiers } from "@chainrule/nn/internal";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { latestCheckpoint } from "./store.ts";

let root: string;
let number = 0;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "chainrule-resume-"));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));
afterEach(() => setNumThreads(1));

const x = randn([50, 6], { generator: new Generator(1) });
const y = x
  .sum(-1)
  .sin()
  .unsqueeze(-1)
  .add(randn([50, 1], { generator: new Generator(2) }).mul(0.1));

/** What makes a training: in another process it would be made anew. */
interface Recipe {
  make(): Model;
  callbacks?(): Hooks[];
  data?(): BatchSource;
  options?: FitOptions;
}

/** All that has to be the same in the end. */
function ending(model: Model) {
  const bits = (state: Readonly<Record<string, Tensor>>) =>
    Object.fromEntries(Object.entries(state).map(([name, value]) => [name, value.toTypedArray()]));
  const { history, epochs, stopReason } = model.history!;
  return {
    weights: bits(model.stateDict()),
    optimizer: bits(model.optimizer.stateDict()),
    lr: model.optimizer.lr,
    spent: model.optimizer.updatesSpent,
    extra: model.modules().map((module) => JSON.stringify(module.extraState())),
    random: defaultGenerator().state,
    history: { history, epochs, stopReason },
  };
}

async function train({ make, callbacks, data, options }: Recipe, epochs: number, checkpoint?: string) {
  manualSeed(11);
  const model = make();
  const given = { verbose: 0, batchSize: 8, ...options, epochs, callbacks: callbacks?.() ?? [], checkpoint } as const;
  if (data) await model.fit(data(), { ...given, batchSize: undefined });
  else await model.fit(x, y, given);
  return model;
}

/** The endings of a training without a break, and of one that was resumed after each of `breaks`. */
async function compare(recipe: Recipe, epochs: number, breaks: number[]) {
  const straight = ending(await train(recipe, epochs));
  const folder = join(root, `${number++}`);
  for (const at of breaks) {
    await train(recipe, at, folder);
    manualSeed(99);
  }
  const resumed = await train(recipe, epochs, folder);
  expect(ending(resumed)).toEqual(straight);
  return { straight, folder };
}

const network = () =>
  new Sequential([
    new Dense({ units: 16, activation: "relu", kernelRegularizer: l2(0.001) }),
    new BatchNorm(),
    new Dropout(0.2),
    new Dropout({ rate: 0.1, seed: 3 }),
    new Dense({ units: 8, activation: "tanh", generator: new Generator(4) }),
    new Dense(1),
  ]).compile({ optimizer: new Adam({ lr: 0.01 }), loss: "mse", metrics: ["mae"] });

const watching = () => [
  new EarlyStopping({ patience: 3, restoreBestWeights: true }),
  new ReduceLROnPlateau({ patience: 1, factor: 0.5, cooldown: 1 }),
];

describe.each([1, 2])("with %i threads, a training that is resumed", (threads) => {
  it.each([true, false])("ends as one without a break, jit %s", async (jit) => {
    await setNumThreads(threads);
    const recipe = { make: network, callbacks: watching, options: { validationSplit: 0.3, jit } };
    const { straight, folder } = await compare(recipe, 10, [5]);
    expect(straight.history.history.lr.at(-1)).toBeLessThan(0.01);
    expect(readdirSync(folder)).toHaveLength(2);
    const kept = await train(recipe, 10, join(root, `${number++}`));
    expect(ending(kept)).toEqual(straight);
  });
});

describe("a training whose steps are compiled after fifteen", () => {
  const { callsBefore } = tiers;
  beforeAll(() => {
    tiers.callsBefore = () => 15;
  });
  afterAll(() => {
    tiers.callsBefore = callsBefore;
  });

  // Six batches of eight samples and one of two in an epoch: the first kind is compiled in the third, the other never.
  it.each([[[1]], [[2]], [[1, 2, 3, 4]]])("ends as one without a break after epochs %j", async (breaks) => {
    const { straight } = await compare({ make: network }, 6, breaks);
    const uncompiled = ending(await train({ make: network, options: { jit: false } }, 6));
    expect(straight.weights).not.toEqual(uncompiled.weights);
  });
});

/** Adds noise of its own generator, in the first calls. */
class Noise extends Layer {
  noise = [new Generator(8)];
  calls = 0;
  forward(input: Tensor) {
    everyRun(() => {
      this.calls++;
      return () => this.calls--;
    });
    return input.add(randn(input.shape, { generator: this.noise[0] }).mul(0.01));
  }
  override extraState() {
    return { ...super.extraState(), calls: this.calls };
  }
  override loadExtraState({ calls, ...others }: { calls: number }) {
    super.loadExtraState(others);
    this.calls = calls;
  }
}

class Net extends Model {
  hidden = new Dense(6);
  noise = new Noise();
  dropout = new Dropout(0.3);
  out = new Dense(1);
  forward(input: Tensor) {
    return this.out.call(this.dropout.call(this.noise.call(this.hidden.call(input).relu())));
  }
}

const sgd = () =>
  new Net().compile({
    optimizer: new SGD({ lr: stepDecay({ lr: 0.05, every: 9 }), momentum: 0.9 }),
    loss: (p, t) => p.sub(t).abs().mean(),
  });

const rows = (from: number, to: number) => [x.slice([from, to]), y.slice([from, to])] as const;

/** Batches that are drawn at random, by the generator that everybody shares. */
function* drawn(batches: number) {
  for (let i = 0; i < batches; i++) {
    const from = defaultGenerator().integer(0, 40);
    yield rows(from, from + 8);
  }
}

async function* waiting() {
  for (let from = 0; from < 40; from += 8) {
    await null;
    yield rows(from, from + 8);
  }
}

/** Makes part of the model trainable in the middle of the training. */
const unfreezing = (): Hooks => ({
  onEpochBegin(this: { model?: Model }, epoch) {
    if (epoch === 3) models.at(-1)!.unfreeze();
  },
});
const models: Net[] = [];

describe("a training that is resumed", () => {
  it.each<[string, Recipe, number[]]>([
    [
      "with updates that have been compiled outside of steps",
      {
        make: () => new Net().compile({ optimizer: new Adam({ lr: 0.01, clipNorm: 0.1 }), loss: "mse" }),
        options: { jit: false, batchSize: 1 },
      },
      [3, 5],
    ],
    ["in a class of one's own, with functions that have no names", { make: sgd }, [1, 2, 7]],
    ["in the middle of a pass through the data", { make: sgd, options: { stepsPerEpoch: 4 } }, [1, 4, 5]],
    ["where passes end with epochs", { make: sgd, options: { stepsPerEpoch: 7, jit: false } }, [4]],
    ["with an order of its own", { make: sgd, options: { seed: 5, stepsPerEpoch: 3, jit: false } }, [3, 6]],
    [
      "with batches that are drawn",
      { make: sgd, data: () => () => drawn(5), options: { stepsPerEpoch: 3, jit: false } },
      [2, 5],
    ],
    [
      "with an iterator that gives batches once",
      { make: sgd, data: () => drawn(1000), options: { stepsPerEpoch: 3, jit: false } },
      [2, 5],
    ],
    [
      "with batches that come later",
      { make: sgd, data: () => waiting, options: { stepsPerEpoch: 3, jit: false } },
      [2, 5],
    ],
    ...[true, false].map((jit): [string, Recipe, number[]] => [
      `in the middle of gradients that are added up, with moving averages, jit ${jit}`,
      {
        make: () => {
          const momentumSchedule = oneCycleMomentum({ steps: 20, threePhase: true });
          const averages = { useEma: true, emaMomentum: 0.8, momentumSchedule };
          const around = { gradientAccumulationSteps: 3, ...averages, clipNormPerVariable: 0.5 };
          return new Net().compile({ optimizer: new Adam({ lr: 0.01, ...around }), loss: "mse" });
        },
        options: { jit },
      },
      [1, 2, 5],
    ]),
    ...[new RAdam({ lr: 0.01, betas: [0.9, 0.8] }), new Rprop(), new Adagrad({ lrDecay: 0.1, maximize: true })].map(
      ({ constructor: Class, options, name }): [string, Recipe, number[]] => [
        `with ${name}`,
        { make: () => new Net().compile({ optimizer: new (Class as typeof RAdam)(options), loss: "mse" }) },
        [1, 4],
      ],
    ),
    [
      "in float64",
      {
        make: () =>
          new Sequential([
            new Dense({ units: 3, dtype: "float64" }),
            new Dropout(0.1),
            new Dense({ units: 1, dtype: "float64" }),
          ]).compile({ loss: "mse", optimizer: "adam" }),
      },
      [3],
    ],
  ])("ends as one without a break %s", async (_name, recipe, breaks) => {
    await compare(recipe, 8, breaks);
  });

  it.each([true, false])("goes on with averages that a callback keeps, jit %s", async (jit) => {
    const made: AveragedModel[] = [];
    const recipe: Recipe = {
      make: () => {
        const net = new Net().compile({ optimizer: "adam", loss: "mse" });
        made.push(new AveragedModel(net, { decay: 0.9 }));
        return net;
      },
      callbacks: () => [made.at(-1)!],
      options: { jit },
    };
    await compare(recipe, 6, [2, 3]);
    const bits = made.map((averaged) => Object.values(averaged.averages()).map((x) => x.toTypedArray()));
    expect(bits.at(-1)).toEqual(bits[0]);
    expect(made.at(-1)!.nAveraged).toBe(42);
  });

  it("validates on an iterator from where it was", async () => {
    let data: Generator_ | null = null;
    type Generator_ = ReturnType<typeof drawn>;
    const recipe: Recipe = {
      make: () => {
        data = drawn(1000);
        return network();
      },
      get options() {
        return {
          validationSteps: 2,
          get validationData() {
            return data! as never;
          },
          jit: false,
        } as FitOptions;
      },
    };
    await compare(recipe, 6, [2, 3]);
  });

  it("goes on from the state of recurrent layers", async () => {
    const sequences = randn([16, 5, 2], { generator: new Generator(4) });
    const targets = sequences.sum(1).sum(-1).unsqueeze(-1);
    const recipe = {
      make: () =>
        new Sequential([new LSTM({ units: 3, stateful: true, dropout: 0.2 }), new Dense(1)]).compile({
          optimizer: "adam",
          loss: "mse",
        }),
      data: () =>
        [
          [sequences.slice([0, 8]), targets.slice([0, 8])],
          [sequences.slice([8, 16]), targets.slice([8, 16])],
        ] as never,
    };
    for (const jit of [true, false]) {
      const { straight } = await compare({ ...recipe, options: { jit } }, 6, [2, 3]);
      expect(straight.extra.join()).toMatch(/"state":\[/);
    }
  });

  it("goes on with groups of weights, and with parts that were unfrozen meanwhile", async () => {
    const make = () => {
      const net = new Net();
      models.push(net);
      net.call(x);
      net.hidden.freeze();
      const optimizer = new Adam([
        { params: net.hidden.parameters(), lr: 0.001 },
        { params: net.out.parameters(), lr: 0.01 },
      ]);
      return net.compile({ optimizer, loss: "mse" });
    };
    for (const jit of [true, false])
      await compare({ make, callbacks: () => [unfreezing()], options: { jit } }, 6, [2, 4, 5]);
  });

  it("gives callbacks of one's own what they remember", async () => {
    const seen: number[][] = [];
    const counting = (): Hooks => {
      let total = 0;
      return {
        onEpochEnd(epoch, logs) {
          total += logs.loss;
          logs.total = total;
          seen.push([epoch, total]);
        },
        stateDict: () => ({ total }),
        loadStateDict: (state) => {
          total = state.total as number;
        },
      };
    };
    const { straight } = await compare(
      { make: sgd, callbacks: () => [counting()], options: { jit: false } },
      6,
      [2, 3],
    );
    expect(straight.history.history.total).toHaveLength(6);
  });

  it("knows what was best where only the first batch says which outputs there are", async () => {
    class Two extends Model<{ a: Tensor; b: Tensor }> {
      dense = new Dense(1);
      forward(input: Tensor) {
        const out = this.dense.call(input);
        return { a: out, b: out };
      }
    }
    const recipe: Recipe = {
      make: () => new Two().compile({ optimizer: "sgd", loss: "mse", metrics: ["mae"] }) as Model<unknown> as Model,
      callbacks: () => [new EarlyStopping({ monitor: "a_mae", minDelta: 10, patience: 4 })],
      data: () => [[x, { a: y, b: y }]] as never,
    };
    const { straight } = await compare(recipe, 9, [2, 3]);
    expect(straight.history.stopReason).toMatch(/did not improve/);
  });

  it("goes on from the last whole epoch where Ctrl-C ended it", async () => {
    const folder = join(root, `${number++}`);
    let presses = 1;
    const pressing = (): Hooks => {
      let epoch = 0;
      return {
        onEpochBegin(begun) {
          epoch = begun;
        },
        onBatchEnd(batch) {
          if (epoch === 3 && batch === 2 && presses-- > 0) process.emit("SIGINT");
        },
      };
    };
    const recipe: Recipe = { make: network, callbacks: () => [pressing()], options: { jit: false } };
    const interrupted = await train(recipe, 6, folder);
    expect([interrupted.history!.interrupted, interrupted.history!.epochs]).toEqual([true, [0, 1, 2]]);
    const resumed = await train(recipe, 6, folder);
    expect(ending(resumed)).toEqual(ending(await train(recipe, 6)));
  });

  it("goes on in the same model, too", async () => {
    const folder = join(root, `${number++}`);
    const options = { verbose: 0, checkpoint: folder, batchSize: 8 } as const;
    manualSeed(11);
    const model = network();
    for (const epochs of [2, 3, 6]) {
      await model.fit(x, y, { ...options, epochs });
      manualSeed(99);
    }
    await model.fit(x, y, { ...options, epochs: 6 });
    expect(ending(model)).toEqual(ending(await train({ make: network }, 6)));
  });

  it("has ended where it was stopped, and does nothing more when it is started again", async () => {
    const epochs: number[] = [];
    const noting = (): Hooks => ({ onEpochBegin: (epoch) => void epochs.push(epoch) });
    const recipe: Recipe = {
      make: network,
      callbacks: () => [
        new EarlyStopping({ patience: 2, monitor: "loss", mode: "max", restoreBestWeights: true }),
        noting(),
      ],
    };
    const { straight, folder } = await compare(recipe, 20, [2, 19]);
    expect(straight.history.stopReason).toMatch(/did not improve/);
    epochs.length = 0;
    expect(ending(await train(recipe, 20, folder))).toEqual(straight);
    expect(epochs).toEqual([]);
    expect((await latestCheckpoint(folder))!.epoch).toBe(straight.history.epochs.length);
  });
});
