/**
 * Random training programs: layers of all kinds, users' own among them, a loss with its options, an optimizer, and batches
 * some of which hold numbers that are wrong, or that do not count.
 */
import {
  buffer,
  type DType,
  defineOp,
  Generator,
  gather,
  grad,
  jvp,
  type Parameter,
  parameter,
  rand,
  randn,
  refuseWhere,
  scatterAdd,
  softmax,
  type Tensor,
  takeAlongAxis,
  tensor,
  ValueError,
  where,
  zeros,
} from "@chainrule/core";
import * as losses from "@chainrule/losses";
import fc from "fast-check";
import * as nn from "../src/index.ts";

/** What a batch is made of; everything else follows from it. */
export interface BatchPlan {
  readonly seed: number;
  /** Which numbers that are not ordinary stand in the inputs. */
  readonly wild: keyof typeof wildNumbers;
  /** What is wrong with it. */
  readonly trouble: (typeof troubles)[number];
}

export interface TrainingProgram {
  readonly dtype: "float32" | "float64";
  readonly rows: number;
  readonly features: number;
  readonly classes: number;
  readonly layers: readonly { readonly name: keyof typeof layers; readonly choice: number }[];
  readonly loss: keyof typeof heads;
  readonly choice: number;
  readonly reduction: "mean" | "sum" | "none";
  readonly weighted: boolean;
  readonly optimizer: keyof typeof optimizers;
  readonly batches: readonly BatchPlan[];
}

const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;

const wildNumbers = {
  none: [],
  zeros: [0, -0],
  infinities: [infinity, -infinity],
  "not a number": [nan],
  subnormals: [1e-310, -1e-40],
} as const;

const troubles = [
  "none",
  "label -1",
  "label too large",
  "no such row",
  "weight -1",
  "weight NaN",
  "beyond the limit",
] as const;

/** The tensors of a batch. */
export interface Batch {
  readonly x: Tensor;
  readonly labels: Tensor;
  readonly ids: Tensor;
  readonly numbers: Tensor;
  readonly mask: Tensor;
  readonly weights: Tensor;
}

/** What a program trains, and what it keeps. */
export interface World {
  readonly parameters: Readonly<Record<"kernel" | "bias" | "table" | "head", Parameter>>;
  readonly average: Parameter;
  /** For what is drawn at random. */
  readonly generator: Generator;
  /** Plain JavaScript, which changes at every call. */
  readonly plain: { calls: number };
}

/** The largest number that the layer `guarded` takes. */
const limit = 1e6;
const tableRows = 4;

const halves = defineOp<void>({
  name: "halves",
  inferShape: ([x]) => x,
  kernel: (out, [x]) => {
    for (let i = 0; i < out.storage.length; i++) {
      if (x.storage[i] > limit) throw new RangeError("halves cannot take so much");
      out.storage[i] = x.storage[i] / 2;
    }
  },
  gradient: [(g) => g.mul(0.5)],
});

const cubes = defineOp<void>({
  name: "cubes",
  inferShape: ([x]) => x,
  kernel: (out, [x]) => {
    for (let i = 0; i < out.storage.length; i++) out.storage[i] = x.storage[i] ** 3;
  },
  gradient: [(g, { inputs: [x] }) => g.mul(x.square()).mul(3)],
  lower: { kind: "elementwise", scalar: (x: number) => x ** 3 },
});

/** Away from 0, where rounding would decide on which side of a kink a number falls. */
const offKink = (x: Tensor) => x.sub(0.0123);
const rowsOf = (x: Tensor) => x.shape[0];
/** A few different numbers for the columns, so that none are equal. */
const slopes = (x: Tensor) =>
  tensor(Float64Array.from({ length: x.shape[1] }, (_, i) => 0.37 * i + 0.011 * i * i)).cast(x.dtype);
const standardized = (x: Tensor) => {
  const centred = x.sub(x.mean(1, { keepDims: true }));
  return centred.div(centred.square().mean(1, { keepDims: true }).add(0.1).sqrt());
};

type LayerOf = (x: Tensor, world: World, batch: Batch, choice: number) => Tensor;

