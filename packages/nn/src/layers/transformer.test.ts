import { concat, Generator, OptionError, randn, ShapeError, tensor, zeros } from "@chainrule/core";
import { expectClose } from "@chainrule/testing";
import { describe, expect, it } from "vitest";
import { checkCopy, checkModule } from "../../test/check-layer.ts";
import {
  causalMask,
  Functional,
  input,
  Transformer,
  TransformerDecoder,
  TransformerDecoderLayer,
  TransformerEncoder,
  TransformerEncoderLayer,
} from "../index.ts";

const dtype = "float64";
const noise = (...shape: number[]) => randn(shape, { dtype, generator: new Generator(shape.join()) });
const size = { embedDim: 4, heads: 2, feedForwardDim: 3, dtype, dropout: 0 } as const;
const options = (more: object = {}) => ({ ...size, generator: new Generator(3), ...more });

const x = noise(2, 5, 4);
const memory = noise(2, 3, 4);
const mask = tensor([
  [true, true, true, true, false],
  [true, true, false, false, false],
]);
const lengths = [4, 2];
const memoryMask = tensor([
  [true, true, true],
  [true, false, false],
]);

describe("TransformerEncoderLayer", () => {
  it("normalises sums, as in the paper", () => {
    const layer = new TransformerEncoderLayer(options());
    const attended = layer.attentionNorm.call(x.add(layer.attention.call(x)));
    const { inner, outer } = layer.feedForward;
    const network = inner.kernel.shape[1];
    expect(network).toBe(3);
    const added = attended.matmul(inner.kernel).add(inner.bias!).relu().matmul(outer.kernel).add(outer.bias!);
    expectClose(layer.call(x), layer.feedForwardNorm.call(attended.add(added)));
  });

  it("normalises what goes into each part with normFirst", () => {
    const layer = new TransformerEncoderLayer(options({ normFirst: true, activation: "gelu" }));
    const attended = x.add(layer.attention.call(layer.attentionNorm.call(x)));
    const { inner, outer } = layer.feedForward;
    const normed = layer.feedForwardNorm.call(attended);
    const added = normed.matmul(inner.kernel).add(inner.bias!).gelu().matmul(outer.kernel).add(outer.bias!);
    expectClose(layer.call(x), attended.add(added));
  });

  it("does not see padding, and tells who looked at whom", () => {
    const layer = new TransformerEncoderLayer(options());
    const { output, weights } = layer.call(x, { mask, returnWeights: true });
    expect(weights.shape).toEqual([2, 2, 5, 5]);
    for (const i of [0, 1])
      expectClose(output.slice([i, i + 1], [0, lengths[i]]), layer.call(x.slice([i, i + 1], [0, lengths[i]])));
    expectClose(layer.call(x, { attentionMask: causalMask(5) }), layer.call(x, { causal: true }));
  });

  it("has as many weights as it should, at once", () => {
    const [E, F] = [4, 3];
    const attention = 4 * E * E + 4 * E;
    expect(new TransformerEncoderLayer(options()).countParameters().total).toBe(attention + 2 * E * F + F + E + 4 * E);
    expect(new TransformerEncoderLayer({ embedDim: 4, heads: 1 }).feedForward.inner.units).toBe(16);
    expect([...new TransformerEncoderLayer(options()).namedParameters().keys()]).toEqual([
      "feedForward.inner.kernel",
      "feedForward.inner.bias",
      "feedForward.outer.kernel",
      "feedForward.outer.bias",
      "feedForwardNorm.gamma",
      "feedForwardNorm.beta",
      "attention.inKernel",
      "attention.inBias",
      "attention.outKernel",
      "attention.outBias",
      "attentionNorm.gamma",
      "attentionNorm.beta",
    ]);
  });

  it("drops in training only, by default a tenth", () => {
    const layer = new TransformerEncoderLayer(options({ dropout: undefined }));
    expect([layer.dropout.rate, layer.attention.dropout.rate, layer.feedForward.dropout.rate]).toEqual([0.1, 0.1, 0.1]);
    const once = layer.eval().call(x);
    expectClose(layer.call(x), once);
    const noisy = new TransformerEncoderLayer(options({ dropout: 0.5 }));
    noisy.loadStateDict(layer.stateDict());
    expect(noisy.call(x).sub(once).abs().max().item()).toBeGreaterThan(0);
  });

  it("drops after each part, and within the network", () => {
    for (const normFirst of [false, true]) {
      const layer = new TransformerEncoderLayer(options({ dropout: 0.5, normFirst })).eval();
      const once = layer.call(x);
      for (const dropout of [layer.dropout, layer.feedForward.dropout, layer.attention.dropout]) {
        dropout.train();
        expect(layer.call(x).sub(once).abs().max().item()).toBeGreaterThan(0);
        dropout.eval();
        expectClose(layer.call(x), once);
      }
    }
  });

  it("hands eps to its normalisations", () => {
    const layer = new TransformerEncoderLayer(options({ eps: 0.5 }));
    expect([layer.attentionNorm.eps, layer.feedForwardNorm.eps]).toEqual([0.5, 0.5]);
    expect(new TransformerEncoderLayer(options()).attentionNorm.eps).toBe(1e-5);
  });

  it("has right gradients", () => {
    for (const normFirst of [false, true]) {
      const layer = new TransformerEncoderLayer(options({ normFirst, activation: "gelu" }));
      checkModule(layer, (input) => layer.call(input, { mask }), [x]);
      checkModule(layer, (input) => layer.call(input, { causal: true }), [x]);
    }
  });
});

