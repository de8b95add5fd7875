import * as cr from "chainrule";
import { describe, expect, it } from "vitest";

const huge = 2 ** 20;
const a = cr.ones([huge]);

/** Results of 2^40 numbers: what they are, in bytes, and how one comes by them. */
const results: Record<string, [shape: string, bytes: string, make: () => unknown]> = {
  "a row against a column": ["1048576, 1048576", "4 TB", () => a.sub(a.unsqueeze(1))],
  "a comparison of all pairs": ["1048576, 1048576", "1 TB", () => a.equal(a.unsqueeze(1))],
  outer: ["1048576, 1048576", "4 TB", () => cr.outer(a, a)],
  where: ["1048576, 1048576", "1 TB", () => cr.where(a.unsqueeze(1), a, 0)],
  matmul: ["1048576, 1048576", "4 TB", () => a.unsqueeze(1).matmul(a.unsqueeze(0))],
  einsum: ["1048576, 1048576", "4 TB", () => cr.einsum("i,j->ij", a, a)],
  broadcastTo: ["1048576, 1048576", "4 TB", () => a.broadcastTo([huge, huge])],
  zeros: ["1048576, 1048576", "4 TB", () => cr.zeros([huge, huge])],
  "zeros in float64": ["1048576, 1048576", "8 TB", () => cr.zeros([huge, huge], { dtype: "float64" })],
  full: ["1048576, 1048576", "4 TB", () => cr.full([huge, huge], 3)],
  eye: ["1048576, 1048576", "4 TB", () => cr.eye(huge)],
  oneHot: ["1048576, 4294967295", "16 PB", () => cr.oneHot(cr.zeros([huge], { dtype: "int32" }), 2 ** 32 - 1)],
  arange: ["1099511627776", "4 TB", () => cr.arange(2 ** 40)],
  linspace: ["1099511627776", "4 TB", () => cr.linspace(0, 1, 2 ** 40)],
  repeat: ["1048576, 1048576", "4 TB", () => cr.repeat(a, huge)],
  tile: ["1048576, 1048576", "4 TB", () => a.tile([huge])],
  pad: ["1099512676352", "4 TB", () => a.pad(2 ** 39)],
  randn: ["1048576, 1048576", "4 TB", () => cr.randn([huge, huge])],
  gather: ["1048576, 1048576", "4 TB", () => cr.zeros([1, huge]).gather(cr.zeros([huge], { dtype: "int32" }))],
  upsample2d: ["1048576, 1, 1048576", "4 TB", () => cr.upsample2d([[[[1]]]], huge)],
};

describe.each(Object.entries(results))("%s beyond memory", (_name, [shape, bytes, make]) => {
  it("is refused with its shape and its bytes", () => {
    let caught: unknown;
    try {
      make();
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(cr.ShapeError);
    expect((caught as Error).message).toContain(shape);
    expect((caught as Error).message).toMatch(/ which takes [\d.]+ [TPE]B\./);
    expect((caught as Error).message).toContain(bytes);
  });
});

it("compiled, it is refused as well, and what comes after it works", () => {
  const pairs = cr.jit((x: cr.Tensor) => x.sub(x.unsqueeze(1)));
  expect(() => pairs(a)).toThrow(cr.ChainRuleError);
  expect(pairs(cr.tensor([1, 2])).toArray()).toEqual([
    [0, 1],
    [-1, 0],
  ]);
});

it("what has an axis beyond memory and no element costs nothing", () => {
  expect(cr.zeros([0, 2 ** 40]).shape).toEqual([0, 2 ** 40]);
});
