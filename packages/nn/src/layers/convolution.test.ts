import { jit } from "@chainrule/compiler";
import * as core from "@chainrule/core";
import {
  arange,
  concat,
  conv1d,
  conv2d,
  convTranspose2d,
  Generator,
  OptionError,
  ones,
  type Pair,
  randn,
  ShapeError,
  type Tensor,
  tensor,
  zeros,
} from "@chainrule/core";
import { bothDTypes, checkReference, expectClose, referenceCases } from "@chainrule/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkCopy, checkModule, withWeights } from "../../test/check-layer.ts";
import { Adam, Conv1d, Conv2d, type Conv2dOptions, ConvTranspose2d } from "../index.ts";
import { l2 } from "../regularizers.ts";

const dtype = "float64";
const noise = (...shape: number[]) => randn(shape, { dtype, generator: new Generator(shape.join()) });

type Options = { stride: Pair; padding: Pair; dilation?: Pair; groups?: number; outputPadding?: Pair };

describe.each(bothDTypes)("convolutions in %s agree with PyTorch", (dtype) => {
  type Layers = typeof Conv1d | typeof Conv2d | typeof ConvTranspose2d;
  const check = (op: string, Layer: Layers, filtersAxis: 0 | 1) =>
    it.each(referenceCases("layers", op))(`${op}: $name`, (reference) => {
      const { stride, padding, dilation, groups, outputPadding } = reference.options as Options;
      const { weight, input } = reference.inputs;
      const size = { filters: weight.shape[filtersAxis], kernelSize: 3, inputShape: input.shape.slice(1) };
      const options = { ...size, stride, padding, dilation, groups, outputPadding, dtype };
      const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
      const layer = new Layer(given as never);
      checkReference({ ...core, jit }, reference, dtype, ({ input, weight, bias }) =>
        withWeights(layer, { kernel: weight, bias }).call(input),
      );
    });
  check("conv2d", Conv2d, 0);
  check("conv1d", Conv1d, 0);
  check("convTranspose2d", ConvTranspose2d, 1);
});

