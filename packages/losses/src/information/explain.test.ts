import { inspect } from "node:util";
import { ShapeError, tensor, ValueError } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { explainCrossEntropy } from "../index.ts";

describe("explainCrossEntropy", () => {
  const explained = explainCrossEntropy([0.6, 0.4], [0.5, 0.5], { labels: ["heads", "tails"] });

  it("takes H(p, q) apart, event by event, in nats and bits", () => {
    expect(explained.events).toEqual([
      { label: "heads", p: 0.6, q: 0.5, surprisal: Math.LN2, product: 0.6 * Math.LN2 },
      { label: "tails", p: 0.4, q: 0.5, surprisal: Math.LN2, product: 0.4 * Math.LN2 },
    ]);
    expect(explained.crossEntropy.nats).toBeCloseTo(Math.LN2, 15);
    expect(explained.crossEntropy.bits).toBeCloseTo(1, 15);
    expect(explained.entropy.nats).toBeCloseTo(0.6730116670092565, 15);
    expect(explained.entropy.bits).toBeCloseTo(0.9709505944546686, 15);
    expect(explained.klDivergence.nats).toBeCloseTo(0.02013551355068882, 15);
    expect(explained.entropy.bits + explained.klDivergence.bits).toBeCloseTo(explained.crossEntropy.bits, 15);
  });

  it("prints as aligned tables, with the two facts that learners get wrong", () => {
    expect(String(explained)).toBe(`\
event       p       q  -log q  p · -log q
heads  0.6000  0.5000  0.6931      0.4159
tails  0.4000  0.5000  0.6931      0.2773

                             nats    bits
H(p)       -Σ p log p      0.6730  0.9710
KL(p ‖ q)  Σ p log(p / q)  0.0201  0.0290
H(p, q)    -Σ p log q      0.6931  1.0000

H(p, q) = H(p) + KL(p ‖ q). The minus sign belongs to it: log q is never above 0, so -Σ p log q is never below.
Where q = p, KL is 0 and H(p, q) is H(p): not 0, unless p is certain.`);
    expect(inspect(explained)).toBe(String(explained));
  });

  it("keeps its text out of what a program reads", () => {
    expect(Object.keys(explained)).toEqual(["events", "entropy", "klDivergence", "crossEntropy"]);
  });

  it("shows four decimals, also of what is small", () => {
    expect(String(explainCrossEntropy([0.5, 0.5], [0.4999, 0.5001], {}))).toMatch(/^KL.*0\.0000 {2}0\.0000$/m);
    expect(String(explainCrossEntropy([0.5, 0.5], [0.49, 0.51]))).toMatch(/^KL.*0\.0002 {2}0\.0003$/m);
  });

  it("says that H(p, p) is H(p)", () => {
    const same = explainCrossEntropy([0.6, 0.4], [0.6, 0.4]);
    expect(same.klDivergence.nats).toBe(0);
    expect(same.crossEntropy.nats).toBe(same.entropy.nats);
    expect(same.crossEntropy.nats).toBeGreaterThan(0.67);
    expect(same.events.map(({ label }) => label)).toEqual(["event 1", "event 2"]);
  });

  it("says why it is Infinity where q is 0 and p is not, and takes 0 log 0 as 0", () => {
    const impossible = explainCrossEntropy([0.5, 0.5, 0], [1, 0, 0], { labels: ["a", "b", "c"] });
    expect(impossible.crossEntropy.nats).toBe(Number.POSITIVE_INFINITY);
    expect(impossible.events[2].product).toBe(0);
    expect(impossible.events[2].surprisal).toBe(Number.POSITIVE_INFINITY);
    expect(String(impossible)).toMatch(/^b {2,}0\.5000 {2}0\.0000 {2}Infinity {4}Infinity$/m);
    expect(String(impossible)).toMatch(/q says that b cannot happen/);
    const certain = explainCrossEntropy([1, 0], [1, 0]);
    expect(certain.crossEntropy).toEqual({ nats: 0, bits: 0 });
    expect(String(certain)).not.toContain("-0");
    expect(String(certain)).not.toContain("cannot happen");
  });

  it("takes tensors, and finds fault with those that are no distributions", () => {
    const single = explainCrossEntropy(tensor([0.6, 0.4]), tensor([0.5, 0.5]));
    expect(single.crossEntropy.nats).toBeCloseTo(Math.LN2, 7);
    expect(() => explainCrossEntropy(tensor([0.6, 0.6]), tensor([0.5, 0.5]))).toThrow(/sums to 1/);
  });

  it("refuses what is no pair of distributions, and labels that do not fit", () => {
    expect(() => explainCrossEntropy([0.6, 0.6], [0.5, 0.5])).toThrow(ValueError);
    expect(() => explainCrossEntropy([1, 0], [0.5, 0.3, 0.2])).toThrow(ShapeError);
    expect(() => explainCrossEntropy([[1, 0]], [[0.5, 0.5]])).toThrow(/a vector of probabilities, got \[1, 2\]/);
    expect(() => explainCrossEntropy([1, 0], [0.5, 0.5], { labels: ["a"] })).toThrow(/2 labels, got 1/);
    expect(() => explainCrossEntropy([1, 0], [0.5, 0.5], { label: ["a"] } as object)).toThrow(/Did you mean "labels"/);
  });
});
