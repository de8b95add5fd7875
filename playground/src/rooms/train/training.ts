/**
 * One training: the network, its loss and optimizer, the compiled step, and what is known of it at the step where it stands.
 */
import {
  Adadelta,
  Adafactor,
  Adagrad,
  Adam,
  Adamax,
  AdamW,
  batches,
  Dense,
  Dropout,
  diagnose,
  Ftrl,
  Generator,
  jit,
  Lion,
  type Loss,
  l1,
  l2,
  lossByName,
  Muon,
  manualSeed,
  NAdam,
  noGrad,
  type Optimizer,
  type OptimizerClass,
  type Rewindable,
  RMSprop,
  rewindable,
  Sequential,
  SGD,
  type Tensor,
} from "chainrule";
import { Curve, isMeasured } from "./curve.ts";
import type { PointData } from "./data.ts";
import { type Head, headFor, lossWith, sharesOf, targetsOf } from "./losses.ts";
import { type ModelSettings, own, type Settings } from "./settings.ts";

const optimizerClasses = {
  SGD,
  Adam,
  AdamW,
  NAdam,
  Adamax,
  RMSprop,
  Adagrad,
  Adadelta,
  Adafactor,
  Ftrl,
  Lion,
  Muon,
} as const;

/** The same bits on every machine: a link gives the same numbers to everybody. */
const compiled = { deterministic: true } as const;

/** How a layer was changed by the last step. */
export interface LayerChange {
  readonly name: string;
  /** Root mean squares of the weights (biases included), of their gradient, and of what the step added to them. */
  readonly weight: number;
  readonly gradient: number;
  readonly update: number;
}

/** The loss and the share of right answers on some points. */
export interface Score {
  readonly loss: number;
  readonly accuracy: number;
}

/** What points are scored by. */
interface Part {
  readonly x: Tensor;
  readonly targets: Tensor;
  readonly labels: Int32Array;
}

/** What {@link Training.outputs} gives: all layers' outputs, the last layer's last. */
export type LayerOutputs = readonly { readonly units: number; readonly values: Float32Array }[];

/** A training of a network on points in the plane. */
export class Training {
  readonly head: Head;
  readonly curve = new Curve();
  readonly loss: Loss;
  readonly model: Sequential;
  readonly optimizer: Optimizer;
  readonly classes: number;
  /** The layers with weights. */
  readonly dense: readonly Dense[];
  readonly train: Part;
  readonly test: Part | null;
  readonly settings: Settings;
  readonly #dropouts: readonly Dropout[];
  readonly #run: Rewindable<Tensor>;
  readonly #evaluate: (x: Tensor, targets: Tensor) => [Tensor, Tensor];
  readonly #outputs: (x: Tensor) => Tensor[];
  readonly #gradients: (x: Tensor, targets: Tensor) => Tensor[];
  #isWatching = false;
  #watched: { before: Float32Array[]; gradients: Float32Array[] } | null = null;
  #changes: readonly LayerChange[] = [];
  #lossOfStep = Number.NaN;

