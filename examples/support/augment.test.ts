/**
 * What changes a picture and what leaves it as it is.
 */
import { Generator, tensor } from "chainrule";
import { describe, expect, it } from "vitest";
import { augment } from "./augment.ts";

const cross = tensor([[0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0].map((value, i) => value || Number(i === 5))]);

describe("augmentation", () => {
  it("without any change returns the picture", () => {
    const same = augment(cross, new Generator(1), { shift: 0, turn: 0, stretch: 0 });
    expect(same.toArray()).toEqual(cross.toArray());
  });

  it("moves by parts of a pixel: what there is stays, spread over the neighbours", () => {
    const point = tensor([Array.from({ length: 25 }, (_, i) => Number(i === 12))]);
    const moved = augment(point, new Generator(1), { shift: 0.9, turn: 0, stretch: 0 });
    expect(moved.sum().item()).toBeCloseTo(1, 5);
    expect(moved.countNonZero().item()).toBe(4);
    expect(moved.at(0, 12)).toBeLessThan(1);
  });

  it("is the same for the same seed and differs between pictures of a batch", () => {
    const twice = cross.tile([2, 1]);
    const [a, b] = [augment(twice, new Generator(3)), augment(twice, new Generator(3))];
    expect(a.toArray()).toEqual(b.toArray());
    expect(a.slice(0).toArray()).not.toEqual(a.slice(1).toArray());
  });
});
