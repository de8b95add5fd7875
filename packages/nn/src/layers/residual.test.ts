import { Generator, OptionError, randn, type Tensor, zeros } from "@chainrule/core";
import { expectClose } from "@chainrule/testing";
import { describe, expect, it } from "vitest";
import { checkCopy, checkModule } from "../../test/check-layer.ts";
import { Activation, Conv2d, Dense, Residual, Sequential } from "../index.ts";

const dtype = "float64";
const noise = (...shape: number[]) => randn(shape, { dtype, generator: new Generator(shape.join()) });

describe("Residual", () => {
  it("adds to its input what its layers make of it", () => {
    const dense = new Dense({ units: 3, inputDim: 3, dtype });
    const x = noise(2, 3);
    expectClose(new Residual(dense).call(x), x.add(dense.call(x)));
    expectClose(new Residual([dense, (y: Tensor) => y.relu()]).call(x), x.add(dense.call(x).relu()));
  });

  it("adds to the shortcut where there is one", () => {
    const [wide, direct] = [new Dense(5, { dtype }), new Dense(5, { dtype })];
    const x = noise(2, 3);
    expectClose(new Residual(wide, { shortcut: direct }).call(x), direct.call(x).add(wide.call(x)));
  });

  it("holds the weights of its layers", () => {
    const make = () => {
      const conv = () => new Conv2d({ filters: 4, kernelSize: 3, padding: "same" });
      return new Residual([conv(), new Activation("relu"), conv()], {
        shortcut: new Conv2d({ filters: 4, kernelSize: 1 }),
        inputShape: [2, 5, 5],
      });
    };
    expect([...make().namedParameters().keys()]).toEqual([
      "layers.0.kernel",
      "layers.0.bias",
      "layers.2.kernel",
      "layers.2.bias",
      "shortcut.kernel",
      "shortcut.bias",
    ]);
    checkCopy(make, randn([2, 2, 5, 5]));
  });

  it("has right gradients", () => {
    const layer = new Residual([new Dense({ units: 4, activation: "tanh", dtype }), new Dense({ units: 3, dtype })], {
      inputDim: 3,
    });
    checkModule(layer, (x) => layer.call(x), [noise(2, 3)]);
  });

  it("stands in a model", async () => {
    const model = new Sequential([new Residual(new Dense(3)), new Dense(1)]);
    model.compile({ optimizer: "adam", loss: "mse" });
    await model.fit(randn([8, 3]), zeros([8, 1]), { epochs: 1, verbose: 0 });
    expect(model.outputShape([null, 3])).toEqual([null, 1]);
  });

  it("says what does not fit", () => {
    expect(() => new Residual(new Dense(4)).call(noise(2, 3))).toThrow(
      /^layer "residual" \(Residual\): sum: expected .* the shape of the input, \[2, 3\], got \[2, 4\].\n {2}Give a shortcut/,
    );
    expect(() => new Residual(new Dense(4), { shortcut: new Dense(2) }).call(noise(2, 3))).toThrow(
      /the shape of the shortcut, \[2, 2\], got \[2, 4\]/,
    );
    expect(() => new Residual([])).toThrow(OptionError);
    expect(() => new Residual(3 as never)).toThrow(/expected a layer, a module or a function of a tensor/);
  });
});
