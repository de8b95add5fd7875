import {
  checkGradients,
  DTypeError,
  full,
  Generator,
  ones,
  randn,
  ShapeError,
  tensor,
  ValueError,
  zeros,
} from "@chainrule/core";
import { expectClose } from "@chainrule/testing";
import { describe, expect, it } from "vitest";
import { attentionWeights, causalMask, paddingMask, scaledDotProductAttention } from "../index.ts";

const dtype = "float64";
const noise = (...shape: number[]) => randn(shape, { dtype, generator: new Generator(shape.join()) });

describe("masks", () => {
  it("say which tokens are real", () => {
    expect(
      paddingMask([
        [5, 3],
        [7, 0],
      ]).toArray(),
    ).toEqual([
      [true, true],
      [true, false],
    ]);
    expect(paddingMask(tensor([[5, -1]], { dtype: "int32" }), -1).toArray()).toEqual([[true, false]]);
  });

  it("say who comes before whom", () => {
    expect(causalMask(3).toArray()).toEqual([
      [true, false, false],
      [true, true, false],
      [true, true, true],
    ]);
    expect(causalMask(2, 3).toArray()).toEqual([
      [true, false, false],
      [true, true, false],
    ]);
    expect(causalMask(0).shape).toEqual([0, 0]);
    expect(() => causalMask(1.5)).toThrow(ValueError);
    expect(() => causalMask(-1)).toThrow(/expected a whole number of at least 0, got the number -1/);
  });
});

describe("scaledDotProductAttention", () => {
  const [q, k, v] = [noise(2, 3, 4, 5), noise(2, 3, 6, 5), noise(2, 3, 6, 2)];

  it("is a mean of the values, weighted by exp(q k / √D)", () => {
    const y = scaledDotProductAttention(
      [[2, 0]],
      [
        [1, 5],
        [0, 5],
      ],
      [[10], [20]],
    );
    const weight = Math.exp(Math.SQRT2) / (Math.exp(Math.SQRT2) + 1);
    expect(y.item()).toBeCloseTo(10 * weight + 20 * (1 - weight), 5);
    expect(
      scaledDotProductAttention(
        [[2, 0]],
        [
          [1, 5],
          [0, 5],
        ],
        [[10], [20]],
        { scale: 0 },
      ).item(),
    ).toBe(15);
  });

  it("has weights that sum to 1, in every batch and head", () => {
    const weights = attentionWeights(q, k);
    expect(weights.shape).toEqual([2, 3, 4, 6]);
    expectClose(weights.sum(-1), ones([2, 3, 4]));
    expectClose(weights.matmul(v), scaledDotProductAttention(q, k, v));
  });

  it("gives hidden keys no weight at all", () => {
    const mask = noise(2, 1, 4, 6).greater(-0.5);
    const weights = attentionWeights(q, k, { mask });
    expectClose(weights.mul(mask.logicalNot().cast(dtype)), zeros([2, 3, 4, 6]));
    const without = attentionWeights(q.slice([0, 1]), k.slice([0, 1], ":", [0, 4]));
    const cut = attentionWeights(q, k, { mask: [[true, true, true, true, false, false]] }).slice([0, 1]);
    expectClose(cut.slice("...", [0, 4]), without);
  });

  it("sees nothing of the future where it is causal", () => {
    const x = noise(1, 5, 4);
    const later = x.add(tensor([0, 0, 0, 1, 1], { dtype }).reshape(1, 5, 1));
    const [before, after] = [x, later].map((s) => scaledDotProductAttention(s, s, s, { causal: true }));
    expectClose(after.slice(":", [0, 3]), before.slice(":", [0, 3]));
    expectClose(before, scaledDotProductAttention(x, x, x, { mask: causalMask(5) }));
    expectClose(before.slice(":", 0), x.slice(":", 0));
  });

  it("adds a bias to the scores, whose -Infinity hides", () => {
    const bias = noise(4, 6);
    const weights = attentionWeights(q, k, { bias });
    expectClose(weights, q.matmul(k.T).div(Math.sqrt(5)).add(bias).softmax());
    const hiding = tensor([[0, 0, 0, 0, -Infinity, -Infinity]], { dtype });
    const mask = [[true, true, true, true, false, false]];
    expectClose(attentionWeights(q, k, { bias: hiding }), attentionWeights(q, k, { mask }));
  });

  it("gives zeros, and finite gradients, to queries that see nothing", () => {
    const mask = tensor([
      [true, true, false, false],
      [false, false, false, false],
    ]);
    for (const rule of [{ mask }, { bias: tensor([[0, 0, -Infinity, -Infinity], full([4], -Infinity).toArray(1)]) }]) {
      const inputs = [noise(2, 3), noise(4, 3), noise(4, 2)].map((t) => {
        t.requiresGrad = true;
        return t;
      });
      const [query, key, value] = inputs;
      const y = scaledDotProductAttention(query, key, value, rule);
      expect(y.slice(1).toArray()).toEqual([0, 0]);
      expectClose(
        y.slice([0, 1]),
        scaledDotProductAttention(query.slice([0, 1]), key.slice([0, 2]), value.slice([0, 2])),
      );
      y.sum().backward();
      for (const { grad } of inputs) expect(grad!.isFinite().all().item()).toBe(1);
      expect(query.grad!.slice(1).abs().max().item()).toBe(0);
      for (const t of inputs) t.requiresGrad = false;
    }
  });

  it("keeps hidden keys out, however large their scores", () => {
    const y = scaledDotProductAttention([[1e4]], [[1e4], [-1e4]], [[1], [2]], { mask: [[false, true]] });
    expect(y.item()).toBe(2);
  });

  it("has right gradients", () => {
    const inputs = [noise(2, 3, 4), noise(2, 5, 4), noise(2, 5, 2)];
    const mask = tensor([
      [true, true, false, true, true],
      [false, false, false, false, false],
      [true, false, true, true, true],
    ]);
    checkGradients((a, b, c) => scaledDotProductAttention(a, b, c, { causal: true }), inputs);
    checkGradients((a, b, c, bias) => scaledDotProductAttention(a, b, c, { mask, bias }), [...inputs, noise(3, 5)]);
    checkGradients((a, b, c) => scaledDotProductAttention(a, b, c, { mask }), inputs, {
      second: true,
      tolerance: 1e-5,
    });
  });

  it("says what does not fit", () => {
    expect(() => scaledDotProductAttention(q, noise(2, 3, 6, 4), v)).toThrow(ShapeError);
    expect(() => scaledDotProductAttention(q, k, noise(2, 3, 5, 2))).toThrow(/one value for each key/);
    expect(() => attentionWeights(q, k, { mask: ones([4, 6]) })).toThrow(DTypeError);
    expect(() => attentionWeights(q, k, { mask: ones([5, 6]).greater(0) })).toThrow(ShapeError);
    expect(() => attentionWeights(noise(4, 5), noise(6, 5), { mask: ones([2, 4, 6]).greater(0) })).toThrow(
      /a mask that broadcasts to the scores, \[4, 6\], got \[2, 4, 6\]/,
    );
    expect(() => attentionWeights(q, k, { causal: true, masks: 1 } as never)).toThrow(/Did you mean "mask"/);
  });
});
