import { tensor } from "@chainrule/core";
import { combineLosses, huber } from "@chainrule/losses";
import { describe, expect, it } from "vitest";
import { readGrid } from "./grid.ts";

const labelsOf = (values: readonly unknown[]) => readGrid({ a: values }).configurations.map(({ labels }) => labels.a);

describe("the grid of a sweep", () => {
  it("has words for every kind of value", () => {
    const circle: { self?: unknown } = {};
    circle.self = circle;
    class Plain {}
    expect(labelsOf([0, -0, Number.NaN, 1e-7, "relu", true, null, undefined])).toEqual([
      "0",
      "-0",
      "NaN",
      "1e-7",
      "relu",
      "true",
      "null",
      "undefined",
    ]);
    expect(labelsOf([[8], [4, 4], { lr: 0.1 }, {}, [Number.POSITIVE_INFINITY], Float32Array.of(1, 2)])).toEqual([
      "[8]",
      "[4,4]",
      '{"lr":0.1}',
      "{}",
      '["Infinity"]',
      "[1,2]",
    ]);
    const named = () => 1;
    expect(
      labelsOf([
        named,
        huber,
        huber.with({ delta: 2 }),
        combineLosses({ mse: 1, mae: 0.5 }),
        (
          () => () =>
            1
        )(),
      ]),
    ).toEqual(["named", "huber", 'huber {"delta":2}', "mse + 0.5 mae", "(a function)"]);
    expect(labelsOf([circle, new Plain(), [named]])).toEqual(["an object with keys self", "a Plain", '["named"]']);
    expect(labelsOf([tensor([1])])).toEqual([undefined]);
  });

  it("names what is varied, in words by which two grids are compared", () => {
    const { configurations, seeds, description } = readGrid({ lr: [1, 2], epochs: 3, by: ["a"], seed: 2 });
    expect(configurations.map(({ label }) => label)).toEqual(["lr 1", "lr 2"]);
    expect(configurations[0].settings).toEqual({ lr: 1, epochs: 3, by: "a" });
    expect(seeds).toEqual([0, 1]);
    expect(description).toEqual({ lr: "1, 2", epochs: "3", by: "a", seed: "0, 1" });
    expect(readGrid({}).configurations).toEqual([{ label: "all", labels: {}, settings: {} }]);
  });
});
