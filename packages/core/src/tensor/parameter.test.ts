import { describe, expect, it } from "vitest";
import { buffer, parameter, ShapeError, tensor } from "../index.ts";

describe("parameters and buffers", () => {
  it("tells weights from state, also when the weights are frozen", () => {
    const weight = parameter([1, 2]);
    weight.requiresGrad = false;
    expect(weight.isBuffer).toBe(false);
    expect(buffer([1, 2]).isBuffer).toBe(true);
  });

  it("keeps its dtype when a value is assigned", () => {
    const count = buffer(tensor(1, { dtype: "float64" }));
    count.assign(tensor(3, { dtype: "int32" }));
    expect([count.item(), count.dtype]).toEqual([3, "float64"]);
  });

  it("refuses a value of another shape and keeps the old one", () => {
    const weight = parameter([1, 2]);
    expect(() => weight.assign([1, 2, 3])).toThrow(ShapeError);
    expect(weight.toArray()).toEqual([1, 2]);
  });

  it("leaves graphs that were made before an assignment with the old value", () => {
    const weight = parameter(3);
    const loss = weight.square();
    weight.assign(100);
    loss.backward();
    expect(weight.grad?.item()).toBe(6);
  });
});
