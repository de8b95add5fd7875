import {
  conv2d,
  DTypeError,
  defineOp,
  GraphError,
  gather,
  gradients,
  manualSeed,
  OptionError,
  type Parameter,
  parameter,
  randn,
  type Tensor,
  tensor,
  Value,
  ValueError,
  value,
} from "@chainrule/core";
import { binaryCrossEntropy, crossEntropy, mse } from "@chainrule/losses";
import { BatchNorm, Conv2d, Dense, Embedding, Flatten, LSTM, Sequential } from "@chainrule/nn";
import { describe, expect, it } from "vitest";
import { explainGradient } from "./explain-gradient.ts";
import { GradientExplanation } from "./gradient-explanation.ts";

const indicesOf = (x: Tensor): number[][] =>
  Array.from({ length: x.size }, (_, place) =>
    x.shape.map((n, axis) => Math.floor(place / x.shape.slice(axis + 1).reduce((total, m) => total * m, 1)) % n),
  );

/** Every number of a tensor explained, as far as there are not too many: the shares must be what `backward` leaves. */
function expectSums(loss: Tensor, of: Tensor, most = 8): GradientExplanation[] {
  const [gradient] = gradients([loss], [of], { retainGraph: true });
  const numbers = gradient.toTypedArray();
  const all = indicesOf(of);
  const each = Math.max(1, Math.floor(all.length / most));
  return all.flatMap((index, place) => {
    if (place % each !== 0) return [];
    const explained = explainGradient(loss, of, index, { maxShares: 1000 });
    expect(explained.gradient).toBe(numbers[place]);
    const told = explained.shares.reduce((sum, { share }) => sum + share, 0) + explained.more.share;
    const whole = explained.shares.reduce((sum, { share }) => sum + Math.abs(share), 0);
    const rounding = (of.dtype === "float64" ? 1e-14 : 1e-6) * (whole + 1e-9);
    expect(Math.abs(told - numbers[place]), `at ${index}`).toBeLessThanOrEqual(rounding);
    expect(explained.sum).toBeCloseTo(told, 10);
    expect(explained.toText() + explained.toMarkdown()).not.toMatch(/undefined|\[object/);
    return [explained];
  });
}

const double = (x: Tensor) => parameter(x.cast("float64"));

describe("explainGradient", () => {
  const x = tensor([[0.5, 1, -2], [1, 1, 0], [1, 0, 3], [0, 2, 1]], { dtype: "float64" }); // biome-ignore format: a table
  const y = tensor([[1], [0], [1], [0]], { dtype: "float64" });
  manualSeed(5);

  it("finds the samples and their shares of a weight, the largest first", () => {
    const [W, V] = [double(randn([3, 2])), double(randn([2, 1]))];
    const h = x.matmul(W).tanh();
    const loss = h.matmul(V).sub(y).square().mean();
    const { shares, sum, gradient, uses } = explainGradient(loss, W, [2, 1]);
    const g = gradients([loss], [h], { retainGraph: true })[0];
    const expected = [0, 1, 2, 3].map((n) => x.at(n, 2) * g.at(n, 1) * (1 - h.at(n, 1) ** 2));
    // The second sample has a 0 there, and no part.
    const order = [0, 2, 3].sort((i, j) => Math.abs(expected[j]) - Math.abs(expected[i]));
    expect(shares.map(({ sample }) => sample)).toEqual(order);
    shares.forEach(({ share, sample, count, elements: [element] }) => {
      expect(share).toBeCloseTo(expected[sample!], 12);
      expect([count, element.index, element.local]).toEqual([1, [sample, 1], x.at(sample!, 2)]);
    });
    expect([uses, sum]).toEqual([1, expect.closeTo(gradient, 12)]);
    expectSums(loss, W);
    expectSums(loss, V);
  });

  it("adds up for biases, inputs, tensors in between and scalars", () => {
    const [W, b, s] = [double(randn([3, 2])), double(randn([2])), parameter(tensor(0.5, { dtype: "float64" }))];
    const given = tensor(x, { requiresGrad: true });
    const h = given.matmul(W).add(b).relu();
    const loss = h.mul(s).sum(1).square().mean();
    for (const of of [W, b, s, given, h]) expectSums(loss, of);
    const alive = h.greater(0).toArray() as unknown as boolean[][];
    const samples = alive.flatMap(([first], n) => (first ? [n] : []));
    expect(samples.length).toBeGreaterThan(0);
    expect(
      explainGradient(loss, b, 0)
        .shares.map(({ sample }) => sample)
        .sort(),
    ).toEqual(samples);
    expect(explainGradient(loss, loss).shares).toMatchObject([{ share: 1, way: [] }]);
    expect(explainGradient(loss, s).index).toEqual([]);
    expect(explainGradient(loss, b, 1).index).toEqual([1]);
  });

  it("tells the uses of a shared weight, and the ways where they part, apart", () => {
    const W = double(randn([3, 3]).mul(0.3));
    const h = x.matmul(W).tanh();
    const skipped = h.matmul(W).add(h);
    const loss = skipped.square().mean();
    const all = expectSums(loss, W);
    expect(all[0].uses).toBe(2);
    const ways = new Set(all.flatMap(({ shares }) => shares.map(({ use, way }) => `${use}: ${way.join(" ")}`)));
    // Its first use goes on through its second, or around it.
    expect(ways.size).toBe(3);
    expect(all[0].toText()).toMatch(/The 3 ways:\n {2}A: use [12] of 2, v\d/);
  });

  it("follows weights to where they meet data: transposed, scaled, and in a penalty", () => {
    const W = double(randn([2, 3]));
    const data = x.matmul(W.mul(2).transpose()).square().mean();
    const loss = data.add(W.square().sum().mul(0.01));
    const [first] = expectSums(loss, W);
    expect(first.shares.filter(({ sample }) => sample !== undefined).length).toBeGreaterThan(1);
    expect(first.shares.filter(({ sample }) => sample === undefined)).toHaveLength(1);
  });

  it("adds up for convolutions, embeddings, recurrent layers and normalization", () => {
    manualSeed(2);
    const images = randn([3, 1, 6, 6]);
    const labels = tensor([0, 1, 1], { dtype: "int32" });
    const cnn = new Sequential([new Conv2d({ filters: 2, kernelSize: 3, activation: "relu" }), new Flatten(), new Dense({ units: 2 })]); // biome-ignore format: a list
    const ofCnn = crossEntropy(cnn.call(images), labels);
    const [kernel] = cnn.parameters();
    for (const weight of cnn.parameters()) expectSums(ofCnn, weight, 3);
    expect(
      explainGradient(ofCnn, kernel, [0, 0, 0, 0])
        .shares.map(({ sample }) => sample)
        .sort(),
    ).toEqual([0, 1, 2]);

    const words = tensor([[0, 2, 2], [1, 2, 0]], { dtype: "int32" }); // biome-ignore format: a table
    const rnn = new Sequential([new Embedding({ inputDim: 4, outputDim: 3 }), new LSTM({ units: 3 }), new Dense({ units: 1 })]); // biome-ignore format: a list
    const ofRnn = mse(rnn.call(words), [[1], [0]]);
    for (const weight of rnn.parameters()) expectSums(ofRnn, weight, 3);
    const table = rnn.parameters()[0];
    const row = (i: number) => new Set(explainGradient(ofRnn, table, [i, 0]).shares.map(({ sample }) => sample));
    expect([row(0), row(1), row(3)]).toEqual([new Set([0, 1]), new Set([1]), new Set()]);
    expect(explainGradient(ofRnn, table, [3, 0]).toText()).toContain("Nothing contributes");

    const normed = new Sequential([new Dense({ units: 3 }), new BatchNorm(), new Dense({ units: 1 })]);
    const ofNormed = mse(normed.call(x.cast("float32")), y);
    for (const weight of normed.parameters()) expectSums(ofNormed, weight, 3);
    const gamma = normed.parameters().find(({ shape }) => shape.join() === "3")!;
    expect(explainGradient(ofNormed, gamma, 0).shares.every(({ sample }) => sample !== undefined)).toBe(true);
  });

  it("has a layer and a loss as one station of a way, and numbers calls of one layer", () => {
    const model = new Sequential([new Dense({ units: 2, activation: "gelu" }), new Dense({ units: 1, activation: "sigmoid" })]); // biome-ignore format: a list
    const loss = binaryCrossEntropy(model.call(x.cast("float32")), y);
    const { shares } = explainGradient(loss, model.parameters()[0], [0, 0]);
    expect(shares[0].way).toEqual(["layers.0", "layers.1", "binaryCrossEntropy"]);
    const twice = new Dense({ units: 3, activation: "tanh" });
    const again = twice.call(twice.call(x.cast("float32"))).square().mean(); // biome-ignore format: short
    const ways = explainGradient(again, (twice.kernel as Parameter)!, [0, 0], { maxShares: 100 }).shares.map(({ way }) => way.slice(0, 2)); // biome-ignore format: short
    expect(new Set(ways.map((way) => way.join(" ")))).toEqual(new Set(["dense dense (call 2)", "dense (call 2) v8 (square)"])); // biome-ignore format: short
  });

  it("explains a loss with a gradient in it", () => {
    const w = double(randn([3, 1]));
    const loss = x.matmul(w).sigmoid().square().mean();
    const [g] = gradients([loss], [w], { createGraph: true });
    expectSums(g.square().sum(), w);
  });

  it("comes before backward, after it, and after the weight was changed", () => {
    const w = parameter([[1], [2], [3]]);
    const loss = x.cast("float32").matmul(w).square().mean();
    const before = JSON.stringify(explainGradient(loss, w, [1, 0]));
    loss.backward();
    const { gradient } = explainGradient(loss, w, [1, 0]);
    expect(gradient).toBe(w.grad!.at(1, 0));
    w.assign([[9], [9], [9]]);
    expect(JSON.stringify(explainGradient(loss, w, [1, 0]))).toBe(before);
  });

  it("adds up what it does not tell one by one", () => {
    const w = parameter([2]);
    const many = tensor(Array.from({ length: 50 }, (_, i) => [i]));
    const explained = explainGradient(many.mul(w).sum(), w, 0, { maxShares: 5 });
    expect(explained.shares.map(({ sample }) => sample)).toEqual([49, 48, 47, 46, 45]);
    expect(explained.more).toEqual({ count: 44, share: 990 });
    expect(explained.toText()).toContain("   990  and 44 more\n  ────\n  1225");
  });

  it("joins ways where there are too many to tell", () => {
    let h = parameter([1.1]) as Tensor;
    const w = h;
    for (let i = 0; i < 12; i++) h = h.mul(0.5).add(h.mul(0.4)); // biome-ignore format: short
    const [explained] = expectSums(h.sum(), w);
    expect(explained.shares.length).toBeLessThan(100);
    expect(explained.shares.some(({ way }) => way.includes("…"))).toBe(true);
  });

  it("takes rules that have no gradient themselves, one element after the other", () => {
    const opaque = defineOp<void>({
      name: "opaque",
      inferShape: ([x]) => x,
      kernel: (out, [x]) => {
        for (let i = 0; i < out.storage.length; i++) out.storage[i] = 3 * x.storage[i];
      },
    });
    const triple = defineOp<void>({ ...opaque.op, name: "triple", gradient: (g) => opaque([g], undefined) });
    const w = parameter([1, 2]);
    expectSums(triple([w], undefined).square().sum(), w);
  });

  it("tells the ways of a Value", () => {
    const [a, c] = [value(3, "a"), value(2, "c")];
    const result = a.mul(c).tanh().add(a.square()).mul(a).named("r");
    const explained = explainGradient(result, a);
    result.backward();
    expect([explained.gradient, explained.uses]).toEqual([expect.closeTo(a.grad, 12), 3]);
    expect(explained.shares.map(({ share }) => share)).toEqual([
      18,
      expect.closeTo(10, 4),
      expect.closeTo(0.000147, 5),
    ]);
    expect(explainGradient(result, result).shares).toHaveLength(1);
    expect(() => explainGradient(result, value(1, "other"))).toThrow(GraphError);
    expect(() => explainGradient(result, a, [0])).toThrow(ValueError);
    expect(explainGradient(Value.dot([a, a], [c, 1]), a).gradient).toBe(3);
  });

  it("is the same data after JSON", () => {
    const w = parameter([[1], [2], [3]]);
    const explained = explainGradient(x.cast("float32").matmul(w).sum(), w, [0, 0], { names: { w } });
    const again = new GradientExplanation(JSON.parse(JSON.stringify(explained)));
    expect([again.toText(), again.toMarkdown()]).toEqual([explained.toText(), explained.toMarkdown()]);
  });

  it("refuses what has no part, no place or no sense", () => {
    const w = parameter([1, 2]);
    const loss = w.square().sum();
    expect(() => explainGradient(loss, parameter([1]), 0)).toThrow(/one of shape \[1\] that has no part in it/);
    expect(() => explainGradient(loss, w)).toThrow(
      /an index into \[2\], one whole number from 0 for each axis, got \[\]/,
    );
    for (const index of [2, -1, 0.5, [0, 0], "x"]) expect(() => explainGradient(loss, w, index as never)).toThrow(ValueError); // biome-ignore format: short
    expect(() => explainGradient(w.square(), w, 0)).toThrow(/a loss, which is one number/);
    expect(() => explainGradient(loss, value(1) as never, 0)).toThrow(DTypeError);
    expect(() => explainGradient(loss, w, 0, { most: 3 } as never)).toThrow(OptionError);
    w.onGradient((g) => g.mul(2));
    expect(() => explainGradient(loss, w, 0)).toThrow(/a hook \(onGradient\) changed/);
  });

  it("works for gather and conv2d by themselves", () => {
    const table = double(randn([4, 2]));
    expectSums(gather(table, [3, 0, 3]).square().sum(), table);
    const [image, kernel] = [randn([2, 1, 4, 4]).cast("float64"), double(randn([2, 1, 2, 2]))];
    expectSums(conv2d(image, kernel, { padding: 1 }).square().mean(), kernel);
  });
});