describe("TransformerEncoder", () => {
  it("is its blocks one after the other", () => {
    const encoder = new TransformerEncoder({ ...options(), numLayers: 2 });
    const [first, second] = encoder.layers;
    expectClose(encoder.call(x, { mask }), second.call(first.call(x, { mask }), { mask }));
    expect(encoder.norm).toBeNull();
    const { weights } = encoder.call(x, { returnWeights: true });
    expect(weights.map((each) => each.shape)).toEqual([
      [2, 2, 5, 5],
      [2, 2, 5, 5],
    ]);
  });

  it("gives its blocks weights of their own, and with normFirst a normalisation at the end", () => {
    const encoder = new TransformerEncoder({ ...options(), numLayers: 3, normFirst: true });
    const [first, second, third] = encoder.layers;
    expectClose(encoder.call(x), encoder.norm!.call(third.call(second.call(first.call(x)))));
    const difference = first.attention.inKernel!.sub(second.attention.inKernel!);
    expect(difference.abs().max().item()).toBeGreaterThan(0);
    expect(new TransformerEncoder({ ...options(), numLayers: 1, finalNorm: true }).norm).not.toBeNull();
    expect(new TransformerEncoder({ ...options(), numLayers: 1, normFirst: true, finalNorm: false }).norm).toBeNull();
  });

  it("sees nothing of the future where it is causal", () => {
    const encoder = new TransformerEncoder({ ...options(), numLayers: 2 });
    const changed = concat([x.slice(":", [0, 3]), x.slice(":", [3, 5]).add(noise(2, 2, 4))], 1);
    const [before, after] = [x, changed].map((input) => encoder.call(input, { causal: true }));
    expectClose(after.slice(":", [0, 3]), before.slice(":", [0, 3]));
    expect(after.sub(before).slice(":", [3, 5]).abs().max().item()).toBeGreaterThan(0);
  });

  it("has right gradients, and can be copied by its state dict", () => {
    const encoder = new TransformerEncoder({ ...options(), numLayers: 2, normFirst: true });
    checkModule(encoder, (input) => encoder.call(input, { mask }), [x]);
    checkCopy(() => new TransformerEncoder({ numLayers: 2, embedDim: 6, heads: 3 }).eval(), randn([2, 5, 6]));
  });

  it("says what it wants where it gets something else", () => {
    const encoder = new TransformerEncoder({ ...options(), numLayers: 2, name: "reader" });
    expect(() => encoder.call(zeros([2, 5, 3]))).toThrow(
      /^layer "reader" \(TransformerEncoder\): input: expected 4 features, along the last axis, got \[2, 5, 3\]/,
    );
    expect(() => encoder.call(x, { mask: [[true]] })).toThrow(
      /^layer "reader" \(TransformerEncoder\): layer "layers.0" \(TransformerEncoderLayer\): mask: expected a mask of shape/,
    );
    expect(() => new TransformerEncoder({ ...options(), numLayers: 0 })).toThrow(/numLayers as a whole number/);
    expect(() => new TransformerEncoder({ ...options(), numLayers: 1, heads: 3 })).toThrow(
      /heads that divide embedDim/,
    );
    expect(() => new TransformerEncoder({ ...options(), depth: 2 } as never)).toThrow(OptionError);
    expect(() => new TransformerEncoderLayer({ ...options(), embedDim: 0 })).toThrow(/embedDim as a whole number/);
    expect(() => new TransformerEncoderLayer({ ...options(), feedForwardDim: -1 })).toThrow(/feedForwardDim/);
  });
});

