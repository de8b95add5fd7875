/**
 * Shares and measures, against numbers by hand and of the formulas.
 */
import { describe, expect, it } from "vitest";
import { fields } from "./fields.ts";
import {
  byFormula,
  inUnit,
  logitsOf,
  lossesByTemperature,
  lossOfLogits,
  measure,
  ofMistake,
  smoothedFloor,
  smoothedLosses,
} from "./measures.ts";
import { apportion, resized, sharesOf, withShare } from "./shares.ts";

const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);

describe("shares", () => {
  it("sum to 1000 whatever is done to them", () => {
    let shares: readonly number[] = [334, 333, 333];
    for (let i = 0; i < 500; i++) {
      shares = withShare(shares, i % shares.length, (i * 37) % 1100);
      if (i % 7 === 0) shares = resized(shares, 2 + (i % 5));
      expect(sum(shares)).toBe(1000);
      expect(shares.every((share) => Number.isInteger(share) && share >= 0)).toBe(true);
    }
  });

  it("keep the proportions of the others", () => {
    expect(withShare([200, 300, 500], 0, 600)).toEqual([600, 150, 250]);
    expect(withShare([1000, 0, 0], 0, 400)).toEqual([400, 300, 300]);
    expect(withShare([500, 500], 1, 5000)).toEqual([0, 1000]);
    expect(apportion([1, 1, 1], 1000)).toEqual([334, 333, 333]);
    expect(resized([600, 400], 3)).toEqual([400, 267, 333]);
    expect(resized([500, 250, 250], 2)).toEqual([667, 333]);
  });

  it("are read from a link if they are a distribution", () => {
    expect(fields.p.read("600,400")).toEqual([600, 400]);
    for (const text of [
      "600,300",
      "1000",
      "",
      "-1,1001",
      "500.5,499.5",
      "200,200,200,200,100,50,50",
      "a,b",
      "1e3,0,0,0,0,0,0",
    ])
      expect(fields.p.read(text), text).toBeUndefined();
    expect(fields.p.read("1e3,0")).toEqual([1000, 0]);
  });
});

describe("measures", () => {
  const [p, q] = [
    [0.6, 0.4],
    [0.5, 0.5],
  ];

  it("of the example in every textbook", () => {
    const { entropy, crossEntropy, kl, klBack, jensenShannon } = measure(p, q, ["a", "b"]);
    expect(crossEntropy).toBeCloseTo(Math.LN2, 12);
    expect(inUnit(crossEntropy, "bits")).toBeCloseTo(1, 12);
    expect(entropy).toBeCloseTo(-0.6 * Math.log(0.6) - 0.4 * Math.log(0.4), 12);
    expect(kl).toBeCloseTo(0.6 * Math.log(1.2) + 0.4 * Math.log(0.8), 12);
    expect(klBack).toBeCloseTo(0.5 * Math.log(0.5 / 0.6) + 0.5 * Math.log(0.5 / 0.4), 12);
    const m = [0.55, 0.45];
    const toM = (x: number[]) => sum(x.map((xi, i) => xi * Math.log(xi / m[i])));
    expect(jensenShannon).toBeCloseTo((toM(p) + toM(q)) / 2, 12);
  });

  it("are infinite where q calls impossible what happens, and say for which events", () => {
    const { crossEntropy, kl, klBack, jensenShannon, impossible } = measure(
      [0.5, 0.5, 0],
      [0.5, 0, 0.5],
      ["a", "b", "c"],
    );
    expect([crossEntropy, kl, klBack]).toEqual([Infinity, Infinity, Infinity]);
    expect(jensenShannon).toBeCloseTo(Math.LN2 / 2, 12);
    expect(impossible).toEqual([1]);
  });

  it("have the gradient q - p by the logits", () => {
    const guess = [0.2, 0.3, 0.5];
    const { loss, gradient, q } = lossOfLogits(logitsOf(guess), [0.6, 0.3, 0.1]);
    expect(loss).toBeCloseTo(-0.6 * Math.log(0.2) - 0.3 * Math.log(0.3) - 0.1 * Math.log(0.5), 12);
    [-0.4, 0, 0.4].forEach((expected, i) => {
      expect(gradient[i]).toBeCloseTo(expected, 12);
      expect(q[i]).toBeCloseTo(guess[i], 12);
    });
    expect(sum(logitsOf(guess))).toBeCloseTo(0, 12);
    expect(sharesOf(q)).toEqual([200, 300, 500]);
  });

  it("change with the temperature as logits do that are divided by it", () => {
    const logits = logitsOf([0.2, 0.8]);
    const [warm, cold] = lossesByTemperature(logits, [1, 0], [2, 0.5]);
    const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
    expect(warm).toBeCloseTo(-Math.log(sigmoid(Math.log(0.25) / 2)), 12);
    expect(cold).toBeCloseTo(-Math.log(sigmoid(Math.log(0.25) / 0.5)), 12);
  });

  it("have a floor where labels are smoothed", () => {
    const { loss, margin } = smoothedFloor(0.3);
    expect(margin).toBeCloseTo(Math.log(8), 12);
    expect(loss).toBeCloseTo(-0.8 * Math.log(0.8) - 0.2 * Math.log(0.1), 12);
    const [at, before, after] = smoothedLosses([margin, margin - 0.01, margin + 0.01], 0.3);
    expect(at).toBeCloseTo(loss, 12);
    expect(Math.min(before, after)).toBeGreaterThan(at);
    expect(smoothedFloor(0)).toEqual({ loss: 0, margin: Infinity });
  });
});

describe("the three formulas", () => {
  it("at 40 with target 0, in single precision", () => {
    expect(byFormula("textbook", [40], 0, "float32")).toEqual({ losses: [Infinity], gradients: [NaN] });
    const { losses, gradients } = byFormula("clipped", [40], 0, "float32");
    expect(losses[0]).toBeCloseTo(-Math.log(2 ** -23), 5);
    expect(gradients).toEqual([0]);
    expect(byFormula("logits", [40], 0, "float32")).toEqual({ losses: [40], gradients: [1] });
    expect(byFormula("textbook", [40], 1, "float32").losses).toEqual([NaN]);
  });

  it("agree where nothing is near its limits", () => {
    for (const y of [0, 1]) {
      const [textbook, clipped, logits] = (["textbook", "clipped", "logits"] as const).map((name) =>
        byFormula(name, [-1, 0, 2], y, "float64"),
      );
      for (const other of [clipped, logits])
        for (const key of ["losses", "gradients"] as const)
          other[key].forEach((x, i) => {
            expect(x).toBeCloseTo(textbook[key][i], 12);
          });
    }
  });

  it("squared error forgives whoever is sure and wrong", () => {
    const { squared, crossEntropy } = ofMistake([-8]);
    const p = 1 / (1 + Math.exp(8));
    expect(squared.losses[0]).toBeCloseTo((1 - p) ** 2, 12);
    expect(squared.gradients[0]).toBeCloseTo(2 * (p - 1) * p * (1 - p), 12);
    expect(crossEntropy.losses[0]).toBeCloseTo(-Math.log(p), 12);
    expect(crossEntropy.gradients[0]).toBeCloseTo(p - 1, 12);
  });
});
