import { inspect } from "node:util";
import { Generator, OptionError, ShapeError, type Tensor, tensor, ValueError } from "@chainrule/core";
import { expectClose, peerCases } from "@chainrule/testing";
import { describe, expect, it } from "vitest";
import {
  estimateKlDivergence,
  estimateMutualInformation,
  explainBregman,
  explainMixture,
  explainMutualInformation,
  information,
} from "../index.ts";

const double = (x: unknown[]) => tensor(x as number[], { dtype: "float64" });
const joint = double([
  [0.3, 0.1, 0],
  [0.05, 0.05, 0.5],
]);
const { LN2, log } = Math;

describe("conditional entropy", () => {
  it("is what the joint entropy has above the marginal one, and the chain rule adds up both ways", () => {
    const all = information.entropy(joint.reshape([6])).item();
    const [rows, columns] = [joint.sum(1), joint.sum(0)].map((p) => information.entropy(p).item());
    expect(information.conditionalEntropy(joint).item()).toBeCloseTo(all - rows, 14);
    expect(information.conditionalEntropy(joint, { given: "columns" }).item()).toBeCloseTo(all - columns, 14);
    const shared = information.mutualInformation(joint).item();
    expect(columns - information.conditionalEntropy(joint).item()).toBeCloseTo(shared, 14);
    expectClose(
      information.conditionalEntropy(joint.mul(20), { normalize: true, base: 2 }),
      information.conditionalEntropy(joint).div(LN2),
    );
  });

  it("is 0 where one determines the other, takes several tables, and refuses what is none", () => {
    expect(
      information
        .conditionalEntropy(
          [
            [0.5, 0],
            [0, 0.5],
          ].map((row) => row),
        )
        .item(),
    ).toBe(0);
    const tables = double([[[0.25, 0.25, 0.25, 0.25]], [[1, 0, 0, 0]]].map(([row]) => [row.slice(0, 2), row.slice(2)]));
    expectClose(information.conditionalEntropy(tables), { shape: [2], data: [LN2, 0] });
    expect(() => information.conditionalEntropy([0.5, 0.5])).toThrow(ShapeError);
    expect(() => information.conditionalEntropy(joint, { given: "x" as "rows" })).toThrow(OptionError);
  });
});

describe("units", () => {
  it("go into each other and back", () => {
    const bits = information.convert(double([1, Number.POSITIVE_INFINITY, 0]), { to: 2 });
    expectClose(bits, { shape: [3], data: [1 / LN2, Number.POSITIVE_INFINITY, 0] });
    expectClose(information.convert(bits, { from: 2 }), double([1, Number.POSITIVE_INFINITY, 0]));
    for (const base of [0, 1, -2, Number.NaN])
      for (const options of [{ from: base }, { to: base }])
        expect(() => information.convert(1, options)).toThrow(OptionError);
  });
});

describe("mixtures", () => {
  const parts = double([
    [0.7, 0.2, 0.1],
    [0, 0.5, 0.5],
  ]);
  const weights = double([0.25, 0.75]);

  it("have a cross-entropy that is the mean of the components', and more entropy than they", () => {
    const q = double([0.2, 0.3, 0.5]);
    const m = information.mixture(parts, weights);
    const each = information.crossEntropy(parts, q.broadcastTo([2, 3]));
    expectClose(information.crossEntropy(m, q), weights.mul(each).sum());
    const explained = explainMixture(parts, weights, { q, labels: ["first", "second"] });
    expect(explained.meanEntropy.nats + explained.divergence.nats).toBeCloseTo(explained.entropy.nats, 14);
    expect(explained.crossEntropy.nats).toBeCloseTo(weights.mul(each).sum().item(), 14);
    expect(explained.components.map(({ label }) => label)).toEqual(["first", "second"]);
    for (const { entropy, klDivergence, crossEntropy } of explainMixture(parts, weights).components)
      expect(entropy + klDivergence).toBeCloseTo(crossEntropy, 14);
  });

  it("refuse weights that do not fit, and do not see components without weight", () => {
    expect(() => information.mixture(parts, [1])).toThrow(/a weight for each, \[.., K\]/);
    expect(() => information.mixture(parts, [0.5, 0.6])).toThrow(ValueError);
    const alone = explainMixture(
      [
        [1, 0],
        [0, 1],
      ].map((row) => row),
      [1, 0],
    );
    expect([alone.entropy.nats, alone.divergence.nats]).toEqual([0, 0]);
    expect(() => explainMixture(parts, weights, { labels: ["one"] })).toThrow(/2 labels/);
  });
});

