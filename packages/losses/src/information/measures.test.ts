import { jit } from "@chainrule/compiler";
import {
  checkGradients,
  grad,
  jvp,
  OptionError,
  ShapeError,
  type Tensor,
  tensor,
  ValueError,
  vjp,
} from "@chainrule/core";
import { arrays, expectClose } from "@chainrule/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { information } from "../index.ts";

const double = (x: number[] | number[][]) => tensor(x, { dtype: "float64" });
const p = double([0.6, 0.4]);
const q = double([0.5, 0.5]);

describe("information measures", () => {
  it("say H(p, q) = log 2 = 1 bit, H(p) = 0.673 and KL = 0.020 for p = (0.6, 0.4), q = (0.5, 0.5)", () => {
    expect(information.crossEntropy(p, q).item()).toBeCloseTo(Math.LN2, 15);
    expect(information.crossEntropy(p, q, { base: 2 }).item()).toBeCloseTo(1, 15);
    expect(information.entropy(p).item()).toBeCloseTo(0.6730116670092565, 15);
    expect(information.entropy(p, { base: 2 }).item()).toBeCloseTo(0.9709505944546686, 15);
    expect(information.klDivergence(p, q).item()).toBeCloseTo(0.02013551355068882, 15);
  });

  it("say that the cross-entropy of p with itself is its entropy, 0 only where p is certain", () => {
    expect(information.crossEntropy(p, p).item()).toBe(information.entropy(p).item());
    expect(information.crossEntropy(double([1, 0]), double([1, 0])).item()).toBe(0);
    expect(information.entropy(double([0, 1, 0])).item()).toBe(0);
    expect(information.klDivergence(p, p).item()).toBe(0);
    expect(information.jensenShannon(p, p).item()).toBe(0);
  });

  it("agree: H(p, q) = H(p) + KL(p ‖ q), KL ≥ 0, 0 ≤ JS ≤ log 2", () => {
    const positives = fc.integer({ min: 0, max: 1000 }).map((n) => n / 1000);
    const tables = arrays({ minRank: 1, maxRank: 2, minLength: 2 }, positives);
    fc.assert(
      fc.property(tables, fc.infiniteStream(fc.integer({ min: 1, max: 1000 })), ({ shape, data }, more) => {
        const a = tensor(
          Float64Array.from(data, (x) => x + 1e-12),
          { shape },
        );
        const b = tensor(
          Float64Array.from(data, () => more.next().value as number),
          { shape },
        );
        const options = { normalize: true };
        const kl = information.klDivergence(a, b, options);
        const js = information.jensenShannon(a, b, options);
        expectClose(information.crossEntropy(a, b, options), information.entropy(a, options).add(kl), {
          tolerance: 1e-12,
        });
        expect(Math.min(...kl.toTypedArray(), ...js.toTypedArray())).toBeGreaterThan(-1e-14);
        expect(Math.max(...js.toTypedArray())).toBeLessThanOrEqual(Math.LN2 + 1e-14);
      }),
    );
  });

  it("are infinite where q is 0 and p is not, and take 0 log 0 as 0", () => {
    const never = double([0, 1]);
    expect(information.crossEntropy(p, never).item()).toBe(Number.POSITIVE_INFINITY);
    expect(information.klDivergence(p, never).item()).toBe(Number.POSITIVE_INFINITY);
    expect(information.crossEntropy(never, p).item()).toBeCloseTo(-Math.log(0.4), 15);
    expect(information.klDivergence(never, p).item()).toBeCloseTo(-Math.log(0.4), 15);
    expect(information.jensenShannon(double([1, 0]), never).item()).toBeCloseTo(Math.LN2, 15);
    expect(information.jensenShannon(double([1, 0]), never, { base: 2 }).item()).toBeCloseTo(1, 15);
  });

  it("have slopes at 0 that are true and not NaN", () => {
    const a = tensor([0, 1], { dtype: "float64", requiresGrad: true });
    information.entropy(a).backward();
    expect(a.grad!.toArray()).toEqual([Number.POSITIVE_INFINITY, -1]);
    const [x, y] = [0, 1].map(() => tensor([0, 1], { dtype: "float64", requiresGrad: true }));
    information.crossEntropy(x, y).backward();
    expectClose(x.grad!.abs(), { shape: [2], data: [0, 0] });
    expectClose(y.grad!.abs(), { shape: [2], data: [0, 1] });
    const joint = tensor(
      [
        [0.5, 0.5],
        [0, 0],
      ],
      { dtype: "float64", requiresGrad: true },
    );
    information.mutualInformation(joint).backward();
    expect(joint.grad!.isNaN().any().item()).toBe(0);
  });

  it("have right first, second and directional derivatives", () => {
    const x = double([
      [0.3, -1, 0.2],
      [1, 2, -0.5],
    ]);
    const y = double([
      [-0.4, 0.1, 0.7],
      [0.2, 0.2, 1],
    ]);
    const options = { second: true };
    expect(() => checkGradients((a) => information.entropy(a.softmax()), [x], options)).not.toThrow();
    expect(() =>
      checkGradients((a, b) => information.crossEntropy(a.softmax(), b.softmax()), [x, y], options),
    ).not.toThrow();
    expect(() =>
      checkGradients((a, b) => information.klDivergence(a.softmax(), b.softmax()), [x, y], options),
    ).not.toThrow();
    expect(() =>
      checkGradients((a, b) => information.jensenShannon(a.softmax(), b.softmax()), [x, y], options),
    ).not.toThrow();
    const whole = { normalize: true };
    expect(() => checkGradients((a) => information.mutualInformation(a.exp(), whole), [x], options)).not.toThrow();
    expect(() => checkGradients((a) => information.perplexity(a.softmax()), [x], options)).not.toThrow();
    const [, change] = jvp((a) => information.entropy(a), [p], [[1, -1]]);
    expect(change.item()).toBeCloseTo(-Math.log(0.6) + Math.log(0.4), 12);
  });

  it("have gradients of 0 where none comes in, though the slope there is infinite", () => {
    const rows = tensor(
      [
        [0, 1],
        [0.5, 0.5],
      ],
      { dtype: "float64", requiresGrad: true },
    );
    information.entropy(rows).slice(1).backward();
    expectClose(rows.grad!, { shape: [2, 2], data: [0, 0, Math.LN2 - 1, Math.LN2 - 1] });
  });

  it("take any base above 0 but 1, and sums that are off by rounding", () => {
    expect(information.entropy(q, { base: 0.5 }).item()).toBeCloseTo(-1, 14);
    for (const base of [0, -2, 1, Number.POSITIVE_INFINITY, Number.NaN])
      expect(() => information.entropy(q, { base })).toThrow(/a base above 0 other than 1/);
    expect(() => information.entropy(double([0.5, 0.5 + 5e-7]))).not.toThrow();
    expect(() => information.entropy(double([0.5, 0.5 + 5e-6]))).toThrow(/sums to 1/);
  });

  it("work along any axis, on rows, and on counts that are normalised", () => {
    const rows = double([
      [0.6, 0.4],
      [0.5, 0.5],
    ]);
    expectClose(information.entropy(rows), { shape: [2], data: [0.6730116670092565, Math.LN2] });
    expectClose(information.entropy(rows.T, { axis: 0 }), information.entropy(rows));
    expectClose(information.entropy(double([3, 2]), { normalize: true }), information.entropy(p));
    const counts = tensor([3, 2], { dtype: "int32" });
    expect(information.entropy(counts, { normalize: true }).dtype).toBe("float32");
    expect(information.entropy(counts, { normalize: true }).item()).toBeCloseTo(information.entropy(p).item(), 6);
    const certain = tensor([1, 0], { dtype: "int32" });
    expect(information.klDivergence(certain, q).item()).toBeCloseTo(Math.LN2, 14);
    expect(() => information.entropy([1, Number.POSITIVE_INFINITY], { normalize: true })).toThrow(/a finite sum/);
  });

  it("refuse what is no distribution, and say what to do", () => {
    expect(() => information.entropy([0.6, 0.6])).toThrow(ValueError);
    expect(() => information.entropy([0.6, 0.6])).toThrow(/p that sums to 1.*a sum of 1\.2.*\n.*normalize: true/);
    expect(() => information.crossEntropy([0.5, 0.5], [[0.5, 0.5]])).toThrow(ShapeError);
    expect(() => information.crossEntropy([0.5, 0.5], [1.5, -0.5])).toThrow(
      /q without negative probabilities, got -0\.5 at \[1\]/,
    );
    expect(() =>
      information.entropy([
        [0.5, 0.5],
        [0.5, 0.4],
      ]),
    ).toThrow(/at \[1\]/);
    expect(() => information.entropy([Number.NaN, 1])).toThrow(ValueError);
    expect(() => information.entropy([0, 0], { normalize: true })).toThrow(/a finite sum above 0, got 0/);
    expect(() => information.entropy(1)).toThrow(/several events/);
    expect(() => information.entropy([1], { base: 1 })).toThrow(OptionError);
    expect(() => information.entropy([1], { bits: true } as object)).toThrow(OptionError);
    expect(() => information.entropy([])).toThrow(ValueError);
  });
});

