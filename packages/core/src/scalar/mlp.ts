/// <reference path="../seedrandom.d.ts" />
/**
 * A multilayer perceptron of scalar Values: neurons make a layer, layers make a network.
 *
 * For looking at every single derivative; to train in earnest there are the tensor layers (`Dense`).
 */

import seedrandom from "seedrandom/seedrandom.js";
import { checkOptions, DTypeError, describe, lookUp, OptionError, ShapeError, ValueError } from "../errors.ts";
import { type Operand, Value } from "./value.ts";

/** The activations by name: what a neuron does to its weighted sum. */
const activations = {
  linear: (z: Value) => z,
  tanh: (z: Value) => z.tanh(),
  sigmoid: (z: Value) => z.sigmoid(),
  relu: (z: Value) => z.relu(),
  leakyRelu: (z: Value) => z.leakyRelu(),
  softplus: (z: Value) => z.softplus(),
};

/** The name of an activation: `"linear"`, `"tanh"`, `"sigmoid"`, `"relu"`, `"leakyRelu"` or `"softplus"`. */
export type ScalarActivation = keyof typeof activations;

/** Where the first weights come from, and what follows the weighted sum. */
export interface ScalarOptions {
  /** `"tanh"` unless told otherwise. */
  activation?: ScalarActivation;
  /** The same seed gives the same weights. */
  seed?: number;
  /** Numbers from [0, 1), in place of a seed; `Math.random` when neither is given. */
  random?: () => number;
}

/** {@link ScalarOptions}, and what the last layer does, which is usually something else. */
export interface ScalarMLPOptions extends ScalarOptions {
  /** The activation of the last layer: `"linear"` unless told otherwise. */
  outputActivation?: ScalarActivation;
}

const OPTIONS = ["activation", "seed", "random"];

/**
 * One neuron: activation(w₁x₁ + … + wₙxₙ + b).
 *
 * Weights start uniform in ±√(3/n), so that the sum varies about as much as its inputs (LeCun et al. 1998), or in
 * ±√(6/n) before a relu, which lets half of it through (He et al. 2015); the bias starts at 0.
 *
 * @throws ValueError when `inputs` is no positive whole number; OptionError for an option that does not exist.
 * @example
 * const neuron = new ScalarNeuron(2, { activation: "sigmoid", seed: 1 });
 * neuron.call([0.5, -1]); // a Value in (0, 1)
 */
export class ScalarNeuron {
  /** One weight for each input. */
  readonly weights: Value[];
  /** What is added to the weighted sum. */
  readonly bias: Value;
  /** What the sum passes through, by name. */
  readonly activation: ScalarActivation;

  constructor(inputs: number, options: ScalarOptions = {}) {
    checkOptions("ScalarNeuron", options, OPTIONS);
    const { activation = "tanh" } = options;
    checkSize("ScalarNeuron", "inputs", inputs);
    lookUp("ScalarNeuron: activation", activations, activation);
    const random = randomOf("ScalarNeuron", options);
    const limit = Math.sqrt((activation === "relu" || activation === "leakyRelu" ? 6 : 3) / inputs);
    this.weights = Array.from({ length: inputs }, (_, i) => new Value(limit * (2 * random() - 1), `w${i + 1}`));
    this.bias = new Value(0, "b");
    this.activation = activation;
  }

  /** The output for one example; a ShapeError unless there are as many inputs as weights. */
  call(inputs: readonly Operand[]): Value {
    checkInputs(this, inputs, this.weights.length);
    return activations[this.activation](Value.dot(this.weights, inputs, this.bias));
  }

  /** The weights, then the bias. */
  parameters(): Value[] {
    return [...this.weights, this.bias];
  }

  /** Its sizes in words. */
  toString(): string {
    return `ScalarNeuron(${this.weights.length} inputs, ${this.activation})`;
  }
}

/**
 * A layer: `units` neurons that look at the same inputs.
 *
 * @throws ValueError when `inputs` or `units` is no positive whole number; OptionError for an unknown option.
 * @example
 * const layer = new ScalarLayer(2, 3, { activation: "relu", seed: 1 });
 * layer.call([0.5, -1]); // three Values
 */
export class ScalarLayer {
  /** One neuron for each output. */
  readonly neurons: ScalarNeuron[];

  constructor(inputs: number, units: number, options: ScalarOptions = {}) {
    checkOptions("ScalarLayer", options, OPTIONS);
    checkSize("ScalarLayer", "units", units);
    if (typeof inputs === "number" && inputs * units > mostValues) checkSize("ScalarLayer", "weights", inputs * units);
    const { activation } = options;
    const random = randomOf("ScalarLayer", options);
    this.neurons = Array.from({ length: units }, () => new ScalarNeuron(inputs, { activation, random }));
  }

  /** The outputs for one example, one per neuron; a ShapeError unless there are as many inputs as weights. */
  call(inputs: readonly Operand[]): Value[] {
    checkInputs(this, inputs, this.neurons[0].weights.length);
    const shared = inputs.map((input) => Value.of(input)); // a number becomes one constant here, not one for each neuron
    return this.neurons.map((neuron) => neuron.call(shared));
  }