describe("Bregman divergences", () => {
  const [p, q] = [double([0.2, 0.5, 0.3]), double([0.4, 0.4, 0.2])];

  it("are the Kullback-Leibler divergence, the squared error, and Itakura and Saito's", () => {
    expectClose(information.bregman(p, q), information.klDivergence(p, q), { tolerance: 1e-13 });
    expectClose(information.bregman(p, q, { generator: "squares" }), p.sub(q).square().sum());
    const ratio = p.div(q);
    expectClose(information.bregman(p, q, { generator: "logarithm" }), ratio.sub(ratio.log()).sub(1).sum());
    const own = information.bregman(p, q, { generator: (x, axis) => x.square().square().sum(axis) });
    expect(own.item()).toBeGreaterThan(0);
  });

  it("are 0 of the same, where the slope is infinite too, and Infinity where q has no slope for what p has", () => {
    expect(information.bregman([0, 1], [0, 1]).item()).toBe(0);
    expect(information.bregman([0.5, 0.5], [0, 1]).item()).toBe(Number.POSITIVE_INFINITY);
    expect(() => information.bregman(p, [1])).toThrow(ShapeError);
    expect(() => information.bregman(p, q, { generator: "cubes" as never })).toThrow(/entropy, squares, logarithm/);
    for (const wrong of [() => 3, (x: Tensor) => x, (x: Tensor) => x.square().sum()])
      expect(() => information.bregman(double([[1, 2]]), double([[2, 1]]), { generator: wrong as never })).toThrow(
        /that adds up along its axis, here to shape \[1\].*\n.*sum\(axis\)/,
      );
    expect(() => information.bregman(p, q, { generator: class {} as never })).toThrow(/or a function/);
  });

  it("have the mean as their best constant, whatever F is", () => {
    const points = double([[0.1], [0.7], [1.3]]);
    for (const generator of ["entropy", "squares", "logarithm"] as const) {
      const cost = (c: number) =>
        information
          .bregman(points, double([[c], [c], [c]]), { generator })
          .sum()
          .item();
      for (const other of [0.6, 0.8]) expect(cost(0.7)).toBeLessThan(cost(other));
    }
  });

  it("are shown as the gap between F and its tangent", () => {
    const explained = explainBregman([1, 2], [0, 4], { generator: "squares" });
    expect(explained).toMatchObject({ value: 5, base: 16, slope: [0, 8], tangent: 0, divergence: 5 });
    expect(String(explained)).toMatch(/^D\(p, q\) +5\.0000$/m);
    expect(String(explained)).toContain("the squared error");
    expect(() => explainBregman([[1]], [[1]])).toThrow(ShapeError);
  });
});

describe("explainMutualInformation", () => {
  const explained = explainMutualInformation(
    [
      [4, 1],
      [1, 4],
    ].map((row) => row),
    {
      rows: ["sun", "rain"],
      columns: ["hat", "umbrella"],
      normalize: true,
    },
  );

  it("adds up, pair by pair and by entropies", () => {
    const { mutualInformation, entropyOfRows, entropyOfColumns, jointEntropy, columnsGivenRows } = explained;
    expect(explained.pairs.reduce((sum, { product }) => sum + product, 0)).toBeCloseTo(mutualInformation.nats, 14);
    expect(entropyOfRows.nats + entropyOfColumns.nats - jointEntropy.nats).toBeCloseTo(mutualInformation.nats, 14);
    expect(entropyOfColumns.bits - columnsGivenRows.bits).toBeCloseTo(mutualInformation.bits, 14);
  });

  it("prints as aligned tables", () => {
    expect(String(explained)).toBe(`\
x     y         p(x,y)  p(x)p(y)  log of the ratio  product
sun   hat       0.4000    0.2500            0.4700   0.1880
sun   umbrella  0.1000    0.2500           -0.9163  -0.0916
rain  hat       0.1000    0.2500           -0.9163  -0.0916
rain  umbrella  0.4000    0.2500            0.4700   0.1880

                                   nats    bits
H(X)      -Σ p(x) log p(x)       0.6931  1.0000
H(Y)      -Σ p(y) log p(y)       0.6931  1.0000
H(X, Y)   -Σ p(x,y) log p(x,y)   1.1935  1.7219
H(Y | X)  H(X, Y) - H(X)         0.5004  0.7219
H(X | Y)  H(X, Y) - H(Y)         0.5004  0.7219
I(X; Y)   H(X) + H(Y) - H(X, Y)  0.1927  0.2781

I(X; Y) = H(Y) - H(Y | X): by so much Y surprises less once X is known; and the same the other way round.
A single product may be below 0, of a pair that occurs less often than by chance; their sum never is.`);
    expect(inspect(explained)).toBe(String(explained));
    expect(() => explainMutualInformation([0.5, 0.5])).toThrow(ShapeError);
    expect(() => explainMutualInformation(joint, { rows: ["one"] })).toThrow(/2 labels/);
  });
});

