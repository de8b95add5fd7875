/**
 * With debugNaN, training says where the first NaN is; without it, training goes on.
 */
import { customGradient, type Tensor, ValueError } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { column, line, x, y } from "../../test/line.ts";
import { Dense, Sequential, SGD } from "../index.ts";

const options = { batchSize: 2, shuffle: false, debugNaN: true } as const;

function deep(middle: (input: Tensor) => Tensor, lr = 0.01) {
  const model = new Sequential([
    new Dense({ units: 2, inputDim: 1, kernelInitializer: "ones" }),
    middle,
    new Dense({ units: 1, kernelInitializer: "ones" }),
  ]);
  model.compile({ optimizer: new SGD({ lr }), loss: "mse" });
  return model;
}

describe("debugNaN", () => {
  it("changes nothing where there is no NaN", async () => {
    const [plain, watched] = [line(0.01), line(0.01)];
    await plain.model.fit(column(x), y, { ...options, debugNaN: false, epochs: 3 });
    await watched.model.fit(column(x), y, { ...options, epochs: 3 });
    expect(watched.weight()).toBe(plain.weight());
  });

  it("names the batch and the data", async () => {
    const broken = column([1, 2, 3, Number.NaN, 5]);
    await expect(line().model.fit(broken, y, options)).rejects.toThrow(
      /fit, epoch 1, batch 2: debugNaN: expected numbers, got NaN in the inputs, at element 1 of 2/,
    );
    await expect(line().model.fit(column(x), [1, 2, 3, 4, Number.NaN], options)).rejects.toThrow(
      /batch 3: .*NaN in the targets/,
    );
  });

  it("names the layer, the innermost one", async () => {
    const model = deep(function root(input) {
      return input.sub(3).sqrt();
    });
    const outer = new Sequential([model], { name: "outer" });
    outer.compile({ optimizer: "sgd", loss: "mse" });
    const error: ValueError = await outer.fit(column(x), y, options).then(
      () => expect.unreachable(),
      (reason) => reason,
    );
    expect(error).toBeInstanceOf(ValueError);
    expect(error.message).toMatch(/batch 1.*NaN in the output of layer "root" \(Lambda\)/);
  });

  it("tells an overflow from a wrong computation", async () => {
    const model = deep((input) => input.mul(1e30).mul(1e30));
    const after = new Sequential([model, (input) => input.sub(input)]);
    after.compile({ optimizer: "sgd", loss: "mse" });
    await expect(after.fit(column(x), y, options)).rejects.toThrow(/Its input is infinite/);
  });

  it("names the loss", async () => {
    const { model } = line();
    model.compile({ optimizer: "sgd", loss: (p, t) => p.sub(t).mul(0).log().mul(0) });
    await expect(model.fit(column(x), y, options)).rejects.toThrow(/NaN in the loss/);
  });

  it("names the gradient that is nearest to the loss", async () => {
    const broken = customGradient(
      (input) => input,
      (g) => g.mul(Number.NaN),
    );
    const model = deep((input) => broken(input));
    await expect(model.fit(column(x), y, options)).rejects.toThrow(/NaN in the gradient of layers\.0\.bias/);
  });

  it("names the weight that the update spoilt", async () => {
    const model = deep((input) => input, Number.MAX_VALUE);
    await expect(model.fit(column(x), y, { ...options, epochs: 9 })).rejects.toThrow(
      /NaN in (layers\.\d\.(kernel|bias) after the update|the output of layer)/,
    );
  });
});

describe("without debugNaN", () => {
  it("the history shows it, and training goes on", async () => {
    const { model } = line(0.1, ["mae", "r2"]);
    const { history } = await model.fit(column([1, Number.NaN]), [1, 2], { epochs: 2 });
    expect(history.loss).toEqual([Number.NaN, Number.NaN]);
    expect(history.mae).toEqual([Number.NaN, Number.NaN]);
  });
});
