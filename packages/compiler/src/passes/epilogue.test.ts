import { conv1d, conv2d, Generator, leakyRelu, parameter, rand, type Tensor, tensor, zeros } from "@chainrule/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkCompiled } from "../../test/same.ts";
import { jit } from "../index.ts";

const generator = new Generator(1);
const filled = (shape: readonly number[]) => rand(shape, { generator }).sub(0.5);

/** What the kernels of a function of x compute. */
function kernelsOf(f: (x: Tensor) => Tensor, x: Tensor): string[] {
  return jit(f)
    .explain(x)
    .kernels.map(({ ops }) => ops.join(" "));
}

describe("products with epilogues", () => {
  const w = parameter(filled([5, 9]));
  const b = parameter(filled([9]));

  it("are whole dense layers", () => {
    const x = filled([4, 5]);
    expect(kernelsOf((a) => a.matmul(w).add(b).relu(), x)).toEqual(["matmul+bias+relu"]);
    expect(kernelsOf((a) => b.add(a.matmul(w)), x)).toEqual(["matmul+bias"]);
    expect(kernelsOf((a) => a.matmul(w).relu(), x)).toEqual(["matmul+relu"]);
    expect(kernelsOf((a) => a.reshape([-1, 5]).matmul(w).reshape([2, 2, 9]).add(b).relu(), filled([2, 2, 5]))).toEqual([
      "matmul+bias+relu",
    ]);
  });

  it("leave alone what others read, and what is no bias", () => {
    const x = filled([4, 5]);
    const both = (a: Tensor) => {
      const product = a.matmul(w);
      return product.add(b).mul(product);
    };
    expect(kernelsOf(both, x)).toEqual(["matmul", "add mul"]);
    checkCompiled(both, [x]);
    const column = parameter(filled([4, 1]));
    expect(kernelsOf((a) => a.matmul(w).add(column), x)).toEqual(["matmul", "add"]);
    const before = (a: Tensor) => {
      const sum = a.matmul(w).add(b);
      return sum.relu().mul(sum);
    };
    expect(kernelsOf(before, x)).toEqual(["matmul+bias", "relu mul"]);
    checkCompiled(before, [x]);
    expect(kernelsOf((a) => a.matmul(w).relu().add(b), x)).toEqual(["matmul+relu", "add"]);
  });

  it("compute the same, forward and back, in all shapes", () => {
    const sizes = fc.integer({ min: 1, max: 19 });
    fc.assert(
      fc.property(sizes, sizes, sizes, fc.boolean(), (m, n, k, batched) => {
        const [kernel, bias] = [parameter(filled([k, n])), parameter(filled([n]))];
        const layer = (x: Tensor) => x.matmul(kernel).add(bias).relu();
        checkCompiled(layer, [filled(batched ? [2, m, k] : [m, k])]);
        const train = (x: Tensor) => {
          kernel.zeroGrad();
          bias.zeroGrad();
          layer(x).square().sum().backward();
          return [kernel.grad!, bias.grad!];
        };
        const x = filled([m, k]);
        const eager = train(x);
        const compiled = jit(train)(x);
        eager.forEach((expected, i) => {
          expect(compiled[i].sub(expected).abs().max().item()).toBeLessThan(1e-4);
        });
      }),
      { numRuns: 40 },
    );
  });

  it("let NaN and infinities through", () => {
    const x = tensor([
      [Number.NaN, 0, 0, 0, 0],
      [Number.POSITIVE_INFINITY, 1, 1, 1, 1],
      [1, 1, 1, 1, 1],
    ]);
    const bias = parameter(zeros([9]));
    checkCompiled((a) => a.matmul(w.abs().add(0.1)).add(bias).relu(), [x]);
    const infinite = parameter(filled([9]).div(zeros([9])));
    const layer = jit((a: Tensor) => a.matmul(w).add(infinite).relu());
    expect(layer(filled([3, 5])).toArray()).toEqual(filled([3, 5]).matmul(w).add(infinite).relu().toArray());
  });
});

