import { OptionError, type Tensor, ValueError } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { makeBlobs, makeCircles, makeMoons, makeSpirals, makeXor } from "./planar-data.ts";

const rows = (x: Tensor) => x.toArray(2);
const labels = (y: Tensor) => y.toArray(1);
const radius = ([a, b]: number[]) => Math.hypot(a, b);
const ordered = { shuffle: false, dtype: "float64" } as const;
const close = (found: number[][], expected: number[][]) =>
  found.forEach((row, i) => {
    row.forEach((value, j) => {
      expect(value).toBeCloseTo(expected[i][j], 12);
    });
  });

describe.each([
  ["makeMoons", makeMoons, 2],
  ["makeCircles", makeCircles, 2],
  ["makeSpirals", makeSpirals, 2],
  ["makeXor", makeXor, 2],
  ["makeBlobs", makeBlobs, 3],
] as const)("%s", (name, make, classes) => {
  it("gives 100 points in float32 with their classes in int32", () => {
    const { x, y } = make({ seed: 0 });
    expect([x.shape, x.dtype]).toEqual([[100, 2], "float32"]);
    expect([y.shape, y.dtype]).toEqual([[100], "int32"]);
    expect(new Set(labels(y)).size).toBe(classes);
  });

  it("gives the same points for the same seed, others for another, in the dtype asked for", () => {
    const options = name === "makeBlobs" ? {} : { noise: 0.1 };
    const points = (seed: number) => rows(make({ ...options, seed, dtype: "float64" }).x);
    expect(points(1)).toEqual(points(1));
    expect(points(1)).not.toEqual(points(2));
  });

  it("comes class by class without shuffling, mixed with it", () => {
    const inOrder = labels(make({ seed: 0, shuffle: false }).y);
    expect(inOrder).toEqual([...inOrder].sort());
    const mixed = labels(make({ seed: 0 }).y);
    expect(mixed).not.toEqual([...mixed].sort());
  });

  it("refuses too few samples and unknown options", () => {
    expect(() => make({ nSamples: 0 })).toThrow(ValueError);
    expect(() => make({ nSamples: 2.5 })).toThrow(ValueError);
    expect(() => make({ nSample: 5 } as object)).toThrow(OptionError);
  });
});

describe("makeMoons", () => {
  it("has the points of the two arcs", () => {
    const { x, y } = makeMoons({ nSamples: 7, ...ordered });
    const h = Math.sqrt(3) / 2;
    close(rows(x), [
      [1, 0],
      [0, 1],
      [-1, 0],
      [0, 0.5],
      [0.5, 0.5 - h],
      [1.5, 0.5 - h],
      [2, 0.5],
    ]);
    expect(labels(y)).toEqual([0, 0, 0, 1, 1, 1, 1]);
  });

  it("has both arcs of two samples", () => {
    close(rows(makeMoons({ nSamples: 2, ...ordered }).x), [
      [1, 0],
      [0, 0.5],
    ]);
  });

  it("adds noise of the standard deviation asked for", () => {
    const clean = rows(makeMoons({ nSamples: 4000, ...ordered }).x).flat();
    const noisy = rows(makeMoons({ nSamples: 4000, noise: 0.3, seed: 0, ...ordered }).x).flat();
    const off = noisy.map((value, i) => value - clean[i]);
    const mean = off.reduce((sum, d) => sum + d, 0) / off.length;
    const std = Math.sqrt(off.reduce((sum, d) => sum + d * d, 0) / off.length);
    // Four standard errors of 8000 draws: 0.3 · 4 / √8000, and 0.3 · 4 / √16000.
    expect(Math.abs(mean)).toBeLessThan(0.0135);
    expect(Math.abs(std - 0.3)).toBeLessThan(0.0095);
  });

  it("refuses negative noise", () => {
    expect(() => makeMoons({ noise: -0.1 })).toThrow("expected a finite noise of at least 0, got -0.1");
  });
});

describe("makeCircles", () => {
  it("has the points of the two circles", () => {
    const { x, y } = makeCircles({ nSamples: 6, factor: 0.5, ...ordered });
    const h = Math.sqrt(3) / 2;
    close(rows(x), [
      [1, 0],
      [-0.5, h],
      [-0.5, -h],
      [0.5, 0],
      [-0.25, h / 2],
      [-0.25, -h / 2],
    ]);
    expect(labels(y)).toEqual([0, 0, 0, 1, 1, 1]);
  });

  it.each([1, -0.1, 1.5, Number.NaN])("refuses the factor %d", (factor) => {
    expect(() => makeCircles({ factor })).toThrow(ValueError);
  });
});

