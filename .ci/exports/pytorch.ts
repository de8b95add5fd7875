/**
 * The programs that `exportPyTorch` writes: each layer, loss, optimizer and schedule at least once.
 */
import { join } from "node:path";
import {
  Adadelta,
  Adafactor,
  Adagrad,
  Adam,
  Adamax,
  AdamW,
  Conv1d,
  chained,
  cosineDecay,
  cosineRestarts,
  cyclic,
  Dense,
  Embedding,
  exponentialDecay,
  exportPyTorch,
  Ftrl,
  Generator,
  GlobalAvgPool1d,
  inverseTimeDecay,
  isFloat,
  Lion,
  type Loss,
  linearDecay,
  lossByName,
  type Model,
  Muon,
  multiStepDecay,
  NAdam,
  type Optimizer,
  oneCycle,
  piecewiseConstant,
  polynomialDecay,
  RAdam,
  RMSprop,
  Rprop,
  randint,
  type Schedule,
  Sequential,
  SGD,
  sequential,
  stepDecay,
  type Tensor,
  tensor,
  warmup,
  where,
} from "chainrule";
import { refusedLosses } from "../../packages/io/src/torch/counterparts/losses.ts";
import { pytorchGoldens } from "../../packages/io/test/golden-programs.ts";
import * as losses from "../../packages/losses/src/index.ts";
import { layerTable } from "../../packages/nn/test/layer-table.ts";

import { functionCases } from "./functions.ts";
import { Around, around, type Case, noise } from "./pytorch-case.ts";
import { layerOptions } from "./pytorch-layers.ts";
import { models } from "./pytorch-models.ts";

type Write = (name: string, make: () => Case) => Promise<void>;

/** Each layer of the table, in training where it has weights. */
async function layers(write: Write): Promise<void> {
  for (const { name, make, inputs, call } of layerTable) {
    // Their masks are of the table's batch, not of those that are traced.
    if (name.includes("masked")) continue;
    await write(`layer ${name}`, () => {
      const layer = make({ dtype: "float32", generator: new Generator(5) });
      const x = inputs.map((each) => (isFloat(each.dtype) ? each.cast("float32") : each));
      const like = call(layer, ...x);
      const model = new Around(layer, (...given) => call(layer, ...given));
      if (layer.parameters().length === 0) return { model, x };
      model.compile({ optimizer: new SGD({ lr: 0.1, momentum: 0.9 }), loss: "mse" });
      return { model, x, y: noise(...like.shape), steps: 3 };
    });
  }
}

/** What a prediction and a target of a domain are made of. */
const activations: Readonly<Record<string, string | undefined>> = {
  probability: "sigmoid",
  distribution: "softmax",
  logProbability: "log_softmax",
  nonNegative: "softplus",
  positive: "softplus",
};

function lossCase(loss: Loss, { distribution = false, labels = true } = {}): Case {
  const [prediction, target] = Object.values(loss.inputs) as string[];
  const ofClasses = ["label", "labelOrDistribution", "distribution"].includes(target);
  const isSequence = target === "sequence";
  const activation = prediction === "probability" && (ofClasses || distribution) ? "softmax" : activations[prediction];
  const model = new Sequential([new Dense({ units: 3, inputDim: 4, activation, generator: new Generator(4) })]);
  model.compile({ optimizer: new SGD({ lr: 0.2 }), loss });
  const x = isSequence ? noise(6, 5, 4) : noise(6, 4);
  const z = noise(6, 3);
  const y = isSequence
    ? tensor(
        [
          [1, 2],
          [2, 0],
          [1, 1],
          [2, 1],
          [1, 0],
          [2, 2],
        ],
        { dtype: "int32" },
      )
    : ofClasses && target !== "distribution" && labels
      ? tensor([0, 2, 1, 1, 0, 2], { dtype: "int32" })
      : ofClasses || distribution
        ? z.softmax(-1)
        : target === "sign"
          ? where(z.greater(0), 1, -1)
          : target === "probability" || target === "truth"
            ? z.greater(0).cast("float32")
            : target === "nonNegative"
              ? z.abs().mul(3).round()
              : target === "positive" || target === "logarithm"
                ? z.abs().add(0.5)
                : target === "logProbability"
                  ? z.logSoftmax(-1)
                  : z;
  return { model, x, y, steps: 3 };
}

const { crossEntropy, huber, klDivergence, binaryCrossEntropyWithLogits, sparseCategoricalCrossEntropy, tversky } =
  losses;

