import { describe, expect, it } from "vitest";
import { DTypeError, refuseWhere, type Tensor, tensor, ValueError } from "../index.ts";

const refuseNegative = (x: Tensor) =>
  refuseWhere(x.less(0), (at) => new ValueError({ where: "f", expected: "0 or more", got: `less at [${at}]` }));

describe("refuseWhere", () => {
  it("throws the error of the first place where the condition holds", () => {
    const x = tensor([
      [1, 0, 3],
      [4, -5, -6],
    ]);
    expect(() => refuseNegative(x)).toThrow("f: expected 0 or more, got less at [1,1].");
    expect(() => refuseNegative(tensor(-1))).toThrow("got less at [].");
  });

  it("lets everything else pass, nothing and NaN among it", () => {
    for (const x of [tensor([1, 2]), tensor([]), tensor([Number.NaN]), tensor(0)]) refuseNegative(x);
  });

  it("takes no other condition than truth values", () => {
    const error = () => new Error("unused");
    expect(() => refuseWhere(tensor([1]), error)).toThrow(DTypeError);
    expect(() => refuseWhere(true as never, error)).toThrow(/a bool tensor, such as x.less\(0\), got true/);
  });
});
