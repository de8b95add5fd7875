import { describe, expect, it } from "vitest";
import {
  adaptiveAvgPool2d,
  adaptiveMaxPool2d,
  arange,
  avgPool1d,
  avgPool2d,
  checkGradients,
  conv1d,
  conv2d,
  convTranspose2d,
  fold,
  Generator,
  maxPool1d,
  maxPool2d,
  ones,
  randn,
  ShapeError,
  type Tensor,
  tensor,
  unfold,
  upsample2d,
  ValueError,
  zeros,
} from "../index.ts";

const random = (shape: number[], seed = 1) => randn(shape, { generator: new Generator(seed), dtype: "float64" });

/** The definition, element by element. */
function plainConvolution(x: Tensor, w: Tensor, stride: number, padding: number, dilation: number): number[] {
  const [n, c, h, wide] = x.shape;
  const [o, , kh, kw] = w.shape;
  const out: number[] = [];
  const oh = Math.floor((h + 2 * padding - dilation * (kh - 1) - 1) / stride) + 1;
  const ow = Math.floor((wide + 2 * padding - dilation * (kw - 1) - 1) / stride) + 1;
  for (let b = 0; b < n; b++)
    for (let k = 0; k < o; k++)
      for (let y = 0; y < oh; y++)
        for (let z = 0; z < ow; z++) {
          let total = 0;
          for (let p = 0; p < c; p++)
            for (let i = 0; i < kh; i++)
              for (let j = 0; j < kw; j++) {
                const row = y * stride + i * dilation - padding;
                const column = z * stride + j * dilation - padding;
                if (row >= 0 && row < h && column >= 0 && column < wide)
                  total += x.at(b, p, row, column) * w.at(k, p, i, j);
              }
          out.push(total);
        }
  return out;
}

describe("conv2d", () => {
  it.each([
    [1, 0, 1],
    [2, 1, 1],
    [3, 2, 2],
    [1, 3, 1],
  ])("is the sum of its definition at stride %i, padding %i, dilation %i", (stride, padding, dilation) => {
    const [x, w] = [random([2, 3, 6, 7]), random([4, 3, 3, 2], 2)];
    const y = conv2d(x, w, { stride, padding, dilation });
    plainConvolution(x, w, stride, padding, dilation).forEach((value, i) => {
      expect(y.storage[i]).toBeCloseTo(value, 10);
    });
  });

  it('keeps the size at stride 1 with padding "same", and rounds up with a larger stride', () => {
    expect(conv2d(zeros([1, 1, 5, 8]), zeros([1, 1, 3, 4]), { padding: "same" }).shape).toEqual([1, 1, 5, 8]);
    expect(conv2d(zeros([1, 1, 5, 8]), zeros([1, 1, 3, 3]), { padding: "same", stride: 2 }).shape).toEqual([
      1, 1, 3, 4,
    ]);
  });

  it("has gradients that differences confirm, second ones too", () => {
    const inputs = [random([2, 4, 5, 4]), random([4, 2, 3, 2], 2), random([4], 3)];
    const f = (x: Tensor, w: Tensor, b: Tensor) =>
      conv2d(x, w, { stride: [2, 1], padding: [1, 2], dilation: [1, 2], groups: 2, bias: b }).square();
    checkGradients(f, inputs, { name: "conv2d", second: true });
  });

  it("takes an empty batch", () => {
    expect(conv2d(zeros([0, 2, 4, 4]), zeros([3, 2, 3, 3])).shape).toEqual([0, 3, 2, 2]);
  });

  it("says what does not fit", () => {
    expect(() => conv2d(zeros([4, 4]), zeros([1, 1, 3, 3]))).toThrow(/images as \[batch, channels, height, width\]/);
    expect(() => conv2d(zeros([1, 8, 8, 3]), zeros([4, 3, 3, 3]))).toThrow(/permute\(\[0, 3, 1, 2\]\)/);
    expect(() => conv2d(zeros([1, 1, 2, 2]), zeros([1, 1, 3, 3]))).toThrow(ShapeError);
    expect(() => conv2d(zeros([1, 4, 4, 4]), zeros([3, 2, 3, 3]), { groups: 2 })).toThrow(ValueError);
    expect(() => conv2d(zeros([1, 1, 4, 4]), zeros([1, 1, 3, 3]), { stride: 0 })).toThrow(ValueError);
    expect(() => conv2d(zeros([1, 1, 4, 4]), zeros([1, 1, 3, 3]), { strides: 2 } as object)).toThrow(
      /Did you mean "stride"/,
    );
    expect(() => conv2d(zeros([1, 1, 4, 4]), zeros([2, 1, 3, 3]), { bias: zeros([3]) })).toThrow(ShapeError);
  });
});