  /** The parameters of every neuron. */
  parameters(): Value[] {
    const all: Value[] = [];
    for (const neuron of this.neurons) all.push(...neuron.parameters());
    return all;
  }

  /** Its sizes in words. */
  toString(): string {
    const [{ weights, activation }] = this.neurons;
    return `ScalarLayer(${weights.length} → ${this.neurons.length} ${activation})`;
  }
}

/**
 * A multilayer perceptron: `sizes[0]` inputs, then one layer for each further size.
 *
 * @throws ValueError when there are fewer than two sizes, or one is no positive whole number; OptionError for an
 *   unknown option.
 * @example
 * const mlp = new ScalarMLP([2, 16, 16, 1], { activation: "tanh", seed: 1 });
 * const [y] = mlp.call([0.5, -1]);
 * const loss = y.sub(1).square();
 * mlp.zeroGrad();
 * loss.backward();
 * for (const p of mlp.parameters()) p.data -= 0.1 * p.grad;
 */
export class ScalarMLP {
  /** The layers from the input to the output. */
  readonly layers: ScalarLayer[];

  constructor(sizes: readonly number[], options: ScalarMLPOptions = {}) {
    if (!Array.isArray(options)) checkOptions("ScalarMLP", options, [...OPTIONS, "outputActivation"]);
    if (!Array.isArray(sizes) || sizes.length < 2)
      throw new ValueError({
        where: "ScalarMLP",
        expected: "the number of inputs and of each layer's neurons, two sizes or more",
        got: describe(sizes),
        hint: "new ScalarMLP([2, 16, 1]) takes 2 inputs, has a hidden layer of 16 neurons, and 1 output.",
      });
    for (const size of sizes) checkSize("ScalarMLP", "sizes", size);
    const { activation = "tanh", outputActivation = "linear" } = options;
    lookUp("ScalarMLP: activation", activations, activation);
    lookUp("ScalarMLP: outputActivation", activations, outputActivation);
    const random = randomOf("ScalarMLP", options);
    this.layers = sizes.slice(1).map((units, i) => {
      const isLast = i === sizes.length - 2;
      return new ScalarLayer(sizes[i], units, { activation: isLast ? outputActivation : activation, random });
    });
  }

  /** The outputs for one example; a ShapeError unless there are as many inputs as the first layer takes. */
  call(inputs: readonly Operand[]): Value[] {
    checkInputs(this, inputs, this.layers[0].neurons[0].weights.length);
    let values = inputs.map((input) => Value.of(input));
    for (const layer of this.layers) values = layer.call(values);
    return values;
  }

  /** Every weight and bias, from the first layer to the last. */
  parameters(): Value[] {
    const all: Value[] = [];
    for (const layer of this.layers) all.push(...layer.parameters());
    return all;
  }

  /** Sets every parameter's gradient to 0, for gradients add up from one `backward` to the next. */
  zeroGrad(): void {
    for (const parameter of this.parameters()) parameter.grad = 0;
  }

  /** Its sizes in words. */
  toString(): string {
    const layers = this.layers.map(({ neurons }) => `${neurons.length} ${neurons[0].activation}`);
    return `ScalarMLP(${[this.layers[0].neurons[0].weights.length, ...layers].join(" → ")})`;
  }
}

/** Values take a hundred bytes each: what is larger takes all memory there is. */
const mostValues = 2 ** 20;

function checkSize(where: string, what: string, size: number): void {
  if (Number.isInteger(size) && size >= 1 && size <= mostValues) return;
  const isLarge = typeof size === "number" && size > mostValues;
  throw new ValueError({
    where,
    expected: `${what} of at least 1, in whole numbers${isLarge ? `, and at most ${mostValues}` : ""}`,
    got: describe(size),
    hint: isLarge ? "Networks of this size are for tensors: Dense." : undefined,
  });
}

function checkInputs(who: object, inputs: readonly Operand[], expected: number): void {
  if (Array.isArray(inputs) && inputs.length === expected) return;
  throw new ShapeError({
    where: String(who),
    expected: expected === 1 ? "an array of 1 input" : `an array of ${expected} inputs`,
    got: describe(inputs),
    hint: "One call takes the numbers of one example; for many examples call it once for each.",
  });
}

function randomOf(where: string, { seed, random }: ScalarOptions): () => number {
  if (seed !== undefined && random !== undefined)
    throw new OptionError({ where, expected: "a seed or a random function", got: "both" });
  if (random !== undefined && typeof random !== "function")
    throw new DTypeError({ where, expected: "random to be a function like Math.random", got: describe(random) });
  if (seed !== undefined && !Number.isFinite(seed))
    throw new ValueError({ where, expected: "seed to be a finite number", got: describe(seed) });
  return random ?? (seed === undefined ? Math.random : seedrandom(String(seed)));
}
