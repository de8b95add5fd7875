import { checkGradients, Generator, OptionError, randn, softmax, tensor } from "@chainrule/core";
import { expectClose } from "@chainrule/testing";
import { describe, expect, it } from "vitest";
import { type ActivationName, activationByName } from "../activations.ts";
import {
  Activation,
  ELU,
  GELU,
  LeakyReLU,
  LogSoftmax,
  Mish,
  PReLU,
  ReLU,
  SELU,
  Sigmoid,
  SiLU,
  Softmax,
  Softplus,
  Tanh,
} from "./index.ts";

const classes = { ReLU, LeakyReLU, ELU, SELU, GELU, SiLU, Mish, Sigmoid, Tanh, Softplus, Softmax, LogSoftmax };

const names: ActivationName[] = [
  "linear",
  "relu",
  "relu6",
  "leaky_relu",
  "elu",
  "selu",
  "gelu",
  "silu",
  "swish",
  "mish",
  "sigmoid",
  "hard_sigmoid",
  "log_sigmoid",
  "tanh",
  "hard_tanh",
  "hard_swish",
  "hard_silu",
  "softplus",
  "softsign",
  "softmax",
  "log_softmax",
  "exponential",
];

/** No element lies near a corner of any of them: 0, ±1, ±3, 6. */
const x = tensor(
  [
    [-2.3, 0.4, 1.7],
    [3.4, -0.6, 0.2],
  ],
  { dtype: "float64" },
);

describe("Activation", () => {
  it.each(names)("has right gradients for %s", (name) => {
    checkGradients((input) => new Activation(name).call(input), [x], { second: true, tolerance: 1e-5 });
  });

  it("takes a name or a function", () => {
    expect(new Activation("relu").call([-1, 2]).toArray()).toEqual([0, 2]);
    expect(new Activation((input) => input.mul(3)).call([1]).toArray()).toEqual([3]);
    expect(new Activation({ activation: "tanh", name: "squash" }).name).toBe("squash");
  });

  it("gives the values of its formulas", () => {
    const at = (name: string, value: number) => activationByName(name)(tensor(value, { dtype: "float64" })).item();
    expect(at("sigmoid", 2)).toBeCloseTo(1 / (1 + Math.exp(-2)), 12);
    expect(at("swish", 2)).toBeCloseTo(2 / (1 + Math.exp(-2)), 12);
    expect(at("leaky_relu", -2)).toBeCloseTo(-0.4, 12);
    expect(at("elu", -2)).toBeCloseTo(Math.expm1(-2), 12);
    expect(at("softsign", -3)).toBeCloseTo(-0.75, 12);
    expect(at("hard_sigmoid", 1)).toBeCloseTo(4 / 6, 12);
    expect(at("exponential", 1)).toBeCloseTo(Math.E, 12);
    expect(at("linear", -7)).toBe(-7);
  });

  it("suggests the nearest name", () => {
    expect(() => new Activation("sigmiod" as never)).toThrow(/Did you mean "sigmoid"/);
    expect(() => new Activation("leakyRelu" as never)).toThrow(/Did you mean "leaky_relu"/);
    expect(() => new Activation(undefined as never)).toThrow(OptionError);
    expect(() => new Activation(3 as never)).toThrow(OptionError);
  });
});

describe("activations as classes", () => {
  it.each(Object.keys(classes) as (keyof typeof classes)[])(
    "%s is named as it is called, and has right gradients",
    (name) => {
      const layer = new classes[name]();
      expect(layer.constructor.name).toBe(name);
      expect(layer).toBeInstanceOf(Activation);
      checkGradients((input) => layer.call(input), [x]);
    },
  );

  it("take options of their own", () => {
    expect(new LeakyReLU({ negativeSlope: 0.5 }).call([-2]).toArray()).toEqual([-1]);
    expectClose(new Softmax({ axis: 0 }).call(x), softmax(x, 0));
    expect(new LeakyReLU({ name: "leak" }).name).toBe("leak");
    expect(() => new LeakyReLU({ slope: 0.5 } as never)).toThrow(/LeakyReLU: expected options it knows, got "slope"/);
  });
});

describe("PReLU", () => {
  it("learns one slope, or one for each place along an axis", () => {
    expect(new PReLU().call([[-4, 2]]).toArray()).toEqual([[-1, 2]]);
    const layer = new PReLU({ axis: -1, inputDim: 2 });
    layer.alpha.assign([0, 1]);
    expect(layer.call([[-4, -4]]).toArray()).toEqual([[-0, -4]]);
    expect(() => layer.call([[1, 2, 3]])).toThrow(/expected length 2 along axis -1, got 3/);
  });

  it("has right gradients", () => {
    const layer = new PReLU({ axis: 1, inputDim: 3, dtype: "float64" });
    const slopes = randn([3], { dtype: "float64", generator: new Generator(1) });
    checkGradients((input, alpha) => Object.assign(layer, { alpha }).call(input), [x, slopes], { second: true });
  });
});
