import { arange, DataError, OptionError, type Tensor, ValueError } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { batches } from "./index.ts";

const x = arange(10).reshape(5, 2);
const names = ["a", "b", "c", "d", "e"];

describe("batches", () => {
  it("go through all rows once, the same of each array", () => {
    const seen = [...batches(x, names, { batchSize: 2, seed: 1 })];
    expect(seen.map(([part]) => part.shape[0])).toEqual([2, 2, 1]);
    for (const [part, letters] of seen)
      letters.forEach((letter, i) => {
        expect(part.at(i, 0)).toBe(2 * names.indexOf(letter));
      });
    expect(seen.flatMap(([, letters]) => letters).sort()).toEqual(names);
  });

  it("keep the order without shuffling, and leave out a last one that is not full", () => {
    const plain = [...batches(names, { batchSize: 2, shuffle: false })];
    expect(plain).toEqual([[["a", "b"]], [["c", "d"]], [["e"]]]);
    expect([...batches(names, { batchSize: 2, shuffle: false, dropLast: true })]).toEqual(plain.slice(0, 2));
  });

  it("come in another order each time, the same from the same seed", () => {
    const order = (loop: Iterable<[Tensor]>) => [...loop].map(([part]) => part.toArray());
    const rows = arange(100);
    const loop = batches(rows, { seed: 3 });
    const first = order(loop);
    expect(order(loop)).not.toEqual(first);
    expect(order(batches(rows, { seed: 3 }))).toEqual(first);
  });

  it("are none of nothing", () => {
    expect([...batches([] as number[])]).toEqual([]);
  });

  it("say what is wrong", () => {
    expect(() => batches(x, ["a"])).toThrow(DataError);
    expect(() => batches(x, { batchSize: 0 })).toThrow(ValueError);
    expect(() => batches(x, { batchsize: 2 } as object)).toThrow(OptionError);
  });
});