describe("Conv2d", () => {
  it("keeps the size with padding same, and divides it by the stride, rounded up", () => {
    const sizes = [1, 2, 3].map((stride) =>
      new Conv2d({ filters: 2, kernelSize: 3, padding: "same", stride }).call(zeros([1, 1, 7, 8])).shape.slice(2),
    );
    expect(sizes).toEqual([
      [7, 8],
      [4, 4],
      [3, 3],
    ]);
  });

  it("applies bias and activation", () => {
    const layer = new Conv2d({ filters: 2, kernelSize: 1, activation: "relu", inputShape: [1, 1, 2], dtype });
    layer.kernel.assign([[[[1]]], [[[-1]]]]);
    layer.bias!.assign([0, 1]);
    expect(layer.call([[[[3, -4]]]]).toArray()).toEqual([[[[3, 0]], [[0, 5]]]]);
  });

  it("sees each group of channels by itself", () => {
    const layer = new Conv2d({ filters: 4, kernelSize: 3, groups: 2, dtype, inputShape: [4, 5, 5] });
    expect(layer.kernel.shape).toEqual([4, 2, 3, 3]);
    const x = noise(1, 4, 5, 5);
    const [first, second] = x.split(2, 1);
    const changed = concat([first, second.add(1)], 1);
    const [kept, moved] = layer.call(changed).sub(layer.call(x)).abs().split(2, 1);
    expect(kept.max().item()).toBe(0);
    expect(moved.min().item()).toBeGreaterThan(0);
  });

  it("makes weights of Glorot's size, by the fans of the window", () => {
    const layer = new Conv2d({ filters: 64, kernelSize: 3, inputShape: [32, 8, 8], generator: new Generator(1) });
    const bound = Math.sqrt(6 / (32 * 9 + 64 * 9));
    const largest = layer.kernel.abs().max().item();
    expect(largest).toBeLessThanOrEqual(bound);
    expect(largest).toBeGreaterThan(0.99 * bound);
    expect(layer.bias!.abs().max().item()).toBe(0);
  });

  it("leaves the bias out where it is not wanted", () => {
    const layer = new Conv2d({ filters: 2, kernelSize: 3, useBias: false, inputShape: [1, 5, 5] });
    expect([...layer.namedParameters().keys()]).toEqual(["kernel"]);
  });

  it("adds penalties", () => {
    const layer = new Conv2d({
      filters: 1,
      kernelSize: 2,
      inputShape: [1, 4, 4],
      kernelInitializer: "ones",
      biasInitializer: "ones",
      kernelRegularizer: l2(0.5),
      biasRegularizer: l2(3),
    });
    expect(layer.penalty()!.item()).toBe(5);
    expect(new Conv2d({ filters: 1, kernelSize: 2, kernelRegularizer: "l2" }).penalty()).toBeNull();
  });

  it("says the shape of its output, whatever the options", () => {
    const pair = fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 }));
    const padding = fc.oneof(
      fc.constantFrom("same" as const, "valid" as const),
      fc.tuple(fc.nat(2), fc.nat(2)),
      fc.tuple(fc.tuple(fc.nat(2), fc.nat(2)), fc.tuple(fc.nat(2), fc.nat(2))),
    );
    const options = fc.record({ kernelSize: pair, stride: pair, dilation: pair, padding });
    fc.assert(
      fc.property(options, fc.integer({ min: 7, max: 10 }), fc.integer({ min: 7, max: 10 }), (own, height, width) => {
        const layer = new Conv2d({ filters: 3, ...own });
        const x = zeros([2, 1, height, width]);
        const y = layer.call(x);
        expect(layer.outputShape(x.shape)).toEqual(y.shape);
        expect(layer.outputShape([null, 1, null, width])).toEqual([null, 3, null, y.shape[3]]);
      }),
      { numRuns: 60 },
    );
  });

  it("has right gradients", () => {
    const options: Partial<Conv2dOptions>[] = [
      { padding: "same", activation: "tanh" },
      {
        stride: [2, 1],
        padding: [
          [0, 1],
          [2, 0],
        ],
      },
      { dilation: 2, groups: 2 },
    ];
    for (const own of options) {
      const layer = new Conv2d({ filters: 2, kernelSize: [3, 2], inputShape: [2, 6, 5], dtype, ...own });
      checkModule(layer, (x) => layer.call(x), [noise(2, 2, 6, 5)]);
    }
  });

  it("can be copied by its state dict", () => {
    checkCopy(() => new Conv2d({ filters: 3, kernelSize: 3, padding: 1 }), randn([2, 2, 5, 6]));
    checkCopy(() => new Conv1d({ filters: 3, kernelSize: 3, stride: 2 }), randn([2, 2, 7]));
    checkCopy(
      () => new ConvTranspose2d({ filters: 3, kernelSize: 3, stride: 2, padding: "same" }),
      randn([2, 2, 4, 3]),
    );
  });

  it("says what it wants where it gets something else", () => {
    const layer = new Conv2d({ filters: 3, kernelSize: 3, name: "eyes" });
    layer.call(zeros([1, 2, 5, 5]));
    expect(() => layer.call(zeros([1, 3, 5, 5]))).toThrow(
      /^layer "eyes" \(Conv2d\): input: expected 2 channels, along axis 1, got 3 in \[1, 3, 5, 5\]/,
    );
    expect(() => layer.call(zeros([1, 5, 5, 2]))).toThrow(/permute\(\[0, 3, 1, 2\]\)/);
    expect(() => layer.call(zeros([2, 5, 5]))).toThrow(
      /expected shape \[batch, channels, height, width\], got \[2, 5, 5\].\n {2}Add the missing axis/,
    );
    expect(() => layer.call(zeros([2, 25]))).toThrow(/put a Reshape before/);
    expect(() => layer.call(zeros([1, 2, 2, 2]))).toThrow(ShapeError);
    expect(() => layer.outputShape([null, 2, 2, 2])).toThrow(/at least \[3, 3\] including padding.* got \[2, 2\]/);
    expect(() => new Conv2d({ filters: 4, kernelSize: 3, groups: 3 })).toThrow(
      /groups that divide the 4 filters, got 3/,
    );
    const grouped = new Conv2d({ filters: 4, kernelSize: 3, groups: 2 });
    expect(() => grouped.call(zeros([1, 3, 5, 5]))).toThrow(/divides the 3 input channels, got 2/);
  });

  it("refuses options that cannot be", () => {
    const make = (own: object) => () => new Conv2d({ filters: 2, kernelSize: 3, ...own });
    for (const own of [
      { filters: 0 },
      { filters: 1.5 },
      { kernelSize: 0 },
      { kernelSize: [3] },
      { stride: 0 },
      { padding: -1 },
      { padding: "smae" },
      { padding: [[1, 2]] },
      { dilation: [1, 2, 3] },
      { groups: -1 },
      { strides: 2 },
      { activation: "rleu" },
      { kernelInitializer: "glorot" },
    ])
      expect(make(own), JSON.stringify(own)).toThrow(OptionError);
    expect(make({ strides: 2 })).toThrow(/Did you mean "stride"/);
  });

  it("learns an edge detector", () => {
    const kernel = tensor([[[[-1, 1]]]]);
    const x = randn([16, 1, 4, 4], { generator: new Generator(3) });
    const layer = new Conv2d({ filters: 1, kernelSize: [1, 2], inputShape: [1, 4, 4], generator: new Generator(4) });
    const optimizer = new Adam(layer.parameters(), { lr: 0.05 });
    for (let step = 0; step < 150; step++) {
      optimizer.zeroGrad();
      layer.call(x).sub(conv2d(x, kernel)).square().mean().backward();
      optimizer.step();
    }
    expectClose(layer.kernel, kernel, { tolerance: 0.05 });
  });
});

