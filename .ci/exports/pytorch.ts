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
  AvgPool2d,
  BatchNorm,
  Bidirectional,
  Conv1d,
  Conv2d,
  ConvTranspose2d,
  concat,
  cosineDecay,
  cosineRestarts,
  Dense,
  Dropout,
  Embedding,
  exponentialDecay,
  exportPyTorch,
  Ftrl,
  Functional,
  Generator,
  GlobalAvgPool1d,
  GRU,
  GroupNorm,
  input,
  isFloat,
  Lambda,
  LayerNorm,
  LeakyReLU,
  Lion,
  type Loss,
  LSTM,
  LSTMCell,
  l1,
  l1l2,
  l2,
  linearDecay,
  lossByName,
  MaxPool1d,
  MaxPool2d,
  Model,
  type Module,
  MultiHeadAttention,
  Muon,
  multiStepDecay,
  NAdam,
  type Optimizer,
  oneCycle,
  PReLU,
  parameter,
  polynomialDecay,
  RMSNorm,
  RMSprop,
  randint,
  randn,
  type Schedule,
  Sequential,
  SGD,
  SimpleRNN,
  split,
  stepDecay,
  type Tensor,
  TransformerDecoder,
  TransformerEncoder,
  tensor,
  UpSampling2d,
  warmup,
  where,
} from "chainrule";
import { pytorchGoldens } from "../../packages/io/test/golden-programs.ts";
import * as losses from "../../packages/losses/src/index.ts";
import { layerTable } from "../../packages/nn/test/layer-table.ts";

type Write = (name: string, make: () => Case) => Promise<void>;

interface Case {
  readonly model: Module<unknown>;
  readonly x: Tensor | readonly Tensor[] | Readonly<Record<string, Tensor>>;
  readonly y?: Tensor | readonly Tensor[] | Readonly<Record<string, Tensor>>;
  readonly steps?: number;
}

/** A module in training, as a model. */
class Around extends Model<Tensor> {
  readonly inner: Module<unknown>;
  readonly #run: (...x: Tensor[]) => Tensor;

  constructor(inner: Module<unknown>, run: (...x: Tensor[]) => Tensor) {
    super();
    this.inner = inner;
    this.#run = run;
  }

  forward(...x: Tensor[]): Tensor {
    return this.#run(...x);
  }
}

const noise = (...shape: number[]) => randn(shape, { generator: new Generator(shape.join()) });

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
    if (Object.keys(loss.inputs).length !== 2 || loss.lossName !== name) continue;
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
  Lion: () => new Lion({ lr: 0.01, weightDecay: 0.1 }) as never,
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
  oneCycle: oneCycle({ maxLr: lr, steps: 9 }),
  "oneCycle, linear": oneCycle({ maxLr: lr, steps: 9, annealStrategy: "linear" }),
  "of one's own": (step) => lr / (1 + step),
};

/** A layer with options that are written differently, and a batch for it. */
const around = (
  layer: Module<unknown>,
  x: Tensor,
  call = (...given: Tensor[]) => layer.call(...given) as Tensor,
): Case => {
  const like = call(x);
  const model = new Around(layer, call);
  if (layer.parameters().every(({ requiresGrad }) => !requiresGrad)) return { model, x };
  model.compile({ optimizer: new Adam({ lr: 0.05 }), loss: "mse" });
  return { model, x, y: noise(...like.shape), steps: 4 };
};

const g = () => new Generator(6);

