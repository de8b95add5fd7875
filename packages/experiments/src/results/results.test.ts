import { OptionError } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { pairedTTest, permutationTest, summarize, sweep } from "../index.ts";
import { directionOf } from "./metrics.ts";

const inTurn = { parallel: false } as const;
/** Numbers in which seeds matter more than settings, as they often do. */
const lossOf = (lr: number, seed: number) => lr + 10 * Math.sin(seed) + 0.01 * Math.cos(7 * seed * lr);
const losses = () =>
  sweep({ lr: [0.1, 0.2, 0.3], seed: 5 }, ({ lr, seed }) => ({ loss: lossOf(lr, seed), accuracy: 1 / lr }), inTurn);

describe("the table of a sweep", () => {
  it("has mean, spread and interval, and tests pairs with the same seed against the best", async () => {
    const rows = (await losses()).table();
    const numbers = [0.1, 0.2, 0.3].map((lr) => [0, 1, 2, 3, 4].map((seed) => lossOf(lr, seed)));
    expect(rows.map(({ summary }) => summary)).toEqual(numbers.map(summarize));
    expect(rows.map(({ isBest }) => isBest)).toEqual([true, false, false]);
    const tests = [1, 2].map((i) => pairedTTest(numbers[i], numbers[0]));
    expect(rows[0].comparison).toBeNull();
    expect(rows[1].comparison).toMatchObject({ ...tests[0], against: "lr 0.1" });
    // The spread over seeds is a hundred times that of the differences.
    expect(rows[1].summary!.sd).toBeGreaterThan(5);
    expect(rows[1].comparison!.p).toBeLessThan(1e-4);
    const [less, more] = [Math.min(tests[0].p, tests[1].p), Math.max(tests[0].p, tests[1].p)];
    expect(
      rows
        .slice(1)
        .map(({ comparison }) => comparison!.corrected)
        .sort((a, b) => a - b),
    ).toEqual([2 * less, Math.max(2 * less, more)]);
  });

  it("takes the exact test where it is asked for, and another number, and what is better in it", async () => {
    const results = await losses();
    const [, second] = results.table({ test: "permutation" });
    const of = (lr: number) => [0, 1, 2, 3, 4].map((seed) => lossOf(lr, seed));
    expect(second.comparison!.p).toBe(permutationTest(of(0.2), of(0.1)).p);
    expect(results.best({ metric: "accuracy" })).toEqual({ lr: 0.1 });
    expect(results.best({ metric: "accuracy", mode: "min" })).toEqual({ lr: 0.3 });
    expect(results.metrics).toEqual(["loss", "accuracy"]);
    expect(() => results.table({ metric: "los" })).toThrow(/Did you mean "loss"/);
    expect(() => results.table({ mode: "up" as "max" })).toThrow(OptionError);
    expect(() => results.table({ test: "z" as "t" })).toThrow(OptionError);
  });

  it("compares with the first where it is not known what is better, and pairs only seeds that both have", async () => {
    const results = await sweep(
      { lr: [1, 2], seed: 4 },
      ({ lr, seed }) => {
        if (lr === 2 && seed === 0) throw new Error("no");
        return lr * (seed + 1);
      },
      inTurn,
    );
    const [, row] = results.table();
    expect(row.comparison).toMatchObject({ ...pairedTTest([4, 6, 8], [2, 3, 4]), against: "lr 1" });
    expect(row.failed).toBe(1);
    expect(() => results.best()).toThrow(/known what is better.*\n.*mode: "min"/);
    expect(results.best({ mode: "max" })).toEqual({ lr: 2 });
  });

  it("reads as a table", async () => {
    const results = await sweep({ lr: [0.1, 1], seed: 3 }, ({ lr, seed }) => ({ loss: lr + seed / 4 }), inTurn);
    expect(`${results}`.split("\n")).toEqual([
      "6 runs, 2 combinations, 3 seeds; loss; less is better",
      "lr   n  loss         sd    95% interval     difference  p",
      "0.1  3  0.35 (best)  0.25  -0.271 to 0.971",
      "1    3  1.25         0.25  0.629 to 1.871   0.9         < 0.0001",
      "difference and p: paired t test over the seeds against the best, two-sided.",
    ]);
    const single = await sweep({ lr: [0.1, 1] }, ({ lr }) => ({ loss: lr }), inTurn);
    expect(`${single}`.split("\n")).toEqual([
      "2 runs, 2 combinations, one seed; loss; less is better",
      "lr   n  loss",
      "0.1  1  0.1 (best)",
      "1    1  1",
    ]);
    const one = await sweep({}, () => 1, inTurn);
    expect(`${one}`.split("\n")[0]).toBe("one run, one combination, one seed; value");
  });

  it("says that all runs failed, and has nothing else to say", async () => {
    const results = await sweep({ a: [1, 2] }, (): number => JSON.parse("{"), inTurn);
    expect(`${results}`).toMatch(/^2 runs, 2 combinations, one seed\n2 runs failed:\n/);
    expect(() => results.table()).toThrow(/No run has given any/);
    expect(() => results.figure()).toThrow(/No run has given any/);
  });

  it("knows of many numbers what is better", () => {
    for (const name of [
      "loss",
      "val_loss",
      "mse",
      "val_mae",
      "crossEntropy",
      "binary_crossentropy",
      "perplexity",
      "test error",
      "price_loss",
    ])
      expect([name, directionOf(name)]).toEqual([name, "min"]);
    for (const name of ["accuracy", "val_accuracy", "auc", "f1", "r2", "kind_acc", "test accuracy", "top_score"])
      expect([name, directionOf(name)]).toEqual([name, "max"]);
    for (const name of ["value", "time", "lr", "glossy"]) expect([name, directionOf(name)]).toEqual([name, null]);
  });
});

