import { parameter, Tensor, tensor, zeros } from "@chainrule/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jit } from "../index.ts";
import { flatten } from "./pytree.ts";

const parameters = Array.from({ length: 24 }, (_, i) => parameter(i + 1));
const tensors = [zeros([]), zeros([1]), zeros([1, 23]), zeros([12, 3]), zeros([1], { dtype: "int32" })];

const leaf = fc.oneof(
  fc.constantFrom(...parameters),
  fc.constantFrom(...tensors),
  fc.constantFrom(null, undefined, true, false, 0, -0, 2, 2n, 23, 3, Number.NaN, "", "2", "p1", "null", ";"),
);
const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 3 },
    leaf,
    // Numbers in an array of their own are data that should have been a tensor.
    fc.array(tie("tree"), { maxLength: 3 }).map((items) => [zeros([]), ...items]),
    fc.dictionary(fc.constantFrom("a", "b", "a:b"), tie("tree"), { maxKeys: 2, noNullPrototype: true }),
  ),
}));

/** Whether one program serves both: the same structure, the same plain values and parameters, tensors of the same kind. */
function isAlike(a: unknown, b: unknown): boolean {
  if (
    a instanceof Tensor &&
    b instanceof Tensor &&
    !parameters.includes(a as never) &&
    !parameters.includes(b as never)
  )
    return a.dtype === b.dtype && `${a.shape}` === `${b.shape}` && a.rank === b.rank;
  if (a instanceof Tensor || b instanceof Tensor) return a === b;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return Object.is(a, b);
  const [own, other] = [Object.entries(a), Object.entries(b)];
  return own.length === other.length && own.every(([key, x], i) => key === other[i][0] && isAlike(x, other[i][1]));
}

describe("the key of arguments", () => {
  const keyOf = (x: unknown) => flatten("f", "arguments", { x }, true).key;

  it("is the same for what one program serves, and for nothing else", () => {
    fc.assert(
      fc.property(tree, tree, (a, b) => {
        expect(keyOf(a) === keyOf(b)).toBe(isAlike(a, b));
        expect(keyOf({ a, b }) === keyOf({ a: b, b: a })).toBe(isAlike({ a, b }, { a: b, b: a }));
      }),
      { numRuns: 2000, seed: 3 },
    );
  });

  it("tells parameter 1 with 23 from parameter 12 with 3", () => {
    const scale = jit((w: Tensor, factor: number) => w.mul(factor));
    for (const [i, w] of parameters.slice(0, 20).entries())
      for (const factor of [3, 23, 123]) expect(scale(w, factor).item()).toBe((i + 1) * factor);
  });

  it("tells a number from a bigint", () => {
    const kind = jit((x: Tensor, n: number | bigint) => x.add(typeof n === "bigint" ? 1 : 0));
    expect([kind(zeros([]), 2).item(), kind(zeros([]), 2n).item()]).toEqual([0, 1]);
  });
});

it("refuses arrays and records that hold themselves, and those that never end", () => {
  const circle: unknown[] = [];
  circle.push(circle);
  const record: Record<string, unknown> = {};
  record.self = record;
  let deep: unknown = tensor(1);
  for (let i = 0; i < 5000; i++) deep = [deep];
  for (const value of [circle, record, deep])
    expect(() => flatten("f", "arguments", [value], true)).toThrow("holds itself");
});