const layerOptions: Readonly<Record<string, () => Case>> = {
  "BatchNorm, features last": () => around(new BatchNorm(), noise(4, 3, 5)),
  "BatchNorm, channels of signals": () => around(new BatchNorm({ axis: 1, momentum: 0.7, eps: 0.01 }), noise(4, 3, 5)),
  "BatchNorm, as in Keras": () =>
    around(new BatchNorm({ axis: 1, correction: 0, momentum: 0.99, eps: 1e-3 }), noise(4, 3, 2, 2)),
  "BatchNorm, without shift": () => around(new BatchNorm({ center: false }), noise(6, 3)),
  "BatchNorm, without scale": () => around(new BatchNorm({ scale: false }), noise(6, 3)),
  "BatchNorm, neither": () => around(new BatchNorm({ scale: false, center: false }), noise(6, 3)),
  "LayerNorm, two axes": () => around(new LayerNorm({ axis: [-2, -1] }), noise(4, 3, 5)),
  "LayerNorm, the first axis": () => around(new LayerNorm({ axis: 1 }), noise(4, 3, 5)),
  "LayerNorm, without shift": () => around(new LayerNorm({ center: false, eps: 0.1 }), noise(4, 5)),
  "LayerNorm, without scale": () => around(new LayerNorm({ scale: false }), noise(4, 5)),
  "LayerNorm, neither": () => around(new LayerNorm({ scale: false, center: false }), noise(4, 5)),
  "GroupNorm, without shift": () => around(new GroupNorm({ groups: 2, center: false }), noise(4, 4, 3)),
  "GroupNorm, neither": () => around(new GroupNorm({ groups: 2, center: false, scale: false }), noise(4, 4, 3)),
  "RMSNorm, without scale": () => around(new RMSNorm({ scale: false }), noise(4, 5)),
  "PReLU, of channels": () => around(new PReLU({ axis: 1 }), noise(4, 3, 2, 2)),
  "PReLU, of the last axis": () => around(new PReLU({ axis: -1 }), noise(4, 3, 5)),
  "Dense, of sequences without bias": () =>
    around(new Dense({ units: 2, useBias: false, activation: "softplus", generator: g() }), noise(4, 3, 5)),
  "Dense, with an activation of one's own": () =>
    around(new Dense({ units: 2, activation: (x) => x.mul(x.sigmoid()), generator: g() }), noise(4, 5)),
  "Conv1d, dilated in groups": () =>
    around(
      new Conv1d({ filters: 4, kernelSize: 3, dilation: 2, groups: 2, padding: [1, 3], generator: g() }),
      noise(3, 2, 9),
    ),
  "Conv1d, same with a stride": () =>
    around(
      new Conv1d({ filters: 4, kernelSize: 4, stride: 3, padding: "same", useBias: false, generator: g() }),
      noise(3, 2, 10),
    ),
  "Conv2d, same with dilation and an even kernel": () =>
    around(
      new Conv2d({ filters: 4, kernelSize: [2, 4], dilation: [2, 1], padding: "same", generator: g() }),
      noise(3, 2, 7, 6),
    ),
  "ConvTranspose2d, with everything": () =>
    around(
      new ConvTranspose2d({
        filters: 4,
        kernelSize: [3, 2],
        stride: [2, 3],
        padding: [1, 0],
        outputPadding: [1, 2],
        groups: 2,
        activation: "relu",
        generator: g(),
      }),
      noise(2, 4, 3, 4),
    ),
  "ConvTranspose2d, dilated": () =>
    around(
      new ConvTranspose2d({ filters: 2, kernelSize: 3, dilation: 2, useBias: false, generator: g() }),
      noise(2, 4, 3, 4),
    ),
  "MaxPool1d, same": () => around(new MaxPool1d({ kernelSize: 4, stride: 3, padding: "same" }), noise(2, 3, 10)),
  "MaxPool2d, more padding than half": () =>
    around(new MaxPool2d({ kernelSize: 3, stride: 1, padding: 2 }), noise(2, 3, 5, 5)),
  "MaxPool2d, dilated": () => around(new MaxPool2d({ kernelSize: 2, stride: 1, dilation: 2 }), noise(2, 3, 5, 5)),
  "AvgPool2d, padding not counted": () =>
    around(new AvgPool2d({ kernelSize: 3, stride: 2, padding: 1, countIncludePad: false }), noise(2, 3, 7, 6)),
  "AvgPool2d, dilated": () => around(new AvgPool2d({ kernelSize: 2, stride: 1, dilation: 2 }), noise(2, 3, 5, 6)),
  "UpSampling2d, nearest": () => around(new UpSampling2d({ size: [2, 3] }), noise(2, 3, 2, 2)),
  "UpSampling2d, bilinear": () =>
    around(new UpSampling2d({ size: [3, 2], interpolation: "bilinear" }), noise(2, 3, 3, 2)),
  "Embedding, with padding": () =>
    around(
      new Embedding({ inputDim: 5, outputDim: 3, paddingIdx: 0, generator: g() }),
      randint(0, 5, [4, 6], { generator: g() }),
    ),
  "LSTM, without bias, backwards": () =>
    around(
      new LSTM({ units: 3, useBias: false, goBackwards: true, returnSequences: true, generator: g() }),
      noise(3, 4, 2),
    ),
  "GRU, with other activations": () =>
    around(
      new GRU({ units: 3, activation: "relu", recurrentActivation: "hard_sigmoid", generator: g() }),
      noise(3, 4, 2),
    ),
  "LSTM, with dropout": () => around(new LSTM({ units: 3, dropout: 0.4, generator: g() }), noise(3, 4, 2)),
  "Bidirectional, last steps": () =>
    around(new Bidirectional(new LSTM({ units: 2, generator: g() }), { merge: "mean" }), noise(3, 4, 2)),
  "MultiHeadAttention, with masks and a bias": () => {
    const layer = new MultiHeadAttention({ embedDim: 4, heads: 2, dropout: 0.1, generator: g() });
    const mask = tensor([
      [true, false, true],
      [true, true, false],
      [true, true, true],
    ]);
    const bias = noise(2, 3, 3).unsqueeze(0);
    return around(layer, noise(4, 3, 4), (x) => layer.call(x, { attentionMask: mask, bias, causal: true }));
  },
  "MultiHeadAttention, with its weights": () => {
    const layer = new MultiHeadAttention({ embedDim: 4, heads: 2, useBias: false, generator: g() });
    return around(layer, noise(4, 3, 4), (x) => {
      const { output, weights } = layer.call(x, { returnWeights: true });
      return output.add(weights.mean([1, 3]).unsqueeze(-1));
    });
  },
  "MultiHeadAttention, to parts of itself": () => {
    const layer = new MultiHeadAttention({ embedDim: 4, heads: 2, kdim: 3, vdim: 2, generator: g() });
    return around(layer, noise(4, 3, 4), (x) =>
      layer.call(x, { key: x.slice("...", [0, 3]), value: x.slice("...", [1, 3]) }),
    );
  },
  TransformerDecoder: () => {
    const layer = new TransformerDecoder({ embedDim: 4, heads: 2, feedForwardDim: 5, numLayers: 2, generator: g() });
    return around(layer, noise(4, 3, 4), (x) => layer.call(x, { memory: x.mul(2).flip(1) }));
  },
  "functions of core": () => {
    const layer = new Lambda((x) => {
      const parts = split(x.cumsum(1).softmax(1), 2, -1);
      const sorted = x.argsort(-1, { descending: true }).cast("float32");
      const taken = x.takeAlongAxis(x.argmax(-1, { keepDims: true }), -1);
      return concat([parts[0].maximum(0.3), parts[1].pow(2), sorted, taken, x.prod(-1, { keepDims: true })], -1)
        .add(x.slice(":", [2, 0, -1]).sum(-1, { keepDims: true }))
        .add(x.std(-1, { keepDims: true }))
        .mul(where(x.greater(0).any(-1, { keepDims: true }), 1, -1));
    });
    return around(layer, noise(4, 6));
  },
};