describe("Conv1d", () => {
  it("does what the function does, whatever the options", () => {
    for (const own of [
      { dilation: 2 },
      { stride: 3, padding: [2, 1] as const },
      { padding: "same" as const, groups: 2 },
    ]) {
      const layer = new Conv1d({ filters: 2, kernelSize: 3, ...own, inputShape: [4, 9], useBias: false, dtype });
      const x = noise(2, 4, 9);
      const y = conv1d(x, layer.kernel, own);
      expectClose(layer.call(x), y);
      expect(layer.outputShape(x.shape)).toEqual(y.shape);
    }
  });

  it("has right gradients", () => {
    const layer = new Conv1d({ filters: 2, kernelSize: 3, padding: [2, 0], dilation: 2, inputShape: [2, 7], dtype });
    checkModule(layer, (x) => layer.call(x), [noise(2, 2, 7)]);
  });

  it("wants signals", () => {
    expect(() => new Conv1d({ filters: 1, kernelSize: 3 }).call(zeros([2, 5]))).toThrow(/\[batch, channels, length\]/);
    const layer = new Conv1d({ filters: 1, kernelSize: 3, inputShape: [4, 9] });
    expect(() => layer.call(zeros([2, 9, 4]))).toThrow(/expected 4 channels.*\n.*permute\(\[0, 2, 1\]\)/);
  });
});

describe("ConvTranspose2d", () => {
  it("is the gradient of a convolution by its input", () => {
    const layer = new ConvTranspose2d({
      filters: 2,
      kernelSize: 3,
      stride: 2,
      padding: 1,
      inputShape: [3, 4, 4],
      dtype,
    });
    const small = noise(1, 3, 4, 4);
    const image = zeros([1, 2, 7, 7], { dtype });
    image.requiresGrad = true;
    conv2d(image, layer.kernel.detach(), { stride: 2, padding: 1 }).backward(small);
    expectClose(layer.call(small), image.grad!);
  });

  it.each([
    [3, 2],
    [2, 2],
    [4, 2],
    [5, 3],
    [2, 3],
    [3, 1],
  ])("with padding same, kernel %i and stride %i, reverses the convolution with padding same", (kernelSize, stride) => {
    const options = { filters: 1, kernelSize, stride, padding: "same", inputShape: [1, 4, 3], useBias: false } as const;
    const layer = new ConvTranspose2d({ ...options, dtype });
    const small = noise(2, 1, 4, 3);
    const y = layer.call(small);
    expect(y.shape).toEqual([2, 1, 4 * stride, 3 * stride]);
    expect(layer.outputShape(small.shape)).toEqual(y.shape);
    const image = zeros(y.shape, { dtype });
    image.requiresGrad = true;
    conv2d(image, layer.kernel.detach(), { stride, padding: "same" }).backward(small);
    expectClose(y, image.grad!);
  });

  it("says the shape of its output", () => {
    const layer = new ConvTranspose2d({
      filters: 2,
      kernelSize: [3, 2],
      stride: [2, 3],
      padding: 1,
      outputPadding: [1, 2],
    });
    const x = zeros([1, 4, 5, 6]);
    expect(layer.outputShape(x.shape)).toEqual(layer.call(x).shape);
    expect(layer.outputShape([null, 4, null, 6])).toEqual([null, 2, null, layer.call(x).shape[3]]);
  });

  it("has groups, as the function does", () => {
    const layer = new ConvTranspose2d({ filters: 4, kernelSize: 2, groups: 2, inputShape: [6, 3, 3], dtype });
    expect(layer.kernel.shape).toEqual([6, 2, 2, 2]);
    expectClose(layer.call(ones([1, 6, 3, 3])), convTranspose2d(ones([1, 6, 3, 3]), layer.kernel, { groups: 2 }));
    expect(() => layer.call(ones([1, 4, 3, 3]))).toThrow(/expected 6 channels/);
  });

  it("has right gradients", () => {
    for (const padding of ["same", 1, "valid"] as const) {
      const layer = new ConvTranspose2d({
        filters: 2,
        kernelSize: 3,
        stride: 2,
        padding,
        inputShape: [2, 3, 2],
        dtype,
      });
      checkModule(layer, (x: Tensor) => layer.call(x), [noise(1, 2, 3, 2)]);
    }
  });

  it("refuses an outputPadding that nothing leaves open", () => {
    const own = { filters: 1, kernelSize: 3, stride: 2 };
    expect(() => new ConvTranspose2d({ ...own, outputPadding: 2 })).toThrow(/below the stride or the dilation, got 2/);
    expect(() => new ConvTranspose2d({ ...own, padding: "same", outputPadding: 1 })).toThrow(/no outputPadding/);
    expect(
      () =>
        new ConvTranspose2d({
          ...own,
          padding: [
            [1, 0],
            [1, 0],
          ] as never,
        }),
    ).toThrow(/same padding on opposite/);
  });
});

it("a kernel of ones sums what it sees", () => {
  const layer = new Conv2d({ filters: 1, kernelSize: 2, kernelInitializer: "ones", dtype });
  expect(layer.call(arange(9).reshape(1, 1, 3, 3)).toArray()).toEqual([
    [
      [
        [8, 12],
        [20, 24],
      ],
    ],
  ]);
});