describe("convolutions with epilogues", () => {
  const w = parameter(filled([6, 3, 3, 3]));
  const b = parameter(filled([6]));
  const x = filled([2, 3, 9, 11]);

  it("are whole layers, of images and of signals", () => {
    const ofChannels = b.reshape([6, 1, 1]);
    expect(kernelsOf((a) => conv2d(a, w, { bias: b, padding: 1 }).relu(), x)).toEqual(["convolve+bias+relu"]);
    expect(kernelsOf((a) => conv2d(a, w, { bias: b }), x)).toEqual(["convolve+bias"]);
    expect(kernelsOf((a) => conv2d(a, w).relu(), x)).toEqual(["convolve+relu"]);
    expect(kernelsOf((a) => ofChannels.add(conv2d(a, w)).relu(), x)).toEqual(["convolve+bias+relu"]);
    const signals = parameter(filled([6, 3, 4]));
    expect(kernelsOf((a) => conv1d(a, signals, { bias: b }).relu(), filled([2, 3, 20]))).toEqual([
      "convolve+bias+relu",
    ]);
    expect(kernelsOf((a) => leakyRelu(conv2d(a, w, { bias: b })), x)).toEqual(["convolve+bias", "greater mul where"]);
  });

  it("leave alone what others read, what is no bias, and what is along another axis", () => {
    const both = (a: Tensor) => {
      const y = conv2d(a, w);
      return y.add(b.reshape([6, 1, 1])).mul(y);
    };
    expect(kernelsOf(both, x)).toEqual(["convolve", "add mul"]);
    checkCompiled(both, [x]);
    const square = filled([2, 3, 8, 8]);
    const kernelsWith = (shape: number[]) => kernelsOf((a) => conv2d(a, w).add(b.reshape(shape)), square);
    for (const shape of [[6], [1, 6], [6, 1]]) {
      expect(kernelsWith(shape)).toEqual(["convolve", "add"]);
      checkCompiled((a) => conv2d(a, w).add(b.reshape(shape)), [square]);
    }
    const flat = (a: Tensor) =>
      conv2d(a, w)
        .reshape([6, -1])
        .add(b.reshape([6, 1]));
    expect(kernelsOf(flat, filled([1, 3, 9, 11]))).toEqual(["convolve", "add"]);
    checkCompiled(flat, [filled([1, 3, 9, 11])]);
    const twice = (a: Tensor) =>
      conv2d(a, w, { bias: b })
        .add(b.reshape([6, 1, 1]))
        .relu();
    expect(kernelsOf(twice, x)).toEqual(["convolve+bias", "add relu"]);
    checkCompiled(twice, [x]);
  });

  const pair = (least: number, most: number) => fc.tuple(...[0, 1].map(() => fc.integer({ min: least, max: most })));
  const layers = fc.record({
    images: fc.integer({ min: 1, max: 3 }),
    groups: fc.constantFrom(1, 1, 2, 5),
    channels: fc.integer({ min: 1, max: 4 }),
    outputs: fc.integer({ min: 1, max: 9 }),
    size: pair(5, 17),
    kernel: pair(1, 3),
    stride: pair(1, 2),
    padding: pair(0, 1),
    dilation: pair(1, 2),
  });

  it("compute the same, forward and back, whatever the window", () => {
    fc.assert(
      fc.property(layers, ({ images, groups, channels, outputs, size, kernel, ...window }) => {
        const options = { ...window, groups } as Record<string, unknown>;
        const [kernels, bias] = [filled([groups * outputs, channels, ...kernel]), filled([groups * outputs])];
        const layer = (a: Tensor, v: Tensor, c: Tensor) => conv2d(a, v, { ...options, bias: c }).relu();
        const input = filled([images, groups * channels, ...size]);
        expect(
          jit(layer)
            .explain(input, kernels, bias)
            .kernels.map(({ ops }) => ops.join(" ")),
        ).toEqual(["convolve+bias+relu"]);
        checkCompiled(layer, [input, kernels, bias]);
      }),
      { numRuns: 80 },
    );
  });

  it("have zeros of the same sign, also with a bias of -0", () => {
    for (const [channels, groups] of [
      [3, 1],
      [6, 6],
    ]) {
      const negative = filled([6, channels / groups, 3, 3])
        .abs()
        .neg();
      for (const activation of [(y: Tensor) => y, (y: Tensor) => y.relu()]) {
        const layer = (a: Tensor, bias: Tensor) => activation(conv2d(a, negative, { bias, groups, padding: 1 }));
        const inputs = [zeros([2, channels, 5, 6]), tensor([-0, 0, -0, 0, -0, 0])] as const;
        expect(jit(layer)(...inputs).toArray()).toEqual(layer(...inputs).toArray());
      }
    }
  });

  it("let NaN and infinities through", () => {
    const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;
    const wild = tensor([nan, infinity, -infinity, 0, -0, 1]);
    checkCompiled((a, bias) => conv2d(a, w, { bias }).relu(), [x, wild]);
    const row = filled([1, 3, 9, 11])
      .toTypedArray()
      .map((value, i) => (i === 40 ? nan : i === 7 ? infinity : value));
    checkCompiled((a, bias) => conv2d(a, w.abs(), { bias }).relu(), [tensor(row, { shape: [1, 3, 9, 11] }), b]);
  });
});