/** Options that are written differently. */
const lossOptions: Readonly<Record<string, () => Case>> = {
  "crossEntropy, smoothed": () => lossCase(crossEntropy.with({ labelSmoothing: 0.1 })),
  "crossEntropy, class weights": () => lossCase(crossEntropy.with({ classWeight: [1, 2, 0.5] })),
  "crossEntropy, weights and smoothing": () =>
    lossCase(crossEntropy.with({ classWeight: [1, 2, 0.5], labelSmoothing: 0.2 })),
  "crossEntropy, a class ignored": () => lossCase(crossEntropy.with({ ignoreIndex: 1 })),
  "crossEntropy, distributions": () => lossCase(crossEntropy.with({}), { labels: false }),
  "crossEntropy, sum": () => lossCase(crossEntropy.with({ reduction: "sum" })),
  "sparse, from logits": () => lossCase(sparseCategoricalCrossEntropy.with({ fromLogits: true })),
  "huber, delta": () => lossCase(huber.with({ delta: 0.3 })),
  "kl, of logarithms": () => lossCase(klDivergence.with({ logInput: true }), { distribution: true }),
  "kl, elementwise": () => lossCase(klDivergence.with({ logInput: true, elementwise: true }), { distribution: true }),
  "logits, weighted": () => lossCase(binaryCrossEntropyWithLogits.with({ posWeight: [1, 3, 2], labelSmoothing: 0.1 })),
  "tversky, by example": () => lossCase(tversky.with({ alpha: 0.3, beta: 0.7, axis: 1 })),
  "poisson, full": () => lossCase(losses.poissonNll.with({ full: true })),
  "focal, alpha": () => lossCase(losses.binaryFocal.with({ alpha: 0.25, fromLogits: true })),
  "a function of one's own": () => {
    const { x, y } = lossCase(lossByName("mse"));
    const model = new Sequential([new Dense({ units: 3, inputDim: 4, generator: new Generator(4) })]);
    const loss = (p: Tensor, t: Tensor) => p.sub(t).abs().add(p.detach().mul(p)).mean();
    model.compile({ optimizer: new SGD({ lr: 0.1 }), loss });
    return { model, x, y, steps: 3 };
  },
};

async function everyLoss(write: Write): Promise<void> {
  for (const name of losses.lossNames()) {
    const loss = lossByName(name);
    if (Object.keys(loss.inputs).length !== 2 || loss.lossName !== name || refusedLosses.includes(name)) continue;
    await write(`loss ${name}`, () => lossCase(loss));
  }
  for (const [name, make] of Object.entries(lossOptions)) await write(`loss ${name}`, make);
}

/** Optimizers with options that change what they do. */
const optimizers: Readonly<Record<string, () => Optimizer>> = {
  SGD: () => new SGD({ lr: 0.1, weightDecay: 0.01 }) as never,
  "SGD, Nesterov": () => new SGD({ lr: 0.1, momentum: 0.9, nesterov: true }) as never,
  "SGD, dampened": () => new SGD({ lr: 0.1, momentum: 0.9, dampening: 0.3 }) as never,
  Adam: () => new Adam({ lr: 0.01 }) as never,
  "Adam, AMSGrad": () => new Adam({ lr: 0.01, amsgrad: true, weightDecay: 0.01 }) as never,
  "Adam, as in Keras": () => new Adam({ lr: 0.01, epsPlacement: "keras", eps: 1e-3, amsgrad: true }) as never,
  AdamW: () => new AdamW({ lr: 0.01, weightDecay: 0.1 }) as never,
  "AdamW, as in Keras": () => new AdamW({ lr: 0.01, weightDecay: 0.1, epsPlacement: "keras", eps: 1e-3 }) as never,
  Adamax: () => new Adamax({ lr: 0.01 }) as never,
  "Adamax, as in Keras": () => new Adamax({ lr: 0.01, epsPlacement: "keras", eps: 1e-2 }) as never,
  NAdam: () => new NAdam({ lr: 0.01 }) as never,
  "NAdam, as it was": () => new NAdam({ lr: 0.01, exactProduct: false, weightDecay: 0.01 }) as never,
  Adagrad: () => new Adagrad({ lr: 0.1, initialAccumulator: 0.1 }) as never,
  "Adagrad, as in Keras": () =>
    new Adagrad({ lr: 0.1, epsPlacement: "keras", eps: 1e-2, initialAccumulator: 0.1 }) as never,
  RMSprop: () => new RMSprop({ lr: 0.01, momentum: 0.9, centered: true }) as never,
  "RMSprop, as in Keras": () =>
    new RMSprop({ lr: 0.01, momentum: 0.9, centered: true, epsPlacement: "keras", eps: 1e-3 }) as never,
  Adadelta: () => new Adadelta({ lr: 1 }) as never,
  "Adagrad, decaying": () => new Adagrad({ lr: 0.1, lrDecay: 0.5 }) as never,
  "Adagrad, as in Keras, decaying": () => new Adagrad({ lr: 0.1, lrDecay: 0.5, epsPlacement: "keras" }) as never,
  Lion: () => new Lion({ lr: 0.01, weightDecay: 0.1 }) as never,
  RAdam: () => new RAdam({ lr: 0.1, betas: [0.8, 0.5], weightDecay: 0.1 }) as never,
  "RAdam, rectified": () => new RAdam({ lr: 0.1, betas: [0.8, 0.75], eps: 1e-3 }) as never,
  Rprop: () => new Rprop({ lr: 0.05, etas: [0.4, 1.5] }) as never,
  "Rprop, weight decay": () => new Rprop({ lr: 0.05, stepSizes: [0.01, 0.07], weightDecay: 0.1 }) as never,
  Ftrl: () => new Ftrl({ lr: 0.1, l1: 0.01, l2: 0.01, l2Shrinkage: 0.01, beta: 0.1 }) as never,
  Adafactor: () => new Adafactor({ lr: 0.1, weightDecay: 0.01 }) as never,
  Muon: () => new Muon({ lr: 0.01 }) as never,
  "clipped by norm": () => new SGD({ lr: 0.5, clipNorm: 0.1 }) as never,
  "clipped by value": () => new SGD({ lr: 0.5, clipValue: 0.02 }) as never,
};