/** From [rows, features] to the same. */
export const layers = {
  dense: (x, { parameters: { kernel, bias } }) => x.matmul(kernel).add(bias),
  tanh: (x) => x.tanh(),
  relu: (x) => offKink(x).relu(),
  gelu: (x) => x.gelu(),
  sigmoid: (x) => x.sigmoid(),
  softplus: (x) => x.softplus().mul(0.5),
  softmax: (x) => x.softmax(1),
  logSoftmax: (x) => x.logSoftmax(1).mul(0.3),
  standardized,
  centred: (x) => x.sub(x.mean(0)),
  embedded: (x, { parameters: { table } }, { ids }) => x.add(gather(table, ids)),
  residual: (x, { parameters: { kernel } }) => x.add(x.matmul(kernel).tanh()),
  stopped: (x) => x.detach().mul(0.5).add(x.mul(0.5)),
  running: (x, { average }) => {
    average.assign(average.mul(0.9).add(x.detach().mean(0).mul(0.1)));
    return x.sub(average.mul(0.5));
  },
  // Masked values: as logits, as zeros, and as what is not looked at.
  attended: (x, _world, { mask }) => softmax(where(mask, x, -infinity), 1).mul(x),
  blanked: (x, _world, { mask }) => where(mask, x, 0),
  unseen: (x, _world, { mask }) => where(mask, 0.5, x.mul(0).add(0.25)),
  finite: (x) => where(x.isFinite(), x, 0),
  // Whole numbers and truth values.
  counted: (x) => x.add(offKink(x).greater(0).cast("int32").sum(1, { keepDims: true }).mul(2).cast(x.dtype).mul(0.1)),
  chosen: (x, _world, { mask }) => offKink(x).greater(0).logicalAnd(mask).cast(x.dtype).mul(x),
  wholes: (x, _world, { ids }) => x.mul(ids.mul(ids).mod(3).add(1).cast(x.dtype).unsqueeze(1)),
  // Positions.
  largest: (x) => x.sub(x.add(slopes(x)).max(1, { keepDims: true }).mul(0.5)),
  sorted: (x) => x.add(slopes(x)).sort(1).mul(0.5),
  running2: (x) => x.cumsum(1).mul(0.3),
  picked: (x, _world, { labels }) =>
    x.sub(
      takeAlongAxis(
        x,
        labels
          .maximum(0)
          .minimum(x.shape[1] - 1)
          .unsqueeze(1),
        1,
      ),
    ),
  corrected: (x, _world, { labels }) => {
    const at = labels
      .maximum(0)
      .minimum(x.shape[1] - 1)
      .unsqueeze(1);
    return x.sub(scatterAdd(zeros(x.shape, { dtype: x.dtype }), at, x.slice(":", [0, 1]).mul(0.5), 1));
  },
  // Users' own, with checks.
  guarded: (x) => {
    refuseWhere(
      x.greater(limit),
      (at) => new ValueError({ where: "guarded", expected: `at most ${limit}`, got: `more at [${at}]` }),
    );
    return x.mul(0.9);
  },
  lookedUp: (x, _world, { ids }) => {
    refuseWhere(ids.greaterEqual(tableRows), (at) => new RangeError(`no row at [${at}]`));
    return x.add(ids.cast(x.dtype).unsqueeze(1).mul(0.1));
  },
  counting: (x, { plain }) => {
    plain.calls++;
    return x.mul(1 + 0.01 * plain.calls);
  },
  dropped: (x, { generator }) => where(rand(x.shape, { generator, dtype: x.dtype }).less(0.7), x.div(0.7), 0),
  // Derivatives within.
  sloped: (x) => x.add(grad((v) => v.tanh().square().mul(0.5).sum())(x).mul(0.3)),
  bent: (x) => x.add(jvp((v) => v.sin(), [x], [x.mul(0.2)])[1]),
  halves: (x) => halves([x], undefined),
  cubes: (x) => cubes([x.tanh()], undefined),
} satisfies Record<string, LayerOf>;

type Options = losses.LossOptions & Readonly<Record<string, unknown>>;
type Head = (z: Tensor, batch: Batch, options: Options, choice: number) => Tensor;
type AnyLoss = (prediction: Tensor, target: Tensor, ...more: unknown[]) => Tensor;

const as = (loss: unknown) => loss as AnyLoss;
const truths = (z: Tensor, { numbers }: Batch) => numbers.slice(":", [0, z.shape[1]]).greater(0.1).cast(z.dtype);
const shares = (z: Tensor, { numbers }: Batch) => numbers.slice(":", [0, z.shape[1]]).mul(2).softmax(1).cast(z.dtype);
const real = (z: Tensor, { numbers }: Batch) => numbers.slice(":", [0, z.shape[1]]).cast(z.dtype);
/** Logits of which some are masked out, never all of a row. */
const maskedLogits = (z: Tensor, { mask, labels }: Batch) => {
  const own = tensor(Int32Array.from({ length: z.shape[1] }, (_, i) => i)).equal(labels.unsqueeze(1));
  const allowed = mask.slice(":", [0, 1]).logicalOr(own);
  return where(allowed, z, -infinity);
};

