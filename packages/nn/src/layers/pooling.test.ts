import { jit } from "@chainrule/compiler";
import * as core from "@chainrule/core";
import { arange, Generator, OptionError, type Pair, randn, type Tensor, tensor, zeros } from "@chainrule/core";
import { bothDTypes, checkReference, expectClose, referenceCases } from "@chainrule/testing";
import { describe, expect, it } from "vitest";
import { checkModule } from "../../test/check-layer.ts";
import {
  AdaptiveAvgPool2d,
  AvgPool1d,
  AvgPool2d,
  GlobalAvgPool1d,
  GlobalAvgPool2d,
  GlobalMaxPool1d,
  GlobalMaxPool2d,
  type Layer,
  MaxPool1d,
  MaxPool2d,
  UpSampling2d,
} from "../index.ts";

const dtype = "float64";
const noise = (...shape: number[]) => randn(shape, { dtype, generator: new Generator(shape.join()) });
const square = arange(1, 17, 1, { dtype }).reshape(1, 1, 4, 4);

type Options = { kernelSize: Pair; stride: Pair; padding?: Pair };

describe.each(bothDTypes)("poolings in %s agree with PyTorch", (dtype) => {
  it.each(referenceCases("layers", "maxPool2d"))("maxPool2d: $name", (reference) =>
    checkReference({ ...core, jit }, reference, dtype, ({ input }, options: Options) =>
      new MaxPool2d(options).call(input),
    ),
  );
  it.each(referenceCases("layers", "avgPool2d"))("avgPool2d: $name", (reference) =>
    checkReference({ ...core, jit }, reference, dtype, ({ input }, options: Options) =>
      new AvgPool2d(options).call(input),
    ),
  );
});

describe("pooling by windows", () => {
  it("halves by default", () => {
    expect(new MaxPool2d().call(square).toArray()).toEqual([
      [
        [
          [6, 8],
          [14, 16],
        ],
      ],
    ]);
    expect(new AvgPool2d().call(square).toArray()).toEqual([
      [
        [
          [3.5, 5.5],
          [11.5, 13.5],
        ],
      ],
    ]);
    expect(new MaxPool1d().call([[[1, 3, 2, 2, 9]]]).toArray()).toEqual([[[3, 2]]]);
    expect(new AvgPool1d().call([[[1, 3, 2, 2, 9]]]).toArray()).toEqual([[[2, 2]]]);
  });

  it("counts padding as zeros, or not at all", () => {
    const x = [[[2, 4]]];
    const options = { kernelSize: 3, stride: 1, padding: 1 };
    expectClose(new AvgPool1d(options).call(x), { shape: [1, 1, 2], data: [2, 2] });
    expectClose(new AvgPool1d({ ...options, countIncludePad: false }).call(x), { shape: [1, 1, 2], data: [3, 3] });
    expectClose(new MaxPool1d(options).call([[[-2, -4]]]), { shape: [1, 1, 2], data: [-2, -2] });
  });

  it("has right gradients, and says the shape of its output", () => {
    const layers: [Layer, Tensor][] = [
      [new MaxPool1d({ kernelSize: 3, stride: 2, padding: 1 }), noise(2, 2, 7)],
      [new AvgPool1d({ kernelSize: 2, padding: "same", dilation: 2 }), noise(2, 2, 7)],
      [new MaxPool2d({ kernelSize: [2, 3], stride: 1, dilation: [2, 1] }), noise(2, 2, 5, 4)],
      [
        new AvgPool2d({
          kernelSize: 3,
          stride: 2,
          padding: [
            [1, 0],
            [2, 1],
          ],
          countIncludePad: false,
        }),
        noise(2, 2, 5, 4),
      ],
      [new AdaptiveAvgPool2d([2, 3]), noise(2, 2, 5, 4)],
      [new UpSampling2d({ size: [2, 3], interpolation: "bilinear" }), noise(1, 2, 3, 2)],
      [new UpSampling2d(), noise(1, 2, 3, 2)],
      [new GlobalAvgPool1d(), noise(2, 2, 5)],
      [new GlobalMaxPool1d({ dataFormat: "channels_last" }), noise(2, 5, 3)],
      [new GlobalAvgPool2d(), noise(2, 2, 3, 4)],
      [new GlobalMaxPool2d(), noise(2, 2, 3, 4)],
    ];
    for (const [layer, x] of layers) {
      checkModule(layer, (input) => layer.call(input), [x]);
      const y = layer.call(x).shape;
      expect(layer.outputShape(x.shape), layer.name).toEqual(y);
      expect(layer.outputShape([null, ...x.shape.slice(1)]), layer.name).toEqual([null, ...y.slice(1)]);
      const open = layer.outputShape(x.shape.map((n, axis) => (axis === x.rank - 1 ? null : n)));
      expect(open.map((n, axis) => n ?? y[axis])).toEqual(y);
    }
  });

  it("refuses what it cannot pool", () => {
    expect(() => new MaxPool2d().call(zeros([2, 4, 4]))).toThrow(
      /^layer "max_pool2d" \(MaxPool2d\): input: expected shape \[batch, channels, height, width\], got \[2, 4, 4\]/,
    );
    expect(() => new AvgPool1d().call(zeros([2, 4]))).toThrow(/\[batch, channels, length\]/);
    expect(() => new MaxPool2d({ kernelSize: 5 }).call(zeros([1, 1, 4, 4]))).toThrow(/at least \[5, 5\]/);
    expect(() => new MaxPool2d({ kernelSize: 2, padding: 2 })).toThrow(/padding below 2 and 2/);
    expect(() => new MaxPool1d({ padding: [1, 0] as never })).toThrow(/one padding for both sides/);
    expect(() => new MaxPool2d({ poolSize: 2 } as never)).toThrow(OptionError);
    expect(() => new AdaptiveAvgPool2d(0)).toThrow(/outputSize as a whole number of at least 1/);
    expect(() => new UpSampling2d({ size: 1.5 })).toThrow(OptionError);
    expect(() => new UpSampling2d({ interpolation: "cubic" as never })).toThrow(/"nearest" or "bilinear", got "cubic"/);
  });
});