describe("estimates from samples", () => {
  interface Estimates {
    readonly name: string;
    readonly first: number[];
    readonly second: number[];
    readonly options: object;
    readonly value: number;
  }
  const cases = peerCases("information") as readonly (Estimates & { readonly op: string })[];
  const estimates: Readonly<Record<string, typeof estimateKlDivergence>> = {
    mutualInformation: estimateMutualInformation,
    klDivergence: estimateKlDivergence,
  };

  it.each(cases.map((one) => [`${one.op}, ${one.name}`, one] as const))("are those of peers: %s", (_, one) => {
    expect(estimates[one.op](one.first, one.second, one.options)).toBeCloseTo(one.value, 10);
  });

  it("come near what is known of normal distributions", () => {
    const generator = new Generator(7);
    const n = 600;
    const x = Array.from({ length: n }, () => generator.normal());
    const correlated = x.map((each) => 0.8 * each + 0.6 * generator.normal());
    const known = -0.5 * log(1 - 0.8 ** 2);
    expect(Math.abs(estimateMutualInformation(x, correlated) - known)).toBeLessThan(0.1);
    const other = Array.from({ length: n }, () => generator.normal());
    expect(estimateMutualInformation(x, other)).toBeLessThan(0.1);
    const shifted = Array.from({ length: n }, () => 1 + generator.normal());
    expect(Math.abs(estimateKlDivergence(shifted, x) - 0.5)).toBeLessThan(0.2);
    expect(estimateMutualInformation(x, correlated, { base: 2 })).toBeCloseTo(
      estimateMutualInformation(x, correlated) / LN2,
      12,
    );
  });

  it("read labels from tensors of whole numbers, and say what they cannot take", () => {
    const labels = tensor([0, 0, 1, 1], { dtype: "int32" });
    expect(estimateMutualInformation(labels, labels)).toBeCloseTo(LN2, 12);
    expect(estimateKlDivergence([0, 1], [0, 0], { labels: "both" })).toBe(Number.POSITIVE_INFINITY);
    expect(() => estimateKlDivergence(labels, [0.5, 1, 2, 3])).toThrow(/labels of both, or numbers of both/);
    expect(() => estimateMutualInformation([1, 2], [1, 2, 3])).toThrow(/as many samples/);
    expect(() => estimateMutualInformation([1, 2, 3], [1, 2, 3])).toThrow(/more than 3 samples/);
    expect(() => estimateMutualInformation([1, Number.NaN], [1, 2])).toThrow(/finite numbers, got NaN at 1/);
    expect(() => estimateMutualInformation(labels, [1, 2, 3, 4], { labels: "maybe" as "both" })).toThrow(OptionError);
    expect(() => estimateMutualInformation([1, 2], [1, 2], { neighbors: 0 })).toThrow(/neighbors as a whole number/);
    expect(() => estimateMutualInformation([1, 2], [1, 2], { labels: "second" })).toThrow(/occurs at least twice/);
    expect(() => estimateKlDivergence([1, 1, 1, 1, 1], [1, 2, 3, 4])).toThrow(/numbers that have a density/);
    expect(() => estimateKlDivergence([[1, 2]], [[1]])).toThrow(/vectors of one length/);
    expect(() => estimateMutualInformation([], [])).toThrow(ShapeError);
    expect(() => estimateMutualInformation([1, 2], [1, 2], { k: 1 } as object)).toThrow(/options it knows/);
  });
});
