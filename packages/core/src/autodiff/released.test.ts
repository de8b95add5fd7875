import { afterEach, describe, expect, it } from "vitest";
import { GraphError, ones, parameter, type Tensor } from "../index.ts";
import { recorded } from "./recorded.ts";
import { mostReleased } from "./released.ts";

const loss = (): Tensor => parameter([1, 2]).square().sum();
const isKept = (x: Tensor) => x.tapeEntry!.inputs !== null;
const { ...limits } = mostReleased;

describe("what a backward pass released", () => {
  afterEach(() => Object.assign(mostReleased, limits));

  it("stays for as many passes as are kept, with the numbers that it had, and no longer", () => {
    const all = Array.from({ length: 7 }, loss);
    for (const each of all) each.backward();
    expect(all.map(isKept)).toEqual([false, false, false, true, true, true, true]);
    expect(recorded("test", all[6]).map(({ tensor }) => tensor.toArray())).toEqual([[1, 2], [1, 4], [5], 5]); // biome-ignore format: a table
    expect(() => recorded("test", all[0])).toThrow(GraphError);
  });

  it("cannot be gone back through", () => {
    const y = loss();
    y.backward();
    expect(isKept(y)).toBe(true);
    expect(() => y.backward()).toThrow(/an earlier backward pass released/);
    expect(() => y.mul(2).backward()).toThrow(GraphError);
  });

  it("is forgotten at once where it is larger than all that is kept, and makes room where it is not", () => {
    mostReleased.bytes = 10_000;
    const [small, medium, large] = [loss(), parameter(ones([1000])).sum(), parameter(ones([3000])).sum()];
    small.backward();
    large.backward();
    expect([isKept(small), isKept(large)]).toEqual([true, false]);
    medium.backward();
    const other = parameter(ones([1800])).sum();
    other.backward();
    expect([isKept(small), isKept(medium), isKept(other)]).toEqual([false, false, true]);
  });
});