/** From logits [rows, classes] and the batch to a loss. */
export const heads = {
  crossEntropy: (z, { labels }, options, choice) =>
    as(losses.crossEntropy)(z, labels, {
      ...options,
      ...(choice % 2 ? { ignoreIndex: 0 } : {}),
      ...(choice % 3 === 1 ? { labelSmoothing: 0.1 } : {}),
    }),
  "crossEntropy, weighted classes": (z, { labels }, options) =>
    as(losses.crossEntropy)(z, labels, {
      ...options,
      classWeight: Array.from({ length: z.shape[1] }, (_, i) => i % 3),
    }),
  "crossEntropy, masked": (z, batch, options) => as(losses.crossEntropy)(maskedLogits(z, batch), batch.labels, options),
  "crossEntropy of shares": (z, batch, options) => as(losses.crossEntropy)(z, shares(z, batch), options),
  sparse: (z, { labels }, options) => as(losses.sparseCategoricalCrossEntropy)(z.softmax(1), labels, options),
  categorical: (z, batch, options) => as(losses.categoricalCrossEntropy)(z.softmax(1), shares(z, batch), options),
  nll: (z, { labels }, options) => as(losses.nll)(z.logSoftmax(1), labels, options),
  generalized: (z, { labels }, options) =>
    as(losses.generalizedCrossEntropy)(z, labels, { ...options, fromLogits: true }),
  focal: (z, { labels }, options) => as(losses.categoricalFocal)(z, labels, { ...options, fromLogits: true }),
  binary: (z, batch, options) => as(losses.binaryCrossEntropy)(z.sigmoid(), truths(z, batch), options),
  "binary of logits": (z, batch, options) => as(losses.binaryCrossEntropyWithLogits)(z, truths(z, batch), options),
  "binary, masked": (z, batch, options) =>
    as(losses.binaryCrossEntropyWithLogits)(
      where(batch.mask.slice(":", [0, 1]), z, -infinity),
      truths(z, batch),
      options,
    ),
  binaryFocal: (z, batch, options) => as(losses.binaryFocal)(z.sigmoid(), truths(z, batch), options),
  mse: (z, batch, options) => as(losses.mse)(z, real(z, batch), options),
  mae: (z, batch, options) => as(losses.mae)(z, real(z, batch), options),
  huber: (z, batch, options) => as(losses.huber)(z, real(z, batch), options),
  logCosh: (z, batch, options) => as(losses.logCosh)(z, real(z, batch), options),
  mape: (z, batch, options) => as(losses.mape)(z, real(z, batch).abs().add(0.5), options),
  msle: (z, batch, options) => as(losses.msle)(z.softplus(), real(z, batch).abs(), options),
  poisson: (z, batch, options) => as(losses.poisson)(z.softplus(), real(z, batch).abs(), options),
  poissonNll: (z, batch, options) => as(losses.poissonNll)(z.tanh(), real(z, batch).abs(), options),
  gaussianNll: (z, batch, options) => as(losses.gaussianNll)(z, real(z, batch), z.softplus().add(0.1), options),
  hinge: (z, batch, options) => as(losses.hinge)(z, truths(z, batch).mul(2).sub(1), options),
  squaredHinge: (z, batch, options) => as(losses.squaredHinge)(z, truths(z, batch), options),
  categoricalHinge: (z, { labels }, options) => as(losses.categoricalHinge)(z.add(slopes(z)), labels, options),
  klDivergence: (z, batch, options) => as(losses.klDivergence)(z.softmax(1), shares(z, batch), options),
  jensenShannon: (z, batch, options) => as(losses.jensenShannon)(z.softmax(1), shares(z, batch), options),
  cosineSimilarity: (z, batch, options) => as(losses.cosineSimilarity)(z.add(0.3), real(z, batch), options),
  dice: (z, batch, { reduction: _none, sampleWeight: _no, ...options }) =>
    as(losses.dice)(z.sigmoid(), truths(z, batch), options),
  // Users' own.
  squares: (z, batch, { reduction, sampleWeight }) => {
    const each = z.sub(real(z, batch)).square().mean(1);
    const weight = sampleWeight as Tensor | undefined;
    const weighted = weight ? where(weight.equal(0), 0, each.mul(weight)) : each;
    return reduction === "none" ? weighted : reduction === "sum" ? weighted.sum() : weighted.mean();
  },
  checked: (z, batch, options) => {
    refuseWhere(
      batch.labels.greaterEqual(z.shape[1]),
      (at) => new ValueError({ where: "checked", expected: "a class", got: `another at [${at}]` }),
    );
    return as(losses.mse)(z, batch.labels.equal(0).cast(z.dtype).unsqueeze(1).broadcastTo(z.shape), options);
  },
} satisfies Record<string, Head>;

