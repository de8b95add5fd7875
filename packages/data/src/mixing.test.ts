import { DataError, Generator, manualSeed, OptionError, ones, randn, tensor, zeros } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { cutmix, mixup, toCategorical } from "./index.ts";

const x = randn([6, 2, 8, 10], { generator: new Generator(1) });
const y = toCategorical([0, 1, 2, 0, 1, 2]);

describe.each([
  ["mixup", mixup],
  ["cutmix", cutmix],
] as const)("%s", (_name, mix) => {
  it("keeps shapes, and targets that sum to 1", () => {
    const [mixed, targets] = mix(x, y, { seed: 1 });
    expect([mixed.shape, targets.shape, mixed.dtype]).toEqual([x.shape, y.shape, "float32"]);
    for (const sum of targets.sum(1).toTypedArray()) expect(sum).toBeCloseTo(1, 6);
    expect(mixed.toArray()).not.toEqual(x.toArray());
  });

  it("draws the same from the same seed, and from the default generator without one", () => {
    const arrays = (options: object) => mix(x, y, options).map((each) => each.toArray());
    expect(arrays({ seed: 3 })).toEqual(arrays({ seed: 3 }));
    expect(arrays({ seed: 3 })).not.toEqual(arrays({ seed: 4 }));
    const seeded = () => {
      manualSeed(7);
      return arrays({});
    };
    expect(seeded()).toEqual(seeded());
  });

  it("mixes targets as it mixes samples: of a sample and its class, the same share", () => {
    // Samples that are their class throughout: the mean of a mixed one is what its target says.
    const own = tensor([0, 1, 2, 3]).reshape(4, 1, 1, 1).broadcastTo([4, 1, 16, 16]);
    const [mixed, targets] = mix(own, toCategorical([0, 1, 2, 3]), { alpha: 1, seed: 5 });
    const wanted = targets.mul([0, 1, 2, 3]).sum(1).toTypedArray();
    mixed
      .mean([1, 2, 3])
      .toTypedArray()
      .forEach((mean, i) => {
        expect(mean).toBeCloseTo(wanted[i], 5);
      });
  });

  it("refuses labels, no samples, targets of others, and an alpha that is not above 0", () => {
    expect(() => mix(x, tensor([0, 1, 2, 0, 1, 2], { dtype: "int32" }))).toThrow(/toCategorical/);
    expect(() => mix(zeros([0, 1, 2, 2]), zeros([0, 3]))).toThrow(DataError);
    expect(() => mix(x, ones([5, 3]))).toThrow(DataError);
    for (const alpha of [0, -1, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => mix(x, y, { alpha })).toThrow(OptionError);
    expect(() => mix(x, y, { seed: 1, generator: new Generator(1) })).toThrow(OptionError);
  });
});

describe("cutmix", () => {
  it("puts a box of the other image in, and takes nothing else but images", () => {
    const one = ones([2, 1, 6, 6]).mul(tensor([1, 2]).reshape(2, 1, 1, 1));
    for (let seed = 0; seed < 20; seed++) {
      const [mixed] = cutmix(one, toCategorical([0, 1]), { seed });
      for (const image of mixed.squeeze(1).toArray(3)) {
        // Rows are all one kind outside of the box's rows, and rows of the box are alike.
        const kinds = new Set(image.map((row) => row.join()));
        expect(kinds.size).toBeLessThanOrEqual(2);
        expect(image.flat().every((n) => n === 1 || n === 2)).toBe(true);
      }
    }
    expect(() => cutmix(ones([2, 3]), toCategorical([0, 1]))).toThrow(/height, width/);
  });
});
