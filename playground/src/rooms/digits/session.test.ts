import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Drawing } from "./drawing.ts";
import { DigitsSession } from "./session.ts";

const csv = readFileSync(new URL("../../../../examples/data/digits.csv", import.meta.url), "utf8");
const options = { units: 32, epochs: 6, lr: 0.003, seed: 1 };
const [, firstRow] = csv.split("\n");
const values = firstRow.split(",").map(Number);
const zero: Drawing = { label: 0, pixels: values.slice(0, 64) };

describe("the digits", () => {
  it("are learnt, and the gradient of a drawing's cross-entropy is that of differences", async () => {
    const session = new DigitsSession(csv, options);
    const before = session.read(zero);
    const told: number[] = [];
    const after = await session.train(({ epoch }) => told.push(epoch));
    expect(told).toEqual([1, 2, 3, 4, 5, 6]);
    expect(after.accuracy).toBeGreaterThan(0.9);
    const reading = session.read(zero);
    expect(reading.loss).toBeLessThan(before.loss);
    expect(reading.loss).toBeCloseTo(-Math.log(reading.probabilities[0]), 5);
    expect(reading.probabilities.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 5);
    for (const pixel of [2, 12, 27, 36]) {
      const at = (ink: number) =>
        session.read({ label: 7, pixels: zero.pixels.map((x, i) => (i === pixel ? x + ink : x)) }).loss;
      const slope = session.read({ ...zero, label: 7 }).gradient[pixel];
      expect((at(0.5) - at(-0.5)) / 1).toBeCloseTo(slope, 1);
    }
  });

  it("of one's own are learnt as they are labelled, and the others are not forgotten", async () => {
    const session = new DigitsSession(csv, options);
    const { accuracy } = await session.train();
    const cross: Drawing = {
      label: 3,
      pixels: Array.from({ length: 64 }, (_, i) => (i % 9 === 0 || i % 7 === 0 ? 16 : 0)),
    };
    const before = session.read(cross);
    await session.learn([cross, cross, cross], 20);
    const after = session.read(cross);
    expect(after.loss).toBeLessThan(before.loss);
    expect(after.probabilities[3]).toBeGreaterThan(0.8);
    expect((await session.learn([], 0)).accuracy).toBeGreaterThan(accuracy - 0.1);
  });

  it("give the same numbers for the same seed", async () => {
    const readings = [];
    for (let i = 0; i < 2; i++) {
      const session = new DigitsSession(csv, options);
      await session.train();
      await session.learn([zero], 3);
      readings.push(session.read(zero));
    }
    expect(readings[0]).toEqual(readings[1]);
  });
});