/** Models whose parts play together. */
const models: Readonly<Record<string, () => Case>> = {
  "several inputs and outputs, a shared layer": () => {
    const generator = new Generator(2);
    const [a, b] = [input([4], { name: "left" }), input([4], { name: "right" })];
    const shared = new Dense({ units: 5, activation: "relu", name: "shared", generator });
    const both = [shared.call(a), shared.call(b)];
    const inner = new Sequential([new Dense({ units: 4, inputDim: 5, generator }), new LeakyReLU()], { name: "inner" });
    const price = new Dense({ units: 1, name: "price", generator }).call(inner.call(both[0]));
    const kind = new Dense({ units: 3, name: "kind", generator }).call(inner.call(both[1]));
    const model = new Functional({ inputs: [a, b], outputs: { price, kind } });
    model.compile({
      optimizer: "adam",
      loss: { price: "mse", kind: "sparse_categorical_crossentropy" },
      lossWeights: { kind: 0.3 },
    });
    model.compile({ optimizer: new Adam(), loss: { price: "mse", kind: "cross_entropy" }, lossWeights: { kind: 0.3 } });
    return {
      model,
      x: { left: noise(6, 4), right: noise(6, 4).mul(2) },
      y: { price: noise(6), kind: tensor([0, 1, 2, 2, 1, 0], { dtype: "int32" }) },
    };
  },
  "a subclass with lists, tied weights and a detached branch": () => {
    const generator = new Generator(3);
    class Block extends Sequential {}
    class Net extends Model {
      table = new Embedding({ inputDim: 9, outputDim: 4, generator });
      blocks = [0, 1].map(
        () =>
          new Block([
            new LayerNorm({ inputDim: 4 }),
            new Dense({ units: 4, inputDim: 4, activation: "silu", generator }),
          ]),
      );
      forward(tokens: Tensor): Tensor {
        let x = this.table.call(tokens);
        for (const block of this.blocks) x = x.add(block.call(x));
        const mean = x.mean(1, { keepDims: true }).detach();
        return x.sub(mean).matmul(this.table.embeddings.T).mean(1);
      }
    }
    const model = new Net();
    model.compile({ optimizer: new AdamW({ lr: 0.01 }), loss: "cross_entropy" });
    return {
      model,
      x: randint(0, 9, [6, 3], { generator: new Generator(1) }),
      y: tensor([0, 8, 2, 2, 5, 0], { dtype: "int32" }),
    };
  },
  "penalties of weights and outputs": () => {
    const generator = new Generator(3);
    const model = new Sequential([
      new Dense({
        units: 5,
        inputDim: 4,
        activation: "relu",
        kernelRegularizer: l2(0.1),
        biasRegularizer: l1(0.1),
        generator,
      }),
      new Dense({ units: 3, activityRegularizer: l1l2({ l1: 0.1, l2: 0.2 }), generator }),
    ]);
    model.compile({ optimizer: new SGD({ lr: 0.1 }), loss: "mae" });
    return { model, x: noise(6, 4), y: noise(6, 3) };
  },
  "a frozen part, groups and dropout": () => {
    const generator = new Generator(3);
    const first = new Dense({ units: 5, inputDim: 4, activation: "tanh", generator });
    const second = new Dense({ units: 5, inputDim: 5, activation: "tanh", generator });
    const last = new Dense({ units: 1, inputDim: 5, generator });
    const model = new Sequential([first.freeze(), new Dropout(0.5), second, last]);
    const optimizer = new Adam(
      [
        { params: second, lr: 0.01 },
        { params: last, lr: cosineDecay({ lr: 0.1, steps: 9 }), weightDecay: 0.1 },
      ],
      { lr: 0.001 },
    );
    model.compile({ optimizer: optimizer as never, loss: "mse" });
    return { model, x: noise(6, 4), y: noise(6) };
  },
  "recurrent layers with states and masks": () => {
    const generator = new Generator(3);
    class Net extends Model {
      encoder = new LSTM({ units: 3, inputDim: 2, generator });
      decoder = new LSTM({ units: 3, inputDim: 2, returnSequences: true, generator });
      back = new SimpleRNN({ units: 2, inputDim: 3, goBackwards: true, activation: "relu", generator });
      both = new Bidirectional(new GRU({ units: 2, inputDim: 3, returnSequences: true, generator }), { merge: "sum" });
      cell = new LSTMCell({ units: 2, inputDim: 2, generator });
      override get inputNames() {
        return ["x", "mask"];
      }
      forward(x: Tensor, mask: Tensor): Tensor {
        const { state } = this.encoder.call(x, { mask, returnState: true });
        const y = this.decoder.call(x.flip(1), { state });
        const both = this.both.call(y, { mask });
        return concat([this.back.call(y, { mask }), both.mean(1), this.cell.call(both.mean(1))], -1);
      }
    }
    const model = new Net();
    model.compile({ optimizer: new RMSprop(), loss: "mse" });
    const mask = tensor([
      [true, true, true, false],
      [true, true, true, true],
      [false, true, false, true],
    ]);
    return { model, x: { x: noise(3, 4, 2), mask }, y: noise(3, 6) };
  },
  "an encoder with a mask": () => {
    const generator = new Generator(3);
    class Net extends Model {
      encoder = new TransformerEncoder({
        embedDim: 4,
        heads: 2,
        feedForwardDim: 6,
        numLayers: 2,
        normFirst: true,
        generator,
      });
      pool = new GlobalAvgPool1d({ dataFormat: "channels_last" });
      override get inputNames() {
        return ["x", "mask"];
      }
      forward(x: Tensor, mask: Tensor): Tensor {
        return this.pool.call(this.encoder.call(x, { mask, causal: true }), { mask });
      }
    }
    const model = new Net();
    model.compile({ optimizer: new Adam({ lr: 0.01 }), loss: "mse" });
    const mask = tensor([
      [true, true, true, false],
      [true, true, true, true],
      [true, true, false, false],
    ]);
    return { model, x: { x: noise(3, 4, 4), mask }, y: noise(3, 4) };
  },
  "convolutions with all kinds of padding": () => {
    const generator = new Generator(3);
    const model = new Sequential([
      new Conv2d({ filters: 3, kernelSize: [2, 3], padding: "same", activation: "relu", generator }),
      new Conv2d({ filters: 3, kernelSize: 3, stride: 2, padding: "same", generator }),
      new MaxPool2d({ kernelSize: 3, stride: 2, padding: "same" }),
      new Conv2d({
        filters: 2,
        kernelSize: 3,
        padding: [
          [1, 2],
          [0, 2],
        ],
        activation: (x) => x.tanh().mul(2),
        generator,
      }),
    ]);
    model.compile({ optimizer: new SGD({ lr: 0.1 }), loss: "mse" });
    return { model, x: noise(3, 2, 9, 8), y: noise(3, 2, 4, 2) };
  },
  "a part of the weights, clipped, beside some that are not used": () => {
    const generator = new Generator(3);
    class Net extends Model {
      first = new Dense({ units: 4, inputDim: 4, activation: "tanh", generator });
      last = new Dense({ units: 2, inputDim: 4, generator });
      spare = parameter(noise(3));
      forward(x: Tensor): Tensor {
        return this.last.call(this.first.call(x));
      }
    }
    const model = new Net();
    model.compile({ optimizer: new SGD(model.last, { lr: 0.5, clipNorm: 0.1 }) as never, loss: "mse" });
    return { model, x: noise(6, 4), y: noise(6, 2) };
  },
  "an output without a batch": () => ({
    model: new Sequential([new Lambda((x) => x.square().sum())]),
    x: noise(6, 4),
  }),
  "numbers in double precision": () => {
    const model = new Sequential([new Dense({ units: 3, inputDim: 4, dtype: "float64", generator: new Generator(1) })]);
    model.compile({ optimizer: new Adam(), loss: "mse" });
    return { model, x: noise(5, 4).cast("float64"), y: noise(5, 3).cast("float64") };
  },
};

/** Writes them all; returns their folders. */
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
  for (const [name, make] of Object.entries(layerOptions)) await write(`layer ${name}`, make);
  for (const [name, make] of Object.entries({ ...models, ...pytorchGoldens }))
    await write(`model ${name}`, make as never);
  return folders;
}
