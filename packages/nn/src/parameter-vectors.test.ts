import { jit } from "@chainrule/compiler";
import { OptionError, ones, parameter, randn, ShapeError, type Tensor, tensor } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { Dense, parametersToVector, Sequential, vectorToParameters } from "./index.ts";

describe("parameters as a vector", () => {
  const model = () => new Sequential([new Dense({ units: 3, inputDim: 2 }), new Dense(1)]);

  it("go there and back again", () => {
    const [one, other] = [model(), model()];
    vectorToParameters(parametersToVector(one), other);
    expect(other.parameters().map((w) => w.toArray())).toEqual(one.parameters().map((w) => w.toArray()));
    expect(parametersToVector(one).shape).toEqual([2 * 3 + 3 + 3 + 1]);
    expect(other.parameters().every(({ requiresGrad }) => requiresGrad)).toBe(true);
  });

  it("stand in the order of the parameters, row by row, as in PyTorch", () => {
    const list = [
      parameter(
        tensor([
          [1, 2],
          [3, 4],
        ]),
      ),
      parameter(5),
      parameter([6]),
    ];
    expect(parametersToVector(list).toArray()).toEqual([1, 2, 3, 4, 5, 6]);
    vectorToParameters([6, 5, 4, 3, 2, 1], list);
    expect(list.map((w) => w.toArray())).toEqual([
      [
        [6, 5],
        [4, 3],
      ],
      2,
      [1],
    ]);
  });

  it("send gradients to each parameter, compiled too", () => {
    const list = [parameter([1, 2]), parameter([[3]])];
    const step = () => {
      for (const w of list) w.zeroGrad();
      parametersToVector(list).square().sum().backward();
      return list.map((w) => w.grad!) as Tensor[];
    };
    for (const run of [step, jit(step)]) expect(run().map((g) => g.toArray())).toEqual([[2, 4], [[6]]]);
  });

  it("refuse other lengths and other things, and change nothing then", () => {
    const made = model();
    const before = parametersToVector(made).toArray();
    expect(() => vectorToParameters(ones([12]), made)).toThrow(/a vector of 13 numbers/);
    expect(() => vectorToParameters(randn([13, 1]), made)).toThrow(ShapeError);
    expect(parametersToVector(made).toArray()).toEqual(before);
    expect(() => parametersToVector([ones([2])] as never)).toThrow(OptionError);
    expect(() => parametersToVector(3 as never)).toThrow(OptionError);
    expect(() => parametersToVector([])).toThrow(OptionError);
  });
});