  /**
   * @param ownLoss what the source of the learner's loss made, where the settings name it.
   * @throws the library's errors, for options that the loss does not take and the like.
   */
  constructor(settings: Settings, data: PointData, ownLoss?: Loss) {
    this.settings = settings;
    this.classes = data.classes;
    this.loss = lossOf(settings, ownLoss);
    this.head = headFor(this.loss, data.classes);
    const part = ({ x, labels }: { x: Tensor; labels: Tensor }): Part => ({
      x,
      targets: targetsOf(labels, data.classes, this.head),
      labels: labels.toTypedArray() as Int32Array,
    });
    this.train = part(data);
    this.test = data.test && part(data.test);
    manualSeed(settings.seed);
    this.model = makeModel(settings, this.head);
    this.dense = this.model.layers.filter((layer) => layer instanceof Dense);
    this.#dropouts = this.model.layers.filter((layer) => layer instanceof Dropout);
    this.optimizer = makeOptimizer(settings, this.model);
    const parameters = this.model.parameters();
    const step = jit((x: Tensor, targets: Tensor) => {
      this.optimizer.zeroGrad();
      const loss = this.#lossIn(x, targets);
      loss.backward();
      this.optimizer.step();
      return loss;
    }, compiled);
    this.#gradients = jit((x: Tensor, targets: Tensor) => {
      this.optimizer.zeroGrad();
      this.#lossIn(x, targets).backward();
      const gradients = parameters.map(({ grad }) => grad!);
      this.optimizer.zeroGrad();
      return gradients;
    }, compiled);
    this.#evaluate = jit((x: Tensor, targets: Tensor) => {
      const outputs = noGrad(() => this.#forward(x).at(-1)!);
      return [this.loss(outputs, targets), outputs];
    }, compiled);
    this.#outputs = jit((x: Tensor) => noGrad(() => this.#forward(x)), compiled);
    this.#run = this.#makeRun(step);
    this.#measure();
  }

  #makeRun(step: (x: Tensor, targets: Tensor) => Tensor): Rewindable<Tensor> {
    const { batch, seed } = this.settings;
    const { x, targets } = this.train;
    const { model, optimizer } = this;
    const take = (x: Tensor, targets: Tensor) => {
      if (this.#isWatching) this.#watch(x, targets);
      return step(x, targets);
    };
    // Taking the state copies it out of the compiled program's memory; running steps again costs less than doing that often.
    const every = 64;
    if (batch === 0 || batch >= x.shape[0]) return rewindable(() => take(x, targets), { model, optimizer }, { every });
    const order = new Generator(seed);
    const pass = () => batches(x, targets, { batchSize: batch, generator: order });
    const parts = { model, optimizer, order };
    return rewindable((part: readonly Tensor[]) => take(part[0], part[1]), parts, { every, batches: pass });
  }

  /** The loss of a batch as training has it: with the penalty on weights, and with units dropped. */
  #lossIn(x: Tensor, targets: Tensor): Tensor {
    const loss = this.loss(this.model.call(x), targets);
    const penalty = this.model.penalty();
    return penalty ? loss.add(penalty) : loss;
  }

  /** What each layer with weights gives, nothing dropped. */
  #forward(x: Tensor): Tensor[] {
    const outputs: Tensor[] = [];
    for (const layer of this.dense) outputs.push(layer.call(outputs.at(-1) ?? x) as Tensor);
    return outputs;
  }

  // Where it stands

  /** How many steps it has had. */
  get at(): number {
    return this.#run.at;
  }

  /** The first step to which it can go back. */
  get earliest(): number {
    return this.#run.earliest;
  }

  /** The loss of the last step: of its batch, with the penalty, before the update. NaN before the first. */
  get lossOfStep(): number {
    return this.#lossOfStep;
  }

  /** How the last step changed the layers; empty before the first. */
  get changes(): readonly LayerChange[] {
    return this.#changes;
  }

  /** Takes so many steps. */
  step(count: number): void {
    const end = this.at + count;
    while (this.at < end) {
      let next = this.at + 1;
      while (next < end && !isMeasured(next)) next++;
      if (next < end) this.#lossOfStep = this.#run.step(next - this.at).item();
      else {
        if (next - this.at > 1) this.#run.step(next - this.at - 1);
        this.#watching(() => {
          this.#lossOfStep = this.#run.step().item();
        });
      }
      this.#measure();
    }
  }

  /** Goes to a step: back, or on. */
  to(step: number): void {
    if (step > this.at) this.step(step - this.at);
    else if (step < this.at) {
      this.#run.to(Math.max(this.earliest, step - 1));
      if (step === this.at) this.#changes = [];
      else
        this.#watching(() => {
          this.#lossOfStep = this.#run.step().item();
        });
      if (step === 0) this.#lossOfStep = Number.NaN;
    }
  }

  #measure(): void {
    if (!isMeasured(this.at) || this.curve.last >= this.at) return;
    this.curve.add(this.at, this.score(this.train), this.test && this.score(this.test));
  }

  // How it changes

  /** Runs a step, and notes the gradient that it took and what it changed. */
  #watching(step: () => void): void {
    this.#isWatching = true;
    try {
      step();
    } finally {
      this.#isWatching = false;
    }
    const { before, gradients } = this.#watched!;
    const after = this.#weights();
    let at = 0;
    this.#changes = this.dense.map((layer) => {
      const parameters = layer.parameters().length;
      const indices = Array.from({ length: parameters }, (_, i) => at + i);
      at += parameters;
      return {
        name: layer.name,
        weight: rootMeanSquare(indices, (i, j) => before[i][j], before),
        gradient: rootMeanSquare(indices, (i, j) => gradients[i][j], before),
        update: rootMeanSquare(indices, (i, j) => after[i][j] - before[i][j], before),
      };
    });
  }

  #watch(x: Tensor, targets: Tensor): void {
    const before = this.#weights();
    // The step is to drop the same units.
    const states = this.#dropouts.map((layer) => structuredClone(layer.extraState()));
    const gradients = this.#gradients(x, targets).map((gradient) => gradient.toTypedArray() as Float32Array);
    this.#dropouts.forEach((layer, i) => {
      layer.loadExtraState(states[i]);
    });
    this.#watched = { before, gradients };
  }

  #weights(): Float32Array[] {
    return this.model.parameters().map((parameter) => parameter.toTypedArray() as Float32Array);
  }

  /** All weights, layer by layer: the kernel [in, out], then the biases. */
  weights(): Float32Array {
    const parts = this.#weights();
    const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const part of parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }

  // What it says

  /** The loss, without penalty and with nothing dropped, and the share of right answers. */
  score(part: Part): Score {
    const [loss, outputs] = this.#evaluate(part.x, part.targets);
    const predicted = this.#predicted(outputs);
    let right = 0;
    for (let i = 0; i < predicted.length; i++) if (predicted[i] === part.labels[i]) right++;
    return { loss: loss.item(), accuracy: right / predicted.length };
  }

  /** How many points of each class (rows) are taken for each class (columns). */
  confusion(part: Part): Uint32Array {
    const counts = new Uint32Array(this.classes ** 2);
    const predicted = this.#predicted(this.#evaluate(part.x, part.targets)[1]);
    for (let i = 0; i < predicted.length; i++) counts[part.labels[i] * this.classes + predicted[i]]++;
    return counts;
  }

  #predicted(outputs: Tensor): Uint8Array {
    const { head } = this;
    const numbers = outputs.toTypedArray() as Float32Array;
    const predicted = new Uint8Array(numbers.length / head.units);
    const border = head.activation === "sigmoid" ? 0.5 : 0;
    for (let i = 0; i < predicted.length; i++) {
      if (head.units === 1) predicted[i] = numbers[i] > border ? 1 : 0;
      else {
        let best = 0;
        for (let c = 1; c < head.units; c++) if (numbers[i * head.units + c] > numbers[i * head.units + best]) best = c;
        predicted[i] = best;
      }
    }
    return predicted;
  }

  /** What every layer gives for points [n, 2]. */
  outputs(x: Tensor): LayerOutputs {
    return this.#outputs(x).map((output) => ({
      units: output.shape[1],
      values: output.toTypedArray() as Float32Array,
    }));
  }

  /** The shares of the classes, 0 to 255, of what the last layer gives. */
  shares(last: LayerOutputs[number]): Uint8Array<ArrayBuffer> {
    return sharesOf(last.values, this.head, this.classes);
  }

  /** The least that the loss can be on the points of training, where the library knows it: the entropy of smoothed labels. */
  floor(): number | null {
    const { x, targets } = this.train;
    const loss = () => this.loss(this.#forward(x).at(-1)!, targets);
    return diagnose({ loss, model: this.model }, { rules: [] }).loss?.floor ?? null;
  }

  /** What `diagnose` finds; everything stays as it is. */
  diagnose(): ReturnType<typeof diagnose> {
    const { x, targets } = this.train;
    const { model, optimizer } = this;
    const loss = () => this.#lossIn(x, targets);
    const step = () => {
      optimizer.zeroGrad();
      loss().backward();
      optimizer.step();
    };
    return diagnose({ loss, model, optimizer, step, x, y: targets });
  }
}

