import { jit } from "@chainrule/compiler";
import * as core from "@chainrule/core";
import { concat, Generator, OptionError, randn, ShapeError, tensor, zeros } from "@chainrule/core";
import { bothDTypes, checkReference, expectClose, referenceCases } from "@chainrule/testing";
import { describe, expect, it } from "vitest";
import { checkCopy, checkModule, withWeights } from "../../test/check-layer.ts";
import { type AttentionCall, causalMask, MultiHeadAttention, scaledDotProductAttention } from "../index.ts";
import { l2 } from "../regularizers.ts";

const dtype = "float64";
const noise = (...shape: number[]) => randn(shape, { dtype, generator: new Generator(shape.join()) });
const make = (options: object = {}) =>
  new MultiHeadAttention({ embedDim: 4, heads: 2, dtype, generator: new Generator(3), ...options });

describe.each(bothDTypes)("MultiHeadAttention in %s agrees with PyTorch", (dtype) => {
  it.each(referenceCases("layers", "multiHeadAttention"))("$name", (reference) => {
    const layer = new MultiHeadAttention({ embedDim: 8, heads: reference.options.heads as number, dtype });
    checkReference({ ...core, jit }, reference, dtype, ({ q, k, v, wIn, bIn, wOut, bOut }) =>
      withWeights(layer, { inKernel: wIn.T, inBias: bIn, outKernel: wOut.T, outBias: bOut }).call(q, {
        key: k,
        value: v,
      }),
    );
  });
});