/** A model with matrices, vectors, a table and a kernel, for optimizers. */
function mixed(optimizer: Optimizer): Case {
  const generator = new Generator(8);
  const model = new Sequential([
    new Embedding({ inputDim: 7, outputDim: 4, generator }),
    new Conv1d({ filters: 3, kernelSize: 2, activation: "tanh", generator }),
    new GlobalAvgPool1d(),
    new Dense({ units: 2, generator }),
  ]);
  model.compile({ optimizer, loss: "cross_entropy" });
  return {
    model,
    x: randint(0, 7, [6, 5], { generator: new Generator(1) }),
    y: tensor([0, 1, 1, 0, 1, 0], { dtype: "int32" }),
  };
}

async function everyOptimizer(write: Write): Promise<void> {
  for (const [name, make] of Object.entries(optimizers)) {
    await write(`optimizer ${name}`, () => mixed(make()));
    const after = mixed(make());
    await (after.model as Model).fit(after.x as Tensor, after.y as Tensor, { epochs: 2, batchSize: 3, verbose: 0 });
    await write(`optimizer ${name}, after steps`, () => ({ ...after, steps: 5 }));
  }
}

const lr = 0.1;
const schedules: Readonly<Record<string, Schedule>> = {
  stepDecay: stepDecay({ lr, every: 3 }),
  multiStepDecay: multiStepDecay({ lr, milestones: [2, 5], gamma: 0.5 }),
  exponentialDecay: exponentialDecay({ lr, gamma: 0.5, every: 4 }),
  polynomialDecay: polynomialDecay({ lr, steps: 8, power: 2, endLr: 0.01 }),
  linearDecay: linearDecay({ lr, steps: 8 }),
  cosineDecay: cosineDecay({ lr, steps: 8, endLr: 0.01 }),
  "cosineRestarts, longer": cosineRestarts({ lr, steps: 2, growth: 2 }),
  cosineRestarts: cosineRestarts({ lr, steps: 3 }),
  warmup: warmup(cosineDecay({ lr, steps: 8 }), { steps: 4 }),
  "warmup to a number": warmup(lr, { steps: 4, from: 0.2 }),
  inverseTimeDecay: inverseTimeDecay({ lr, decay: 0.5, every: 2 }),
  piecewiseConstant: piecewiseConstant({ boundaries: [2, 4], values: [lr, 0.05, 0.2] }),
  cyclic: cyclic({ baseLr: 0.01, maxLr: lr, stepsUp: 2, stepsDown: 1, cycleFactor: 0.5, stepFactor: 0.9 }),
  sequential: sequential([linearDecay({ lr, steps: 2 }), stepDecay({ lr, every: 1 }), cosineDecay({ lr, steps: 3 })], {
    milestones: [2, 4],
  }),
  oneCycle: oneCycle({ maxLr: lr, steps: 9 }),
  "oneCycle, linear": oneCycle({ maxLr: lr, steps: 9, annealStrategy: "linear" }),
  "oneCycle, three phases": oneCycle({ maxLr: lr, steps: 9, pctStart: 0.25, threePhase: true }),
  chained: chained([exponentialDecay({ lr, gamma: 0.9 }), warmup(1, { steps: 3, from: 0.2 })]),
  "of one's own": (step) => lr / (1 + step),
};

/** Writes them all; returns their folders. */
/** A dense layer and a function of its rows, in training. */
function ofRows(f: (x: Tensor) => Tensor): Case {
  const dense = new Dense({ units: 6, inputDim: 6, generator: new Generator(5) });
  return around(dense, noise(4, 6), (x) => f(dense.call(x) as Tensor));
}

export async function pytorchPrograms(folder: string, problems: string[]): Promise<string[]> {
  const folders: string[] = [];
  const write: Write = async (name, make) => {
    const to = join(folder, "torch", name.replace(/\W+/g, "-"));
    try {
      const { model, ...options } = make();
      await exportPyTorch(model, to, options);
      folders.push(to);
    } catch (error) {
      problems.push(`exportPyTorch, ${name}: ${error instanceof Error ? error.stack?.slice(0, 700) : error}`);
    }
  };
  await layers(write);
  await everyLoss(write);
  await everyOptimizer(write);
  for (const [name, schedule] of Object.entries(schedules))
    await write(`schedule ${name}`, () => mixed(new SGD({ lr: schedule }) as never));
  for (const [name, f] of Object.entries(functionCases)) await write(`function ${name}`, () => ofRows(f));
  for (const [name, make] of Object.entries(layerOptions)) await write(`layer ${name}`, make);
  for (const [name, make] of Object.entries({ ...models, ...pytorchGoldens }))
    await write(`model ${name}`, make as never);
  return folders;
}