describe("conv1d and convTranspose2d", () => {
  it("have gradients that differences confirm", () => {
    checkGradients(
      (x, w) => conv1d(x, w, { stride: 2, padding: 1, dilation: 2 }),
      [random([2, 2, 7]), random([3, 2, 3], 2)],
    );
    const f = (x: Tensor, w: Tensor) =>
      convTranspose2d(x, w, { stride: 2, padding: 1, outputPadding: 1, groups: 2 }).square();
    checkGradients(f, [random([1, 4, 2, 3]), random([4, 1, 3, 3], 2)], { second: true });
  });

  it("transposes: <conv(x), y> = <x, convTranspose(y)>", () => {
    const [x, w] = [random([1, 2, 7, 7]), random([3, 2, 3, 3], 2)];
    const y = random([1, 3, 4, 4], 3);
    const left = conv2d(x, w, { stride: 2, padding: 1 }).mul(y).sum().item();
    expect(
      x
        .mul(convTranspose2d(y, w, { stride: 2, padding: 1 }))
        .sum()
        .item(),
    ).toBeCloseTo(left, 9);
  });

  it("takes an outputPadding below the stride or the dilation, in each direction", () => {
    // PyTorch's.
    const painted = convTranspose2d(
      [
        [
          [
            [1, 2],
            [3, 4],
          ],
        ],
      ],
      [
        [
          [
            [1, 2],
            [3, 4],
          ],
        ],
      ],
      { dilation: [1, 2], outputPadding: [0, 1] },
    );
    expect(painted.shape).toEqual([1, 1, 3, 5]);
    expect([...painted.toTypedArray()]).toEqual([1, 2, 2, 4, 0, 6, 10, 10, 16, 0, 9, 12, 12, 16, 0]);
    expect(() =>
      convTranspose2d(zeros([1, 1, 2, 2]), zeros([1, 1, 2, 2]), { dilation: [1, 2], outputPadding: 1 }),
    ).toThrow(ValueError);
    expect(() => convTranspose2d(zeros([1, 1, 1, 1]), zeros([1, 1, 1, 1]), { padding: 1 })).toThrow(
      /larger than the padding.*got a result of \[-1, -1\]/,
    );

    expect(() => convTranspose2d(zeros([1, 1, 3, 3]), zeros([1, 1, 3, 3]), { stride: 2, outputPadding: 2 })).toThrow(
      ValueError,
    );
  });
});

describe("unfold and fold", () => {
  it("make columns of windows and add them up again", () => {
    const x = arange(9).reshape(1, 1, 3, 3);
    expect(unfold(x, 2).toArray()).toEqual([
      [
        [0, 1, 3, 4],
        [1, 2, 4, 5],
        [3, 4, 6, 7],
        [4, 5, 7, 8],
      ],
    ]);
    expect(fold(unfold(ones([1, 1, 3, 3]), 2), [3, 3], 2).toArray()).toEqual([
      [
        [
          [1, 2, 1],
          [2, 4, 2],
          [1, 2, 1],
        ],
      ],
    ]);
  });

  it("are each other's transpose", () => {
    const x = random([2, 2, 5, 4]);
    const options = { stride: 2, padding: 1 };
    const columns = random(unfold(x, 3, options).shape as number[], 2);
    const left = unfold(x, 3, options).mul(columns).sum().item();
    expect(fold(columns, [5, 4], 3, options).mul(x).sum().item()).toBeCloseTo(left, 10);
  });
});