describe("the figure of a sweep", () => {
  const lines = (svg: string) => svg.match(/class="line [^"]*"/g)?.length ?? 0;

  it("draws curves with bands, a number over a setting, or bars", async () => {
    const curves = await sweep({ lr: [0.1, 0.2], seed: 3 }, ({ lr, seed }) => ({ loss: [3, 2, lr + seed] }), inTurn);
    expect(curves.figure()).toMatch(/^<svg .*loss by epoch.*lr 0\.1.*lr 0\.2.*mean ± sd of 3 seeds/s);
    expect(curves.figure({ x: "lr" })).toContain("loss by lr");
    const byName = await sweep({ by: ["sgd", "adam"], seed: 2 }, ({ by }) => ({ loss: by.length }), inTurn);
    expect(byName.figure()).toMatch(/^<svg .*mean of 2 seeds.*sgd/s);
    expect(() => byName.figure({ x: "by" })).toThrow(/a setting of numbers/);
    expect(() => byName.figure({ x: "epoch" })).toThrow(/a run that returns what fit returns/);
  });

  it("draws the best eight of many lines, and says so", async () => {
    const values = Array.from({ length: 12 }, (_, i) => i);
    const many = await sweep({ a: values, seed: 2 }, ({ a }) => ({ loss: [5 * a, a] }), inTurn);
    const svg = many.figure();
    expect(svg).toContain("(8 of 12 lines, the best)");
    expect(svg).toMatch(/>a 7</);
    expect(svg).not.toMatch(/>a 8</);
    expect(lines(svg)).toBeGreaterThanOrEqual(8);
  });
});

describe("a sweep in a notebook", () => {
  it("is a table and the figure, in which names are text", async () => {
    const results = await sweep(
      { by: ["<b>", "a&b"], seed: 2 },
      ({ by, seed }) => ({ loss: [by.length + seed, 1] }),
      inTurn,
    );
    const shown = (results as unknown as Record<symbol, () => Record<string, string>>)[Symbol.for("Jupyter.display")]();
    expect(shown["text/plain"]).toBe(`${results}`);
    expect(shown["text/html"]).toMatch(/^<p>4 runs.*<table><thead><tr><th>by<\/th>.*&lt;b&gt;.*a&amp;b.*<svg /s);
    expect(shown["text/html"]).not.toContain("<b>");
  });
});
