/**
 * The functions under `vmap`, against a loop over the examples.
 */
import { allClose, grad, type Tensor, tensor } from "@chainrule/core";
import { describe, expect, it, vi } from "vitest";
import { vmap } from "../../transforms/src/index.ts";
import * as functions from "../src/index.ts";
import { gradientTable } from "./gradients.ts";

/** Their results' shapes depend on numbers. */
const refused = ["unique", "maskedSelect"];

for (const [name, cases] of Object.entries(gradientTable))
  if (!refused.includes(name))
    describe(`${name} of many examples`, () => {
      it.each(cases)("is what a loop over them does: $name", ({ f, inputs }) => {
        const warn = vi.spyOn(console, "warn");
        const examples = inputs.map((x) => tensor(x, { dtype: "float64" }));
        const scale = tensor(new Float64Array([1, 0.9, 0.97]));
        const many = examples.map((x) => x.unsqueeze(0).mul(scale.reshape([3, ...x.shape.map(() => 1)])));
        const loss = (...xs: Tensor[]) => f(...xs).sin().sum(); // biome-ignore format: short
        const by = grad(loss, { argument: 0 });
        for (const g of [f, by as typeof f]) {
          const mapped = vmap((...xs: Tensor[]) => g(...xs))(...many);
          for (let i = 0; i < 3; i++)
            expect(allClose(mapped.slice(i), g(...many.map((x) => x.slice(i))), { rtol: 1e-12, atol: 1e-12 })).toBe(
              true,
            );
        }
        // No op is run one example at a time, which would be said.
        expect(warn).not.toHaveBeenCalled();
        warn.mockRestore();
      });
    });

describe("what has no shape before its numbers", () => {
  it.each([
    ["unique", (x: Tensor) => functions.unique(x).values],
    ["nonzero", functions.nonzero],
    ["maskedSelect", (x: Tensor) => functions.maskedSelect(x, x.greater(1))],
    ["bincount", (x: Tensor) => functions.bincount(x)],
  ] as const)("%s is refused", (name, f) => {
    expect(() => vmap(f)(tensor([[1, 2]], { dtype: "int32" }))).toThrow(
      new RegExp(`${name}: expected tensors with numbers`),
    );
  });

  it("searchsorted and bincount with a length are done for all", () => {
    const x = tensor([[1, 0, 1], [2, 2, 0]], { dtype: "int32" }); // biome-ignore format: short
    expect(vmap((t: Tensor) => functions.bincount(t, { length: 3 }))(x).toArray()).toEqual([[1, 2, 0], [1, 0, 2]]); // biome-ignore format: short
    expect(vmap((t: Tensor) => functions.searchsorted([0, 1, 2], t))(x).toArray()).toEqual([[1, 0, 1], [2, 2, 0]]); // biome-ignore format: short
    expect(vmap((t: Tensor) => functions.searchsorted(t, 1.5))(tensor([[1, 2], [2, 3]])).toArray()).toEqual([1, 0]); // biome-ignore format: short
  });
});