function rootMeanSquare(
  parameters: readonly number[],
  numberAt: (parameter: number, i: number) => number,
  like: readonly Float32Array[],
): number {
  let sum = 0;
  let count = 0;
  for (const parameter of parameters) {
    const { length } = like[parameter];
    for (let i = 0; i < length; i++) sum += numberAt(parameter, i) ** 2;
    count += length;
  }
  return Math.sqrt(sum / count);
}

function lossOf({ loss, lossOptions }: ModelSettings, ownLoss: Loss | undefined): Loss {
  if (loss !== own) return lossWith(lossByName(loss), lossOptions);
  if (!ownLoss) throw new RangeError("The loss of one's own has not been run.");
  return lossWith(ownLoss, lossOptions);
}

/** The network of the settings, with weights drawn by the seed of `manualSeed`. */
export function makeModel(settings: Settings, head: Head): Sequential {
  const { layers, activation, dropout, penalty, strength, seed } = settings;
  const regularizer = { none: null, l1: l1(strength), l2: l2(strength) }[penalty];
  const kernelRegularizer = regularizer && { kernelRegularizer: regularizer };
  const model = new Sequential();
  let inputDim = 2;
  layers.forEach((units, i) => {
    model.add(new Dense({ units, inputDim, activation, ...kernelRegularizer, name: `hidden ${i + 1}` }));
    if (dropout > 0) model.add(new Dropout({ rate: dropout, seed: seed + i + 1 }));
    inputDim = units;
  });
  model.add(
    new Dense({ units: head.units, inputDim, activation: head.activation, ...kernelRegularizer, name: "output" }),
  );
  return model;
}

/** The optimizer of the settings. */
export function makeOptimizer({ optimizer, lr }: Settings, model: Sequential): Optimizer {
  if (optimizer === "Momentum") return new SGD(model, { lr, momentum: 0.9 });
  const { [optimizer]: Class } = optimizerClasses as Readonly<
    Record<string, OptimizerClass<{ lr: number; weightDecay: number }>>
  >;
  return new Class(model, { lr });
}