describe("surprisal", () => {
  it("is 0 for the certain, 3 bits for 1 in 8, Infinity for the impossible", () => {
    expect(information.surprisal(1).item()).toBe(0);
    expect(information.surprisal(1 / 8, { base: 2 }).item()).toBeCloseTo(3, 6);
    expect(information.surprisal(double([1 / 8])).item()).toBeCloseTo(Math.log(8), 15);
    expect(information.surprisal(0).item()).toBe(Number.POSITIVE_INFINITY);
    expect(() => information.surprisal(1.5)).toThrow(/up to 1, got 1\.5/);
    expect(() => information.surprisal(-1)).toThrow(ValueError);
  });
});

describe("mutualInformation", () => {
  it("is what the table says: nothing for independent, everything for equal", () => {
    const joint = double([
      [0.3, 0.1],
      [0.2, 0.4],
    ]);
    expect(information.mutualInformation(joint).item()).toBeCloseTo(0.08630462173553419, 14);
    expect(information.mutualInformation(joint, { base: 2 }).item()).toBeCloseTo(0.12451124978365302, 14);
    expect(information.mutualInformation(joint.mul(50), { normalize: true }).item()).toBeCloseTo(
      0.08630462173553419,
      14,
    );
    expect(
      information
        .mutualInformation(
          double([
            [0.5, 0],
            [0, 0.5],
          ]),
          { base: 2 },
        )
        .item(),
    ).toBeCloseTo(1, 14);
    const independent = double([[0.6], [0.4]]).matmul([[0.3, 0.7]]);
    expect(information.mutualInformation(independent).item()).toBeCloseTo(0, 7);
    expect(() => information.mutualInformation([0.5, 0.5])).toThrow(ShapeError);
    expect(() => information.mutualInformation([[0.5, 0.2]])).toThrow(/a joint table that sums to 1/);
  });
  it("takes tables side by side, and events that never happen", () => {
    const tables = [
      [
        [0.5, 0.5, 0],
        [0, 0, 0],
      ],
      [
        [0.5, 0, 0],
        [0, 0.25, 0.25],
      ],
    ];
    const joint = tensor(tables, { dtype: "float64" });
    expectClose(information.mutualInformation(joint), { shape: [2], data: [0, Math.LN2] });
  });
});

