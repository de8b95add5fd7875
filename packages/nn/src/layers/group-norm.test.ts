import { checkGradients, Generator, OptionError, randn, ShapeError, tensor, ValueError, zeros } from "@chainrule/core";
import { expectClose } from "@chainrule/testing";
import { describe, expect, it } from "vitest";
import { checkCopy, checkModule } from "../../test/check-layer.ts";
import { GroupNorm, LayerNorm, RMSNorm } from "../index.ts";

const dtype = "float64";
const noise = (...shape: number[]) => randn(shape, { dtype, generator: new Generator(shape.join()) });

describe("GroupNorm", () => {
  it("brings each group of channels of each example to mean 0 and variance 1", () => {
    const y = new GroupNorm({ groups: 2, dtype }).call(noise(3, 4, 5, 5).mul(7).add(3));
    const grouped = y.reshape(3, 2, 50);
    expectClose(grouped.mean(-1), zeros([3, 2]), { tolerance: 1e-12 });
    expectClose(grouped.var(-1, { correction: 0 }), zeros([3, 2]).add(1), { tolerance: 1e-5 });
  });

  it("is by hand", () => {
    const y = new GroupNorm({ groups: 2, eps: 0, dtype }).call(tensor([[1, 3, 10, 30]], { dtype }));
    expectClose(y, { shape: [1, 4], data: [-1, 1, -1, 1] });
  });

  it("is layer normalisation with one group, whatever the mode", () => {
    const x = noise(2, 4, 3);
    const layer = new GroupNorm({ groups: 1, dtype });
    const plain = new LayerNorm({ axis: [1, 2], dtype });
    expectClose(layer.call(x), plain.call(x));
    expectClose(layer.eval().call(x), plain.call(x));
  });

  it("scales and shifts each channel", () => {
    const x = noise(2, 4, 3);
    const layer = new GroupNorm({ groups: 2, dtype });
    const plain = layer.call(x);
    layer.gamma!.assign([1, 2, 3, 4]);
    layer.beta!.assign([0, 10, 20, 30]);
    expectClose(layer.call(x).slice(":", 2), plain.slice(":", 2).mul(3).add(20));
  });

  it("keeps constant groups and empty batches finite", () => {
    expect(new GroupNorm({ groups: 1 }).call([[5, 5]]).toArray()).toEqual([[0, 0]]);
    expect(new GroupNorm({ groups: 2 }).call(zeros([0, 4, 3])).shape).toEqual([0, 4, 3]);
  });

  it("has right gradients, and can be copied by its state dict", () => {
    const layer = new GroupNorm({ groups: 2, inputShape: [4, 3], dtype });
    checkModule(layer, (x) => layer.call(x), [noise(2, 4, 3)], { second: true, tolerance: 1e-5 });
    checkCopy(() => new GroupNorm({ groups: 3 }), randn([2, 6, 4, 4]));
    const bare = new GroupNorm({ groups: 2, scale: false, center: false, inputShape: [4] });
    expect(bare.parameters()).toEqual([]);
  });

  it("says what does not fit", () => {
    expect(() => new GroupNorm({ groups: 3 }).call(zeros([2, 4, 3]))).toThrow(
      /^layer "group_norm" \(GroupNorm\): groups: expected a number that divides the 4 channels, got 3/,
    );
    expect(() => new GroupNorm({ groups: 0 })).toThrow(OptionError);
    expect(() => new GroupNorm({ groups: 1, eps: -1 })).toThrow(ValueError);
    const layer = new GroupNorm({ groups: 2, inputShape: [4, 3] });
    expect(() => layer.call(zeros([2, 6, 3]))).toThrow(/length 4 along axis 1, got 6/);
    expect(() => layer.call(zeros([4]))).toThrow(ShapeError);
  });
});

describe("RMSNorm", () => {
  it("brings the last axis to mean square 1", () => {
    expectClose(new RMSNorm({ eps: 0, dtype }).call(tensor([[3, 4]], { dtype })), {
      shape: [1, 2],
      data: [3 / Math.sqrt(12.5), 4 / Math.sqrt(12.5)],
    });
    expectClose(
      new RMSNorm({ dtype })
        .call(noise(3, 2, 8))
        .square()
        .mean(-1),
      zeros([3, 2]).add(1),
      { tolerance: 1e-4 },
    );
    expect(new RMSNorm().call([[0, 0]]).toArray()).toEqual([[0, 0]]);
  });

  it("has right gradients, and can be copied by its state dict", () => {
    const layer = new RMSNorm({ inputDim: 4, dtype });
    expect(layer.gamma!.toArray()).toEqual([1, 1, 1, 1]);
    checkModule(layer, (x) => layer.call(x), [noise(3, 4)], { second: true, tolerance: 1e-5 });
    checkGradients((x) => new RMSNorm({ scale: false }).call(x), [noise(2, 3)]);
    checkCopy(() => new RMSNorm(), randn([2, 5, 4]));
  });

  it("says what does not fit", () => {
    expect(() => new RMSNorm({ inputDim: 3 }).call(zeros([2, 4]))).toThrow(/length 3 along axis -1, got 4/);
    expect(() => new RMSNorm({ eps: Number.NaN })).toThrow(ValueError);
    expect(() => new RMSNorm({ center: true } as never)).toThrow(OptionError);
  });
});