const optimizers = {
  SGD: (parameters: Parameter[]) => new nn.SGD(parameters, { lr: 0.05 }),
  "SGD with momentum": (parameters: Parameter[]) => new nn.SGD(parameters, { lr: 0.05, momentum: 0.9, nesterov: true }),
  "SGD with clipping": (parameters: Parameter[]) =>
    new nn.SGD(parameters, { lr: 0.05, clipNorm: 1, weightDecay: 0.01 }),
  // Large eps: what rounding leaves of a gradient of 0 is not to become a step.
  Adam: (parameters: Parameter[]) => new nn.Adam(parameters, { lr: 0.05, eps: 0.1 }),
  RMSprop: (parameters: Parameter[]) => new nn.RMSprop(parameters, { lr: 0.05, eps: 0.1 }),
};

const keysOf = <K extends string>(table: Readonly<Record<K, unknown>>) =>
  fc.constantFrom(...(Object.keys(table) as K[]));

/** Programs of a few layers and three batches, most of which are as they should be. */
export const trainingPrograms: fc.Arbitrary<TrainingProgram> = fc.record({
  dtype: fc.constantFrom("float64", "float64", "float32"),
  rows: fc.integer({ min: 1, max: 9 }),
  features: fc.integer({ min: 2, max: 9 }),
  classes: fc.integer({ min: 1, max: 4 }),
  layers: fc.array(fc.record({ name: keysOf(layers), choice: fc.nat({ max: 7 }) }), { minLength: 1, maxLength: 5 }),
  loss: keysOf(heads),
  choice: fc.nat({ max: 7 }),
  reduction: fc.constantFrom("mean", "sum", "none"),
  weighted: fc.boolean(),
  optimizer: keysOf(optimizers),
  batches: fc.array(
    fc.record({
      seed: fc.nat({ max: 999 }),
      wild: fc.oneof(
        { weight: 2, arbitrary: fc.constant("none" as const) },
        { weight: 2, arbitrary: keysOf(wildNumbers) },
      ),
      trouble: fc.oneof(
        { weight: 4, arbitrary: fc.constant("none" as const) },
        { weight: 1, arbitrary: fc.constantFrom(...troubles) },
      ),
    }),
    { minLength: 3, maxLength: 4 },
  ),
});

/** The program's parameters, the same at every call. */
export function makeWorld({ dtype, features, classes }: TrainingProgram): World {
  const generator = new Generator(5);
  const made = (shape: readonly number[], scale: number) => parameter(randn(shape, { dtype, generator }).mul(scale));
  return {
    parameters: {
      kernel: made([features, features], 0.5),
      bias: made([features], 0.1),
      table: made([tableRows, features], 0.5),
      head: made([features, classes], 0.5),
    },
    average: buffer(zeros([features], { dtype })),
    generator: new Generator(9),
    plain: { calls: 0 },
  };
}

