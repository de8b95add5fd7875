import { DataError, parameter, type Tensor, tensor, ValueError } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { countRows, takeRows } from "./rows.ts";

describe("takeRows", () => {
  it("takes rows of tensors, in the order asked for and more than once", () => {
    const rows = takeRows(
      tensor(
        [
          [1, 2],
          [3, 4],
          [5, 6],
        ],
        { dtype: "int32" },
      ),
      [2, 0, 2],
    );
    expect(rows.toArray()).toEqual([
      [5, 6],
      [1, 2],
      [5, 6],
    ]);
    expect(rows.dtype).toBe("int32");
  });

  it("gives back the kind that it got", () => {
    expect(takeRows(["a", "b", "c"], [2, 0])).toEqual(["c", "a"]);
    expect(takeRows([[1], [2]], Int32Array.of(1))).toEqual([[2]]);
    expect(takeRows(Float64Array.of(1, 2, 3), [1, 1, 1, 1])).toEqual(Float64Array.of(2, 2, 2, 2));
    const ofParameter: Tensor = takeRows(parameter([1, 2]), [0]);
    expect(ofParameter.requiresGrad).toBe(false);
  });

  it("takes nothing", () => {
    expect(takeRows([1, 2], [])).toEqual([]);
    expect(takeRows(tensor([[1, 2]]), []).shape).toEqual([0, 2]);
  });

  it.each([[-1], [2], [0.5], [Number.NaN]])("refuses the place %d of two rows", (place) => {
    expect(() => takeRows([1, 2], [place])).toThrow(ValueError);
    expect(() => takeRows([1, 2], [place])).toThrow(`from 0 to 1, got ${place}`);
  });
});

describe("countRows", () => {
  it("refuses what has no rows", () => {
    expect(() => countRows("f", tensor(1))).toThrow("got a scalar tensor");
    expect(() => countRows("f", 3 as unknown as number[])).toThrow(DataError);
  });
});
