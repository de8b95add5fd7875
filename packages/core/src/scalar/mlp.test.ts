import { describe, expect, it } from "vitest";
import { DTypeError, OptionError, ShapeError, ValueError } from "../errors.ts";
import { ScalarLayer, ScalarMLP, ScalarNeuron } from "./mlp.ts";
import { Value, value } from "./value.ts";

const data = (values: Value[]) => values.map((v) => v.data);

describe("ScalarNeuron", () => {
  it("is activation(w·x + b)", () => {
    const neuron = new ScalarNeuron(3, { activation: "tanh", seed: 1 });
    const [w1, w2, w3, b] = neuron.parameters();
    b.data = 0.5;
    const x = [0.2, -1, 3];
    const y = neuron.call(x);
    expect(y.data).toBeCloseTo(Math.tanh(w1.data * x[0] + w2.data * x[1] + w3.data * x[2] + 0.5), 15);
    y.backward();
    expect(w2.grad).toBeCloseTo((1 - y.data ** 2) * x[1], 15);
    expect(b.grad).toBeCloseTo(1 - y.data ** 2, 15);
  });

  it.each([
    ["linear", (z: number) => z],
    ["tanh", Math.tanh],
    ["sigmoid", (z: number) => 1 / (1 + Math.exp(-z))],
    ["relu", (z: number) => Math.max(0, z)],
    ["leakyRelu", (z: number) => Math.max(0.01 * z, z)],
    ["softplus", (z: number) => Math.log(1 + Math.exp(z))],
  ] as const)("has the activation %s", (activation, formula) => {
    const neuron = new ScalarNeuron(1, { activation, seed: 2 });
    for (const x of [-2, 2]) expect(neuron.call([x]).data).toBeCloseTo(formula(neuron.weights[0].data * x), 14);
  });

  it("starts with weights uniform in ±√(3/n), in ±√(6/n) before a relu, and no bias", () => {
    for (const [activation, limit] of [
      ["tanh", Math.sqrt(3 / 400)],
      ["relu", Math.sqrt(6 / 400)],
    ] as const) {
      const { weights, bias } = new ScalarNeuron(400, { activation, seed: 3 });
      const largest = Math.max(...data(weights).map(Math.abs));
      expect(largest).toBeLessThanOrEqual(limit);
      expect(largest).toBeGreaterThan(0.95 * limit);
      expect(bias.data).toBe(0);
    }
  });

  it("names its parameters", () => {
    expect(new ScalarNeuron(2, { seed: 1 }).parameters().map((p) => p.label)).toEqual(["w1", "w2", "b"]);
  });
});

describe("ScalarLayer", () => {
  it("has one output per neuron", () => {
    const layer = new ScalarLayer(2, 3, { seed: 1 });
    const x = [value(0.5), value(-1)];
    expect(data(layer.call(x))).toEqual(data(layer.neurons.map((neuron) => neuron.call(x))));
    expect(layer.parameters()).toHaveLength(9);
  });
});

