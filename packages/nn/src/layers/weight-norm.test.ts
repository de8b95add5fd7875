import { OptionError, randn } from "@chainrule/core";
import { expectClose } from "@chainrule/testing";
import { describe, expect, it } from "vitest";
import * as nn from "../index.ts";

const layers: readonly [nn.Layer, readonly number[]][] = [
  [new nn.Dense({ units: 3, activation: "tanh" }), [2, 4]],
  [new nn.Linear(4, 3), [2, 4]],
  [new nn.Conv1d({ filters: 3, kernelSize: 2 }), [2, 4, 5]],
  [new nn.Conv2d({ filters: 3, kernelSize: 2, groups: 1 }), [2, 4, 5, 5]],
  [new nn.ConvTranspose1d({ filters: 3, kernelSize: 2, stride: 2, padding: "same" }), [2, 4, 5]],
  [new nn.ConvTranspose2d({ filters: 3, kernelSize: 2, outputPadding: 0 }), [2, 4, 3, 3]],
  [new nn.DepthwiseConv1d({ kernelSize: 2 }), [2, 4, 5]],
  [new nn.DepthwiseConv2d({ kernelSize: 2 }), [2, 4, 5, 5]],
];

describe("WeightNorm", () => {
  it.each(layers.map(([layer, shape]) => [layer.constructor.name, layer, shape] as const))(
    "changes nothing at first, and then learns lengths apart: %s",
    (_name, layer, shape) => {
      const x = randn(shape);
      const before = layer.call(x);
      const normed = new nn.WeightNorm(layer as nn.Dense);
      expectClose(normed.call(x), before, { tolerance: 1e-5 });
      expect(normed.outputShape([null, ...shape.slice(1)])).toEqual([null, ...before.shape.slice(1)]);
      normed.magnitude.assign(normed.magnitude.mul(2));
      const bias = layer.namedParameters().get("bias")!;
      bias.assign(bias.mul(0));
      const direction = layer.namedParameters().get("kernel") ?? layer.namedParameters().get("weight")!;
      const doubled = normed.call(x);
      direction.assign(direction.mul(5));
      expectClose(normed.call(x), doubled, { tolerance: 1e-5 });
    },
  );

  it("trains within a model, compiled too, and comes back from its state", async () => {
    const make = () => new nn.Sequential([new nn.WeightNorm(new nn.Dense({ units: 3, inputDim: 2 })), new nn.Dense(1)]);
    const model = make().compile({ optimizer: "adam", loss: "mse" });
    const [x, y] = [randn([32, 2]), randn([32, 1])];
    const before = model.stateDict();
    await model.fit(x, y, { epochs: 3, verbose: 0, diagnose: false });
    for (const name of ["magnitude", "layer.kernel", "layer.bias"])
      expect(model.stateDict()[`layers.0.${name}`].toArray()).not.toEqual(before[`layers.0.${name}`].toArray());
    const other = make();
    other.loadStateDict(model.stateDict());
    expectClose(other.predict(x), model.predict(x), { tolerance: 1e-5 });
  });

  it("refuses other layers, and an activityRegularizer that nobody would see", () => {
    expect(() => new nn.WeightNorm(new nn.LayerNorm() as never)).toThrow(OptionError);
    expect(() => new nn.WeightNorm(new nn.Dense({ units: 2, activityRegularizer: "l2" }))).toThrow(/own options/);
  });
});