describe("perplexity", () => {
  it("is the number of equally probable events, and for a model e^H(p, q)", () => {
    expect(information.perplexity(double([0.25, 0.25, 0.25, 0.25])).item()).toBeCloseTo(4, 13);
    expect(information.perplexity(double([0, 1])).item()).toBe(1);
    expect(information.perplexity(double([0.7, 0.3]), double([0.2, 0.8])).item()).toBeCloseTo(3.298769776932235, 13);
  });
});

describe("derivatives at probability 0", () => {
  const { POSITIVE_INFINITY: inf, NEGATIVE_INFINITY: minusInf } = Number;
  const entropyOf = (p: Tensor) => information.entropy(p);
  const divergenceOf = (p: Tensor) => information.klDivergence(p, [0.5, 0.5]);

  it.each([
    ["eager", <F>(f: F): F => f],
    ["compiled", jit as <F>(f: F) => F],
  ])("are infinite in the directions in which it changes, and finite in others, %s", (_name, run) => {
    const along = (f: (p: Tensor) => Tensor) => run((p: Tensor, direction: Tensor) => jvp(f, [p], [direction])[1]);
    const certain = tensor([0, 1], { dtype: "float64" });
    const [rising, idle] = [tensor([0.1, -0.1], { dtype: "float64" }), tensor([0, 1], { dtype: "float64" })];
    expect(along(entropyOf)(certain, rising).item()).toBe(inf);
    expect(along(divergenceOf)(certain, rising).item()).toBe(minusInf);
    expect(along(entropyOf)(certain, idle).item()).toBe(-1);
    expect(along(divergenceOf)(certain, idle).item()).toBeCloseTo(1 + Math.LN2, 12);
  });

  it("are those of the samples that are asked for, and 0 by the others", () => {
    const p = [
      [0, 1],
      [0.5, 0.5],
    ];
    const of = (row: number) => grad((x) => information.entropy(x).slice(row))(p).toArray();
    expect(of(0)).toEqual([[inf, -1], [0, 0].map((zero) => expect.closeTo(zero, 12))]);
    expect((of(1) as number[][])[0]).toEqual([0, 0].map((zero) => expect.closeTo(zero, 12)));
    expect(vjp((x) => information.entropy(x), p)[1]([2, 0])[0].toArray()).toEqual([
      [inf, -2],
      [0, 0].map((zero) => expect.closeTo(zero, 12)),
    ]);
  });
});