describe("MultiHeadAttention", () => {
  const x = noise(2, 5, 4);
  const memory = noise(2, 3, 4);

  it("is attention in each head by itself", () => {
    const layer = make();
    const [q, k, v] = x.matmul(layer.inKernel!).split(3, -1);
    const heads = [0, 1].map((head) => {
      const [qh, kh, vh] = [q, k, v].map((part) => part.slice("...", [2 * head, 2 * head + 2]));
      return scaledDotProductAttention(qh, kh, vh);
    });
    expectClose(layer.call(x), concat(heads, -1).matmul(layer.outKernel));
  });

  it("looks at itself unless given keys, and takes keys for values", () => {
    const layer = make();
    expectClose(layer.call(x), layer.call(x, { key: x.mul(1), value: x.mul(1) }));
    expectClose(layer.call(x, { key: memory }), layer.call(x, { key: memory, value: memory }));
    expect(layer.call(x, { key: memory }).shape).toEqual([2, 5, 4]);
  });

  it("tells who looked at whom", () => {
    const { output, weights } = make().call(x, { key: memory, returnWeights: true });
    expect(weights.shape).toEqual([2, 2, 5, 3]);
    expectClose(weights.sum(-1), zeros([2, 2, 5]).add(1));
    expect(output.shape).toEqual([2, 5, 4]);
  });

  it("does not see keys that the mask says are not there", () => {
    const layer = make();
    const keyMask = [
      [true, true, false],
      [true, true, true],
    ];
    const y = layer.call(x, { key: memory, keyMask });
    const cut = layer.call(x.slice([0, 1]), { key: memory.slice([0, 1], [0, 2]) });
    expectClose(y.slice([0, 1]), cut);
    expectClose(y.slice([1, 2]), layer.call(x.slice([1, 2]), { key: memory.slice([1, 2]) }));
  });

  it("takes masks and biases for all, for each example, and for each head", () => {
    const layer = make();
    const causal = layer.call(x, { causal: true });
    const mask = causalMask(5);
    for (const attentionMask of [mask, mask.broadcastTo(2, 5, 5), mask.broadcastTo(2, 2, 5, 5)])
      expectClose(layer.call(x, { attentionMask }), causal);
    const hidden = tensor(
      mask
        .cast(dtype)
        .sub(1)
        .toTypedArray()
        .map((n) => (n < 0 ? Number.NEGATIVE_INFINITY : 0)),
      {
        shape: [5, 5],
      },
    );
    for (const bias of [hidden, hidden.broadcastTo(2, 5, 5), hidden.broadcastTo(2, 2, 5, 5)])
      expectClose(layer.call(x, { bias }), causal);
    const keyMask = noise(2, 5).greater(-0.3);
    const both = mask.logicalAnd(keyMask.reshape(2, 1, 5));
    expectClose(layer.call(x, { keyMask, causal: true }), layer.call(x, { attentionMask: both }));
  });

  it("sees nothing of the future where it is causal", () => {
    const layer = make();
    const changed = concat([x.slice(":", [0, 3]), x.slice(":", [3, 5]).add(1)], 1);
    const [before, after] = [x, changed].map((input) => layer.call(input, { causal: true }));
    expectClose(after.slice(":", [0, 3]), before.slice(":", [0, 3]));
    expect(after.sub(before).slice(":", [3, 5]).abs().min().item()).toBeGreaterThan(0);
  });

  it("gives its bias to queries that may see nothing", () => {
    const layer = make();
    layer.outBias!.assign([1, 2, 3, 4]);
    const y = layer.call(x, {
      keyMask: [
        [false, false, false, false, false],
        [true, true, true, true, true],
      ],
    });
    expectClose(y.slice(0).slice(0), { shape: [4], data: [1, 2, 3, 4] });
    expect(y.isFinite().all().item()).toBe(1);
  });

  it("takes keys and values with features of their own", () => {
    const layer = make({ kdim: 3, vdim: 5 });
    const call = { key: noise(2, 6, 3), value: noise(2, 6, 5) };
    expect(layer.call(x, call).shape).toEqual([2, 5, 4]);
    expect([...layer.namedParameters().keys()]).toEqual([
      "queryKernel",
      "keyKernel",
      "valueKernel",
      "inBias",
      "outKernel",
      "outBias",
    ]);
    checkModule(layer, (query, key, value) => layer.call(query, { key, value }), [x, call.key, call.value]);
    expect(() => layer.call(x)).toThrow(/key: expected 3 features, along the last axis, got \[2, 5, 4\]/);
  });

  it("has right gradients, with every kind of mask", () => {
    const layer = make();
    const calls: AttentionCall[] = [
      { causal: true },
      { keyMask: noise(2, 5).greater(-0.3), attentionMask: noise(2, 5, 5).greater(-1) },
      {
        keyMask: [
          [false, false, false, false, false],
          [true, false, true, true, true],
        ],
      },
    ];
    for (const call of calls) checkModule(layer, (input) => layer.call(input, call), [x]);
    checkModule(layer, (query, key, bias) => layer.call(query, { key, bias }), [x, memory, noise(2, 5, 3)]);
    checkModule(layer, (input) => layer.call(input, { causal: true }), [x], { second: true, tolerance: 1e-5 });
  });

  it("starts each projection at Glorot's size", () => {
    const layer = new MultiHeadAttention({ embedDim: 32, heads: 4, generator: new Generator(1) });
    const bound = Math.sqrt(6 / 64);
    for (const part of layer.inKernel!.split(3, 1)) {
      expect(part.abs().max().item()).toBeLessThanOrEqual(bound);
      expect(part.abs().max().item()).toBeGreaterThan(0.98 * bound);
    }
    expect(layer.inBias!.abs().max().item()).toBe(0);
  });

  it("drops weights in training only", () => {
    const layer = make({ dropout: 0.5 });
    const once = layer.eval().call(x);
    expectClose(layer.call(x), once);
    expect(layer.train().call(x).sub(once).abs().max().item()).toBeGreaterThan(0);
    expectClose(layer.call(x, { returnWeights: true }).weights.sum(-1), zeros([2, 2, 5]).add(1));
  });

  it("leaves biases out where they are not wanted, and penalises weights", () => {
    const layer = make({ useBias: false, kernelRegularizer: l2(1) });
    expect([...layer.namedParameters().keys()]).toEqual(["inKernel", "outKernel"]);
    const size = layer.inKernel!.square().sum().add(layer.outKernel.square().sum());
    expect(layer.penalty()!.item()).toBeCloseTo(size.item(), 10);
    const biases = make({ biasRegularizer: l2(1), biasInitializer: "ones" });
    expect(biases.penalty()!.item()).toBe(12 + 4);
  });

  it("can be copied by its state dict, and says the shape of its output", () => {
    checkCopy(() => new MultiHeadAttention({ embedDim: 6, heads: 3 }), randn([2, 5, 6]));
  });

  it("refuses heads that do not divide embedDim, and other mistakes", () => {
    expect(() => new MultiHeadAttention({ embedDim: 8, heads: 3 })).toThrow(
      /^MultiHeadAttention: expected heads that divide embedDim, got 3 heads for embedDim 8/,
    );
    expect(() => new MultiHeadAttention({ embedDim: 8, heads: 0 })).toThrow(OptionError);
    expect(() => new MultiHeadAttention({ embedDim: 8, numHeads: 2 } as never)).toThrow(/Known: embedDim, heads/);
    const layer = make({ name: "look" });
    expect(() => layer.call(zeros([2, 5, 3]))).toThrow(
      /^layer "look" \(MultiHeadAttention\): input: expected 4 features, along the last axis, got \[2, 5, 3\]/,
    );
    expect(() => layer.call(zeros([5, 4]))).toThrow(/\[batch, length, 4\], got \[5, 4\].\n {2}.*unsqueeze\(0\)/);
    expect(() => layer.call(x, { key: noise(3, 3, 4) })).toThrow(/of the 2 examples in the batch/);
    expect(() => layer.call(x, { key: memory, value: x })).toThrow(/one value for each key/);
    expect(() => layer.call(x, { keyMask: [[true]] })).toThrow(
      /keyMask: expected a mask of shape \[2, 5\], got \[1, 1\]/,
    );
    expect(() => layer.call(x, { attentionMask: causalMask(4) })).toThrow(ShapeError);
    expect(() => layer.call(x, { attentionMask: zeros([5, 5]) })).toThrow(/expected truth values/);
    expect(() => layer.call(x, memory)).toThrow(/Write call\(x, \{ key: … \}\)/);
  });
});