describe("AdaptiveAvgPool2d and UpSampling2d", () => {
  it("make images of any size one, and larger", () => {
    expect(new AdaptiveAvgPool2d(1).call(square).toArray()).toEqual([[[[8.5]]]]);
    expect(new AdaptiveAvgPool2d({ outputSize: [2, 1] }).call(square).toArray()).toEqual([[[[4.5], [12.5]]]]);
    expect(new UpSampling2d({ size: [1, 2] }).call([[[[1, 2]]]]).toArray()).toEqual([[[[1, 1, 2, 2]]]]);
    expect(new UpSampling2d({ interpolation: "bilinear" }).call([[[[0, 4]]]]).toArray()).toEqual([
      [
        [
          [0, 1, 3, 4],
          [0, 1, 3, 4],
        ],
      ],
    ]);
  });
});

describe("global pooling", () => {
  const x = tensor(
    [
      [
        [1, 5, 3],
        [-1, -2, -3],
      ],
    ],
    { dtype },
  );

  it("leaves one number for each channel", () => {
    expect(new GlobalAvgPool1d().call(x).toArray()).toEqual([[3, -2]]);
    expect(new GlobalMaxPool1d().call(x).toArray()).toEqual([[5, -1]]);
    expect(new GlobalAvgPool2d().call(square).toArray()).toEqual([[8.5]]);
    expect(new GlobalMaxPool2d().call(square).toArray()).toEqual([[16]]);
  });

  it("takes features last where sequences have them", () => {
    const turned = x.permute(0, 2, 1);
    expect(new GlobalAvgPool1d({ dataFormat: "channels_last" }).call(turned).toArray()).toEqual([[3, -2]]);
    expect(new GlobalMaxPool1d({ dataFormat: "channels_last" }).call(turned).toArray()).toEqual([[5, -1]]);
    expect(() => new GlobalAvgPool1d({ dataFormat: "NCW" as never })).toThrow(/"channels_first" or "channels_last"/);
  });

  it("does not count what the mask says is not there", () => {
    const mask = [[true, false, true]];
    expect(new GlobalAvgPool1d().call(x, { mask }).toArray()).toEqual([[2, -2]]);
    expect(new GlobalMaxPool1d().call(x, { mask }).toArray()).toEqual([[3, -1]]);
    const last = { dataFormat: "channels_last" } as const;
    expect(new GlobalAvgPool1d(last).call(x.permute(0, 2, 1), { mask }).toArray()).toEqual([[2, -2]]);
    const layer = new GlobalMaxPool1d(last);
    checkModule(layer, (input) => layer.call(input, { mask }), [noise(1, 3, 2)]);
  });

  it("is 0, and finite in its gradient, where nothing is there", () => {
    const input = tensor(x.toTypedArray(), { shape: x.shape, requiresGrad: true });
    for (const layer of [new GlobalAvgPool1d(), new GlobalMaxPool1d()]) {
      const y = layer.call(input, { mask: [[false, false, false]] });
      expect(y.toArray()).toEqual([[0, 0]]);
      y.sum().backward();
      expect(input.grad!.abs().max().item()).toBe(0);
    }
  });

  it("wants masks of truth values, one for each place", () => {
    const layer = new GlobalAvgPool1d();
    expect(() => layer.call(x, { mask: [[1, 0, 1]] })).toThrow(
      /^layer "global_avg_pool1d" \(GlobalAvgPool1d\): mask: expected truth values, .* got float32 numbers/,
    );
    expect(() => layer.call(x, { mask: [[true, false]] })).toThrow(/a mask of shape \[1, 3\], got \[1, 2\]/);
    expect(() => layer.call(x, { maks: [[true]] } as never)).toThrow(
      /^layer "global_avg_pool1d" \(GlobalAvgPool1d\), call: expected options it knows, got "maks".\n {2}Did you mean "mask"/,
    );
    expect(() => layer.call(x, x)).toThrow(/expected one input, and all else as options, got a second tensor/);
  });
});