describe("makeSpirals", () => {
  it("winds from the centre outwards, the arms at equal angles", () => {
    const { x, y } = makeSpirals({ nSamples: 6, nClasses: 3, turns: 1, ...ordered });
    const [c, s] = [Math.cos(Math.PI / 3), Math.sin(Math.PI / 3)];
    close(rows(x), [
      [0, -0.5],
      [0, 1],
      [-s / 2, c / 2],
      [s, -c],
      [s / 2, c / 2],
      [-s, -c],
    ]);
    expect(labels(y)).toEqual([0, 0, 1, 1, 2, 2]);
  });

  it("gives the first classes one sample more where it does not come out even", () => {
    expect(labels(makeSpirals({ nSamples: 5, nClasses: 3, ...ordered }).y)).toEqual([0, 0, 1, 1, 2]);
  });

  it("stays within radius 1 without noise", () => {
    const radii = rows(makeSpirals({ seed: 0 }).x).map(radius);
    expect(Math.max(...radii)).toBeLessThan(1.0001);
  });

  it("refuses no classes, more than samples, and turns without end", () => {
    expect(() => makeSpirals({ nClasses: 0 })).toThrow(ValueError);
    expect(() => makeSpirals({ nClasses: 5, nSamples: 4 })).toThrow("nSamples to be a whole number of at least 5");
    expect(() => makeSpirals({ turns: Number.POSITIVE_INFINITY })).toThrow(ValueError);
  });
});

describe("makeXor", () => {
  it("is class 1 where exactly one coordinate is positive, and keeps off the axes", () => {
    const { x, y } = makeXor({ nSamples: 400, margin: 0.1, seed: 0 });
    const classes = labels(y);
    rows(x).forEach(([a, b], i) => {
      expect(classes[i]).toBe(a > 0 !== b > 0 ? 1 : 0);
      for (const coordinate of [a, b]) {
        expect(Math.abs(coordinate)).toBeGreaterThanOrEqual(Math.fround(0.1));
        expect(Math.abs(coordinate)).toBeLessThanOrEqual(1);
      }
    });
    const ones = classes.filter((label) => label === 1).length;
    expect(Math.abs(ones - 200)).toBeLessThan(40); // four standard deviations of a fair coin
  });

  it.each([1, -0.1, Number.NaN])("refuses the margin %d", (margin) => {
    expect(() => makeXor({ margin })).toThrow(ValueError);
  });
});

describe("makeBlobs", () => {
  it("puts clouds of the asked size and spread around the asked centres", () => {
    const { x, y, centers } = makeBlobs({
      nSamples: [2000, 1000],
      centers: [
        [0, 0, 5],
        [10, -10, 0],
      ],
      clusterStd: [1, 0.5],
      seed: 0,
    });
    expect(x.shape).toEqual([3000, 3]);
    expect(centers.shape).toEqual([2, 3]);
    const classes = labels(y);
    [2000, 1000].forEach((count, label) => {
      const own = rows(x).filter((_, i) => classes[i] === label);
      expect(own).toHaveLength(count);
      const std = label === 0 ? 1 : 0.5;
      for (const axis of [0, 1, 2]) {
        const mean = own.reduce((sum, row) => sum + row[axis], 0) / count;
        const spread = Math.sqrt(own.reduce((sum, row) => sum + (row[axis] - mean) ** 2, 0) / count);
        expect(Math.abs(mean - centers.at(label, axis))).toBeLessThan((4 * std) / Math.sqrt(count));
        expect(Math.abs(spread - std)).toBeLessThan((4 * std) / Math.sqrt(2 * count));
      }
    });
  });

  it("draws centres from the box", () => {
    const { x, y, centers } = makeBlobs({
      nSamples: 7,
      centers: 3,
      nFeatures: 4,
      centerBox: [5, 6],
      clusterStd: 0,
      seed: 1,
      ...ordered,
    });
    expect(labels(y)).toEqual([0, 0, 0, 1, 1, 2, 2]);
    expect(x.shape).toEqual([7, 4]);
    expect(centers.min().item()).toBeGreaterThanOrEqual(5);
    expect(centers.max().item()).toBeLessThan(6);
    close(
      [rows(x)[3]].map((row) => row.map(Math.fround)),
      [rows(centers)[1]],
    );
  });

  it("makes as many blobs as it is given counts", () => {
    expect(makeBlobs({ nSamples: [1, 2, 3, 4], seed: 0 }).centers.shape).toEqual([4, 2]);
  });

  it("refuses counts and deviations that do not match the centres", () => {
    expect(() => makeBlobs({ nSamples: [1, 2], centers: 3 })).toThrow("nSamples for each of 3 blobs, got 2");
    expect(() => makeBlobs({ clusterStd: [1] })).toThrow("clusterStd for each of 3 blobs, got 1");
    expect(() => makeBlobs({ clusterStd: -1 })).toThrow(ValueError);
    expect(() => makeBlobs({ centers: 0 })).toThrow(ValueError);
    expect(() => makeBlobs({ centers: [] })).toThrow(ValueError);
    expect(() => makeBlobs({ nSamples: [0, 0] })).toThrow(ValueError);
    expect(() => makeBlobs({ centerBox: [1, 0] })).toThrow(ValueError);
  });
});