describe("pooling", () => {
  const x = arange(16).reshape(1, 1, 4, 4);

  it("takes the largest or the mean of each window", () => {
    expect(maxPool2d(x, 2).toArray()).toEqual([
      [
        [
          [5, 7],
          [13, 15],
        ],
      ],
    ]);
    expect(avgPool2d(x, 2).toArray()).toEqual([
      [
        [
          [2.5, 4.5],
          [10.5, 12.5],
        ],
      ],
    ]);
    expect(maxPool1d([[[1, 3, 2, 0]]], 2).toArray()).toEqual([[[3, 2]]]);
    expect(avgPool1d([[[1, 3, 2, 0]]], 2, { stride: 1 }).toArray()).toEqual([[[2, 2.5, 1]]]);
  });

  it("never lets padding win, and counts it in means or not", () => {
    const negative = x.sub(100);
    expect(maxPool2d(negative, 3, { stride: 2, padding: 1 }).max().item()).toBe(-85);
    const side = { stride: 2, padding: 1 };
    expect(avgPool2d(ones([1, 1, 2, 2]), 2, side).toArray()).toEqual([
      [
        [
          [0.25, 0.25],
          [0.25, 0.25],
        ],
      ],
    ]);
    expect(avgPool2d(ones([1, 1, 2, 2]), 2, { ...side, countIncludePad: false }).toArray()).toEqual([
      [
        [
          [1, 1],
          [1, 1],
        ],
      ],
    ]);
  });

  it("refuses windows that see nothing but padding", () => {
    expect(() => maxPool2d(x, 2, { padding: 2 })).toThrow(ValueError);
    expect(() => avgPool1d([[[1, 2]]], 1, { padding: 1 })).toThrow(/padding smaller than the window/);
    expect(maxPool2d(x, 3, { padding: 1 }).isInfinite().any().item()).toBe(0);
  });

  it("reaches a size whatever the image is", () => {
    expect(adaptiveAvgPool2d(x, 1).toArray()).toEqual([[[[7.5]]]]);
    expect(adaptiveMaxPool2d(x, [2, 1]).toArray()).toEqual([[[[7], [15]]]]);
    // Three pieces of five: elements 0-1, 1-3 and 3-4, as PyTorch cuts them.
    expect(adaptiveAvgPool2d(arange(5).reshape(1, 1, 1, 5), [1, 3]).toArray()).toEqual([[[[0.5, 2, 3.5]]]]);
  });

  it("has gradients that differences confirm", () => {
    const image = random([2, 2, 5, 5]);
    checkGradients((a) => maxPool2d(a, 3, { stride: 2, padding: 1 }).square(), [image], { second: true });
    checkGradients((a) => avgPool2d(a, 3, { stride: 2, padding: 1, countIncludePad: false }), [image]);
    checkGradients((a) => adaptiveAvgPool2d(a, [2, 3]), [image]);
    checkGradients((a) => adaptiveMaxPool2d(a, [2, 3]), [image]);
    checkGradients((a) => maxPool1d(a, 2), [random([2, 2, 6])]);
    checkGradients((a) => avgPool1d(a, 2), [random([2, 2, 6])]);
    checkGradients((a) => unfold(a, 2, { dilation: 2 }), [image]);
    checkGradients((a) => fold(a, [3, 3], 2), [random([1, 8, 4])]);
  });
});

describe("upsample2d", () => {
  it("repeats pixels, or draws lines between their centres", () => {
    const x = tensor([[[[0, 4]]]]);
    expect(upsample2d(x, 2).toArray()).toEqual([
      [
        [
          [0, 0, 4, 4],
          [0, 0, 4, 4],
        ],
      ],
    ]);
    expect(upsample2d(x, [1, 2], { mode: "bilinear" }).toArray()).toEqual([[[[0, 1, 3, 4]]]]);
  });

  it("has gradients that differences confirm", () => {
    checkGradients((a) => upsample2d(a, [2, 3]), [random([1, 2, 2, 3])]);
    checkGradients((a) => upsample2d(a, 2, { mode: "bilinear" }), [random([1, 2, 2, 3])]);
  });

  it("knows two modes", () => {
    expect(() => upsample2d(zeros([1, 1, 2, 2]), 2, { mode: "cubic" as "nearest" })).toThrow(ValueError);
  });
});

it("windows of images with more channels than rows, and padding at one end of a line", () => {
  const x = arange(12).reshape([1, 3, 2, 2]);
  expect(unfold(x, 2).toArray()).toEqual([Array.from({ length: 12 }, (_, i) => [i])]);
  const line = conv1d(tensor([[[1, 2, 3]]]), tensor([[[1, 10]]]), { padding: [1, 0] });
  expect(line.toArray()).toEqual([[[10, 21, 32]]]);
});

it("options that are not known are refused by all of them", () => {
  const [x, w] = [ones([1, 1, 4, 4]), ones([1, 1, 2, 2])];
  const options = { strides: 2 } as never;
  for (const f of [
    () => conv2d(x, w, options),
    () => convTranspose2d(x, w, options),
    () => avgPool2d(x, 2, options),
    () => maxPool2d(x, 2, options),
    () => unfold(x, 2, options),
  ])
    expect(f).toThrow(/Did you mean "stride"/);
});
