/**
 * Settings go into a link and come back; what is hostile is refused.
 */
import { describe, expect, it } from "vitest";
import { lossCatalogue } from "./losses.ts";
import { borders } from "./paint.ts";
import { nearest, readPoints, writePoints } from "./points.ts";
import { fields, type ModelSettings, modelFields, readModel, readOption, writeModel } from "./settings.ts";

const first = Object.fromEntries(
  Object.entries(modelFields).map(([name, { initial }]) => [name, initial]),
) as ModelSettings;

describe("settings", () => {
  it("of a loss are numbers, lists, truth values and names", () => {
    const options = { gamma: 1.5, alpha: [1, 2, 3], fromLogits: true, f: "kl" };
    const text = fields.lossOptions.write(options);
    expect(text).toBe("gamma:1.5;alpha:1,2,3;fromLogits:true;f:kl");
    expect(fields.lossOptions.read(text)).toEqual(options);
    for (const hostile of ["__proto__:1;x:<img>", "gamma", "gamma:", "a:1;;b:2", "x".repeat(600)])
      expect(fields.lossOptions.read(hostile)).toBeUndefined();
    expect([readOption("1, 2"), readOption("x,1"), readOption("-3e2")]).toEqual([[1, 2], undefined, -300]);
  });

  it("that are kept come back, and nothing else", () => {
    const settings: ModelSettings = { ...first, layers: [4], loss: "mse", lr: 0.5, ownLoss: "a & b = c" };
    expect(readModel(writeModel(settings))).toEqual(settings);
    expect([writeModel(first), readModel("same")]).toEqual(["same", first]);
    for (const hostile of ["loss=nothing", "layers=99", "constructor=1", "lr=-1"]) {
      expect(readModel(hostile)).toBeUndefined();
      expect(fields.pinned.read(hostile)).toBeUndefined();
    }
  });

  it("offer the losses of the library that train classifiers", () => {
    const names = lossCatalogue().map(({ name }) => name);
    expect(names).toContain("binaryCrossEntropy");
    expect(names).toContain("categoricalFocal");
    for (const other of ["ctc", "triplet", "infoNCE", "gaussianNll"]) expect(names).not.toContain(other);
    expect(lossCatalogue().find(({ name }) => name === "categoricalFocal")?.options).toEqual([
      "gamma",
      "alpha",
      "fromLogits",
      "labelSmoothing",
    ]);
  });
});

describe("drawn points", () => {
  it("are in the link in thousandths, and what is no point is left out", () => {
    const points = [
      { x: -0.44, y: 1, label: 0 },
      { x: 0.001, y: -1.1, label: 4 },
    ];
    expect(writePoints(points)).toBe("-440 1000 0,1 -1100 4");
    expect(readPoints(writePoints(points))).toEqual(points);
    expect(readPoints("1 2 5,a b 1,12345 0 0,<script>,0 0 3")).toEqual([{ x: 0, y: 0, label: 3 }]);
    expect(readPoints("0 0 1,".repeat(900)).length).toBe(500);
    expect([nearest(points, -0.4, 1, 0.1), nearest(points, 0, 0, 0.1)]).toEqual([0, -1]);
  });
});

describe("borders", () => {
  it("go through where the classes are alike", () => {
    // Two columns of class 0, two of class 1: the line stands in the middle, between the second and the third.
    const size = 4;
    const map = Uint8Array.from({ length: size * size * 2 }, (_, i) => {
      const isRight = Math.floor(i / 2) % size >= 2;
      return (i % 2 === 1) === isRight ? 255 : 0;
    });
    const lines = borders(map, 2, size);
    expect(lines.length).toBe(4 * (size - 1));
    for (let i = 0; i < lines.length; i += 2) expect(lines[i]).toBeCloseTo(2, 2);
  });
});
