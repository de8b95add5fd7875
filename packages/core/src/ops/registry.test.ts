import { describe, expect, it } from "vitest";
import { add, defineOp } from "../index.ts";
import { builtinOps } from "./registry.ts";

describe("the registry", () => {
  it("has each of the package's ops once, by a name of its own", () => {
    const names = builtinOps().map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toEqual(expect.arrayContaining(["add", "matmul", "sum", "reshape", "maxPool", "random"]));
    expect(builtinOps()).toContain(add.op);
  });

  it("has no user's ops", () => {
    const before = builtinOps().length;
    defineOp<void>({ name: "add", inferShape: ([x]) => x, kernel: "view" });
    expect(builtinOps()).toHaveLength(before);
  });
});
