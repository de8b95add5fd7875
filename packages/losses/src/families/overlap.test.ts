import { ShapeError, tensor } from "@chainrule/core";
import { expectClose } from "@chainrule/testing";
import { describe, expect, it } from "vitest";
import { checkLoss, dice, tversky } from "../index.ts";

const images = (data: number[]) => tensor(Float64Array.from(data), { shape: [2, 2, 2, 1] });

describe("dice", () => {
  // The numbers of Keras's documentation.
  const target = images([1, 1, 0, 0, 1, 1, 0, 0]);
  const prediction = images([0, 1, 0, 1, 0.4, 0, 0, 0.9]);

  it("is Keras's for each image", () => {
    const each = dice(prediction, target, { axis: [1, 2, 3], reduction: "none" });
    expectClose(each, { shape: [2], data: [0.5, 0.75757575] }, { tolerance: 1e-7 });
    const weighted = dice(prediction, target, { axis: [1, 2, 3], sampleWeight: [2, 0] });
    expect(weighted.item()).toBeCloseTo(0.5, 6);
  });

  it("is one loss for the whole batch by default, which sample weights cannot divide", () => {
    expect(dice(prediction, target).item()).toBeCloseTo(1 - (2 * 1.4) / (4 + 3.3), 7);
    expect(() => dice(prediction, target, { sampleWeight: [1, 2] })).toThrow(ShapeError);
    expect(() => dice(prediction, target, { sampleWeight: [1, 2] })).toThrow(/name an axis/);
  });

  it("is 0 for nothing against nothing", () => {
    expect(dice(images([0, 0, 0, 0, 0, 0, 0, 0]), images([0, 0, 0, 0, 0, 0, 0, 0])).item()).toBe(0);
  });

  it("passes checkLoss along an axis, sample weights included", () => {
    const report = String(checkLoss(dice.with({ axis: 1 })));
    expect(report).toContain("weight 2 counts twice");
    expect(String(checkLoss(dice))).toContain("one loss for the whole batch");
  });
});

describe("tversky", () => {
  const target = tensor([0, 1, 1, 0, 1], { dtype: "float64" });
  const prediction = tensor([0.3, 0.6, 0.9, 0.2, 0.1], { dtype: "float64" });

  it("prices what is too much and what is too little", () => {
    expect(tversky(prediction, target, { alpha: 0.2, beta: 0.8 }).item()).toBeCloseTo(0.4326241134751774, 7);
    expect(tversky(prediction, target, { alpha: 1, beta: 1 }).item()).toBeCloseTo(0.5428571428571428, 7);
  });

  it("is dice for α = β = 1/2", () => {
    expectClose(tversky(prediction, target), dice(prediction, target));
    expect(dice(prediction, target).item()).toBeCloseTo(0.37254901960784303, 7);
  });
});
