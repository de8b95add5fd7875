/**
 * Event files: the bytes that TensorBoard's own writer makes of the same events, and what histograms count.
 */

import { histogramOf } from "@chainrule/nn/internal";
import { expect, it } from "vitest";
import { fixture } from "../../test/fixture.ts";
import { encodeEvent, fileVersion } from "./events.ts";

it("has the bytes of TensorBoard's own writer", () => {
  const nodes = [
    { name: "input", op: "Input", inputs: [], shape: [null, 3, 0] },
    { name: "model/dense", op: "Dense", inputs: ["input"], shape: null },
  ];
  const histogram = {
    min: -1.5,
    max: 2,
    count: 4,
    sum: 0,
    sumOfSquares: 7.25,
    limits: [-0.5, 1, 2],
    counts: [1, 0, 3],
  };
  const image = { bytes: Uint8Array.of(1, 2, 0, 255), height: 2, width: 3, channels: 1 } as const;
  const scalars = [
    { tag: "epoch_loss", scalar: 0.1 },
    { tag: "epoch_accuracy", scalar: Number.NaN },
  ];
  const written = [
    encodeEvent(fileVersion, 0, 1000.25),
    encodeEvent({ graph: nodes }, 0, 1001),
    encodeEvent({ values: scalars }, 0, 1002.5),
    encodeEvent({ values: [{ tag: "dense/kernel/histogram", histogram }] }, 3, 1003),
    encodeEvent({ values: [{ tag: "größe", image }] }, 300, 1004),
  ];
  expect(Buffer.concat(written).toString("hex")).toBe(Buffer.from(fixture("events.tfevents")).toString("hex"));
});

it("counts numbers in 30 buckets of one width", () => {
  const values = Float32Array.from({ length: 61 }, (_, i) => i / 2);
  const { limits, counts, ...whole } = histogramOf(values)!;
  expect(whole).toEqual({ min: 0, max: 30, count: 61, sum: 915, sumOfSquares: 18452.5 });
  expect(limits).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
  expect(counts).toEqual([...Array(29).fill(2), 3]);
});

it("leaves out what is no finite number, and has one bucket for equal ones", () => {
  expect(histogramOf([2, Number.NaN, 2, Number.POSITIVE_INFINITY])).toEqual({
    min: 1.5,
    max: 2.5,
    count: 2,
    sum: 4,
    sumOfSquares: 8,
    limits: [2.5],
    counts: [2],
  });
  expect(histogramOf([Number.NaN])).toBe(null);
  expect(histogramOf([])).toBe(null);
  const far = histogramOf([-1.7e308, 1.7e308])!;
  expect(far.counts.reduce((a, b) => a + b)).toBe(2);
  expect(far.limits.every((limit, i) => Number.isFinite(limit) && (i === 0 || limit > far.limits[i - 1]))).toBe(true);
  expect(histogramOf([0, 5e-324])).toMatchObject({ limits: [5e-324], counts: [2] });
});