describe("ScalarMLP", () => {
  it("is its layers one after the other", () => {
    const mlp = new ScalarMLP([2, 4, 3, 2], { activation: "relu", outputActivation: "sigmoid", seed: 1 });
    const [first, second, third] = mlp.layers;
    const x = [0.5, -1];
    expect(data(mlp.call(x))).toEqual(data(third.call(second.call(first.call(x)))));
    expect(String(mlp)).toBe("ScalarMLP(2 → 4 relu → 3 relu → 2 sigmoid)");
  });

  it("of sizes 2, 16, 16, 1 has 337 parameters", () => {
    expect(new ScalarMLP([2, 16, 16, 1]).parameters()).toHaveLength(337);
  });

  it("has the same weights from the same seed, and others from another", () => {
    const weights = (seed: number) => data(new ScalarMLP([2, 3, 1], { seed }).parameters());
    expect(weights(1)).toEqual(weights(1));
    expect(weights(1)).not.toEqual(weights(2));
    expect(weights(1)[0]).not.toBe(weights(1)[3]);
  });

  it("takes its numbers from a random function, if given one", () => {
    const mlp = new ScalarMLP([3, 1], { random: () => 0.75 });
    expect(data(mlp.parameters())).toEqual([0.5, 0.5, 0.5, 0]);
  });

  it("passes gradients to its inputs too", () => {
    const x = [value(0.1), value(0.2)];
    new ScalarMLP([2, 4, 1], { seed: 1 }).call(x)[0].backward();
    for (const input of x) expect(input.grad).not.toBe(0);
  });

  it("forgets its gradients at zeroGrad", () => {
    const mlp = new ScalarMLP([2, 4, 1], { seed: 1 });
    mlp.call([1, 2])[0].backward();
    expect(mlp.parameters().some((p) => p.grad !== 0)).toBe(true);
    mlp.zeroGrad();
    expect(mlp.parameters().every((p) => p.grad === 0)).toBe(true);
  });

  it("learns XOR from a seed", () => {
    const examples = [
      [0, 0, 0],
      [0, 1, 1],
      [1, 0, 1],
      [1, 1, 0],
    ];
    const mlp = new ScalarMLP([2, 4, 1], { activation: "tanh", outputActivation: "sigmoid", seed: 1 });
    let loss = value(Infinity);
    for (let step = 0; step < 500; step++) {
      loss = Value.mean(examples.map(([a, b, target]) => mlp.call([a, b])[0].sub(target).square()));
      mlp.zeroGrad();
      loss.backward();
      for (const p of mlp.parameters()) p.data -= 2 * p.grad;
    }
    expect(loss.data).toBeLessThan(0.01);
    for (const [a, b, target] of examples) expect(Math.round(mlp.call([a, b])[0].data)).toBe(target);
  });
});

describe("misuse throws an error that says what to do", () => {
  const mlp = new ScalarMLP([2, 3, 1], { seed: 1 });

  it("too few or too many inputs", () => {
    expect(() => mlp.call([1])).toThrow(ShapeError);
    expect(() => mlp.call([1])).toThrow(
      /ScalarMLP\(2 → 3 tanh → 1 linear\): expected an array of 2 inputs, got an array of 1/,
    );
    expect(() => mlp.call([1, 2, 3])).toThrow(ShapeError);
    expect(() => mlp.layers[0].call([1])).toThrow(/ScalarLayer\(2 → 3 tanh\)/);
    expect(() => mlp.layers[1].neurons[0].call([1])).toThrow(/ScalarNeuron\(3 inputs, linear\)/);
    expect(() => mlp.call(5 as unknown as number[])).toThrow(/got the number 5/);
  });

  it("inputs that are no numbers", () => {
    expect(() => mlp.call([[1], [2]] as unknown as number[])).toThrow(DTypeError);
    expect(() => mlp.call(new Array(2))).toThrow(DTypeError);
  });

  it("sizes that make no network", () => {
    for (const sizes of [[2], [], [2, 0], [2, 1.5], [-1, 2], [2, "3"]])
      expect(() => new ScalarMLP(sizes as number[])).toThrow(ValueError);
    expect(() => new ScalarMLP(2 as unknown as number[])).toThrow(/new ScalarMLP\(\[2, 16, 1\]\)/);
    expect(() => new ScalarLayer(2, 0)).toThrow(ValueError);
    expect(() => new ScalarNeuron(0)).toThrow(ValueError);
  });

  it("options that do not exist", () => {
    expect(() => new ScalarMLP([2, 1], { activation: "tahn" as "tanh" })).toThrow(/Did you mean "tanh"/);
    expect(() => new ScalarMLP([2, 1], { outputActivation: "softmax" as "tanh" })).toThrow(OptionError);
    expect(() => new ScalarNeuron(2, { activation: "softmax" as "tanh" })).toThrow(OptionError);
    expect(() => new ScalarMLP([2, 1], { sed: 1 } as object)).toThrow(/Did you mean "seed"/);
    expect(() => new ScalarMLP([2, 1], { seed: 1, random: Math.random })).toThrow(OptionError);
    expect(() => new ScalarMLP([2, 1], { seed: NaN })).toThrow(ValueError);
    expect(() => new ScalarMLP([2, 1], { random: 7 as unknown as () => number })).toThrow(DTypeError);
  });
});

it("a layer of more Values than there is memory for is refused", () => {
  expect(() => new ScalarMLP([2 ** 20, 2 ** 20])).toThrow(
    /weights of at least 1, in whole numbers, and at most 1048576/,
  );
  expect(() => new ScalarNeuron(2 ** 53)).toThrow(/Networks of this size are for tensors: Dense/);
});