describe("TransformerDecoderLayer", () => {
  it("looks back, then across, then thinks", () => {
    const layer = new TransformerDecoderLayer(options());
    const back = layer.selfAttentionNorm.call(x.add(layer.selfAttention.call(x, { causal: true })));
    const across = layer.crossAttention.call(back, { key: memory, keyMask: memoryMask, returnWeights: true });
    const read = layer.crossAttentionNorm.call(back.add(across.output));
    const result = layer.call(x, { memory, memoryMask, returnWeights: true });
    expectClose(result.output, layer.feedForwardNorm.call(read.add(layer.feedForward.call(read))));
    expectClose(result.weights, across.weights);
    expect(result.weights.shape).toEqual([2, 2, 5, 3]);
  });

  it("needs a memory", () => {
    expect(() => new TransformerDecoderLayer(options()).call(x)).toThrow(
      /memory: expected what the encoder read.*\n.*TransformerEncoder called with \{ causal: true \}/,
    );
  });

  it("has right gradients", () => {
    for (const normFirst of [false, true]) {
      const layer = new TransformerDecoderLayer(options({ normFirst, memoryDim: 2 }));
      const call = { memoryMask, mask };
      checkModule(layer, (input, read) => layer.call(input, { ...call, memory: read }), [x, noise(2, 3, 2)]);
    }
  });
});

describe("TransformerDecoder", () => {
  const decoder = new TransformerDecoder({ ...options(), numLayers: 2 });

  it("sees nothing of its own future unless it may", () => {
    const changed = concat([x.slice(":", [0, 3]), x.slice(":", [3, 5]).add(noise(2, 2, 4))], 1);
    const [before, after] = [x, changed].map((input) => decoder.call(input, { memory }));
    expectClose(after.slice(":", [0, 3]), before.slice(":", [0, 3]));
    const [open, moved] = [x, changed].map((input) => decoder.call(input, { memory, causal: false }));
    expect(moved.sub(open).slice(":", [0, 3]).abs().max().item()).toBeGreaterThan(0);
  });

  it("sees no padding, neither its own nor the memory's", () => {
    const y = decoder.call(x, { memory, memoryMask, mask, causal: false });
    for (const i of [0, 1]) {
      const one = [i, i + 1] as const;
      const read = memory.slice(one, [0, [3, 1][i]]);
      const alone = decoder.call(x.slice(one, [0, lengths[i]]), { memory: read, causal: false });
      expectClose(y.slice(one, [0, lengths[i]]), alone);
    }
  });

  it("tells where each block looked", () => {
    const { weights } = decoder.call(x, { memory, memoryMask, returnWeights: true });
    expect(weights.length).toBe(2);
    expectClose(weights[1].sum(-1), zeros([2, 2, 5]).add(1));
    expect(weights[1].slice(1, ":", ":", [1, 3]).abs().max().item()).toBe(0);
  });

  it("writes step by step what it writes at once", () => {
    const whole = decoder.call(x, { memory });
    for (const t of [1, 3]) expectClose(decoder.call(x.slice(":", [0, t]), { memory }), whole.slice(":", [0, t]));
  });

  it("has right gradients, and can be copied by its state dict", () => {
    checkModule(decoder, (input, read) => decoder.call(input, { memory: read, memoryMask }), [x, memory]);
    const make = () => new TransformerDecoder({ numLayers: 1, embedDim: 6, heads: 2, memoryDim: 3 }).eval();
    const read = randn([2, 4, 3]);
    checkCopy(make, randn([2, 5, 6]), (made, input) => made.call(input, { memory: read }));
  });

  it("says what it wants where it gets something else", () => {
    expect(() => decoder.call(x, { memory: noise(2, 3, 3) })).toThrow(/key: expected 4 features, along the last axis/);
    expect(() => decoder.call(x, { memory: noise(1, 3, 4) })).toThrow(ShapeError);
    expect(() => decoder.call(x, { memory, memory_mask: memoryMask } as never)).toThrow(/Did you mean "memoryMask"/);
  });
});

describe("Transformer", () => {
  const make = (options = {}) =>
    new Transformer({ embedDim: 4, heads: 2, numEncoderLayers: 1, numDecoderLayers: 1, dropout: 0, ...options });
  const [source, target] = [randn([2, 5, 4]), randn([2, 3, 4])];

  it("does not look at steps that a mask leaves out, of either sequence, or ahead", () => {
    const transformer = make();
    const wanted = transformer.call(source.slice(":", [0, 3]), { target: target.slice(":", [0, 2]) });
    const mask = tensor([
      [true, true, true, false, false],
      [true, true, true, false, false],
    ]);
    expectClose(transformer.call(source, { target, mask }).slice(":", [0, 2]), wanted, { tolerance: 1e-5 });
    expect(transformer.call(source, { target, mask, causal: false }).shape).toEqual([2, 3, 4]);
  });

  it("asks for a target, and has final norms unless it is told otherwise", () => {
    expect(() => make().call(source)).toThrow(/call\(x, { target }\)/);
    expect([make().encoder.norm !== null, make({ finalNorm: false }).decoder.norm]).toEqual([true, null]);
    expect(new Transformer({ embedDim: 4, heads: 2 }).encoder.layers.length).toBe(6);
  });

  it("is a node of a functional model", () => {
    const [a, b] = [input([null, 4]), input([null, 4])];
    const model = new Functional({ inputs: [a, b], outputs: make().call(a, { target: b }) });
    expect(model.call(source, target).shape).toEqual([2, 3, 4]);
  });
});