/** The batch that a plan describes. */
export function makeBatch({ dtype, rows, features, classes }: TrainingProgram, plan: BatchPlan): Batch {
  const generator = new Generator(plan.seed);
  const each = <T extends Float64Array | Int32Array>(into: T, f: () => number): T => into.map(f) as T;
  const labels = each(new Int32Array(rows), () => generator.integer(0, classes));
  const ids = each(new Int32Array(rows), () => generator.integer(0, tableRows));
  const x = each(new Float64Array(rows * features), () => generator.normal());
  const weights = each(new Float64Array(rows), () => [1, 0, 2, 0.5][generator.integer(0, 4)]);
  wildNumbers[plan.wild].forEach((number, i) => {
    // In samples that do not count, where there are some.
    const row = weights.indexOf(0) >= 0 && plan.seed % 2 ? weights.indexOf(0) : generator.integer(0, rows);
    x[row * features + ((plan.seed + i) % features)] = number;
  });
  const at = plan.seed % rows;
  if (plan.trouble === "label -1") labels[at] = -1;
  if (plan.trouble === "label too large") labels[at] = classes;
  if (plan.trouble === "no such row") ids[at] = tableRows + 3;
  if (plan.trouble === "weight -1") weights[at] = -1;
  if (plan.trouble === "weight NaN") weights[at] = nan;
  if (plan.trouble === "beyond the limit") x[at * features] = 1e9;
  const float = (numbers: Float64Array, shape: number[], to: DType) =>
    tensor(numbers, { shape, dtype: "float64" }).cast(to);
  return {
    x: float(x, [rows, features], dtype),
    labels: tensor(labels),
    ids: tensor(ids),
    numbers: float(
      each(new Float64Array(rows * Math.max(features, classes)), () => generator.normal()),
      [rows, Math.max(features, classes)],
      dtype,
    ),
    mask: float(
      each(new Float64Array(rows * features), () => Number(generator.bernoulli(0.6))),
      [rows, features],
      "bool",
    ),
    weights: float(weights, [rows], dtype),
  };
}

/** Predictions and the loss of a batch. */
export function lossOf(program: TrainingProgram, world: World, batch: Batch): { loss: Tensor; prediction: Tensor } {
  let h = batch.x;
  for (const { name, choice } of program.layers) h = (layers[name] as LayerOf)(h, world, batch, choice);
  const prediction = h.matmul(world.parameters.head);
  const { reduction, weighted } = program;
  const options = { reduction, ...(weighted ? { sampleWeight: batch.weights } : {}) };
  const loss = (heads[program.loss] as Head)(prediction, batch, options, program.choice);
  return { loss: reduction === "none" ? loss.mul(0.7).sum() : loss, prediction };
}

/** The program's optimizer for these parameters. */
export function makeOptimizer({ optimizer }: TrainingProgram, { parameters }: World): nn.Optimizer {
  return optimizers[optimizer](Object.values(parameters));
}

/** How many rows the batch has. */
export const countRows = (batch: Batch): number => rowsOf(batch.x);

/** What `compile` takes as a loss for predictions [rows, classes], and the targets for it. */
export const compiledLosses: Readonly<
  Record<
    string,
    {
      readonly loss: unknown;
      readonly metrics: readonly unknown[];
      readonly targets: (batch: Batch, classes: number) => Tensor;
    }
  >
> = {
  crossEntropy: { loss: losses.crossEntropy, metrics: ["accuracy"], targets: ({ labels }) => labels },
  ignoring: { loss: losses.crossEntropy.with({ ignoreIndex: 0 }), metrics: [], targets: ({ labels }) => labels },
  mse: { loss: "mse", metrics: ["mae"], targets: ({ numbers }, classes) => numbers.slice(":", [0, classes]) },
  binary: {
    loss: losses.binaryCrossEntropyWithLogits,
    metrics: [],
    targets: ({ numbers }, classes) => numbers.slice(":", [0, classes]).greater(0).cast("float32"),
  },
  "a user's": {
    loss: (prediction: Tensor, target: Tensor) => {
      refuseWhere(target.greater(2.5), (at) => new RangeError(`a target that is too large, at [${at}]`));
      return prediction.sub(target).square().mean(-1);
    },
    metrics: [(prediction: Tensor, target: Tensor) => prediction.sub(target).abs().mean(-1)],
    targets: ({ numbers }, classes) => numbers.slice(":", [0, classes]),
  },
};

/** The program as a model of all parts of a batch but its weights. */
export class ProgramModel extends nn.Model {
  readonly program: TrainingProgram;
  readonly world: World;
  readonly kernel: Parameter;
  readonly bias: Parameter;
  readonly table: Parameter;
  readonly head: Parameter;

  constructor(program: TrainingProgram) {
    super();
    this.program = program;
    this.world = makeWorld(program);
    ({ kernel: this.kernel, bias: this.bias, table: this.table, head: this.head } = this.world.parameters);
  }

  forward(x: Tensor, labels: Tensor, ids: Tensor, numbers: Tensor, mask: Tensor): Tensor {
    const batch: Batch = { x, labels, ids, numbers, mask, weights: x };
    let h = x;
    for (const { name, choice } of this.program.layers) h = (layers[name] as LayerOf)(h, this.world, batch, choice);
    return h.matmul(this.head);
  }
}
