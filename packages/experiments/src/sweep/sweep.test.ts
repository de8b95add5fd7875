import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DataError, defaultGenerator, manualSeed, OptionError, randn, type Tensor } from "@chainrule/core";
import { huber } from "@chainrule/losses";
import { Dense, type LossLike, Sequential, SGD } from "@chainrule/nn";
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from "vitest";
import { type SweepResults, sweep } from "../index.ts";

const inTurn = { parallel: false } as const;
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "chainrule-sweep-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("sweep", () => {
  it("runs every combination with every seed, and tells the function's types from the grid", async () => {
    const seen: unknown[] = [];
    const grid = { lr: [0.1, 0.2], by: ["sgd", "adam"], hidden: [[8], [4, 4]], epochs: 3, seed: 2 };
    const results = await sweep(
      grid,
      (settings) => {
        expectTypeOf(settings.lr).toExtend<number>();
        expectTypeOf(settings.epochs).toExtend<number>();
        expectTypeOf(settings.seed).toEqualTypeOf<number>();
        expectTypeOf(settings.hidden).toExtend<number[]>();
        seen.push(settings);
        return settings.lr * settings.seed;
      },
      inTurn,
    );
    expect(seen).toHaveLength(16);
    // Pairs come early: all combinations with the first seed, then with the second.
    expect(seen.slice(0, 3)).toEqual([
      { lr: 0.1, by: "sgd", hidden: [8], epochs: 3, seed: 0 },
      { lr: 0.1, by: "sgd", hidden: [4, 4], epochs: 3, seed: 0 },
      { lr: 0.1, by: "adam", hidden: [8], epochs: 3, seed: 0 },
    ]);
    expect(results.runs.slice(0, 2).map(({ label, seed, values }) => [label, seed, values])).toEqual([
      ["lr 0.1, by sgd, hidden [8]", 0, { value: 0 }],
      ["lr 0.1, by sgd, hidden [8]", 1, { value: 0.1 }],
    ]);
    const literal = await sweep({ by: ["sgd", "adam"] }, ({ by }) => ({ sgd: 1, adam: 2 })[by], inTurn);
    expectTypeOf(literal.runs[0].settings.by).toEqualTypeOf<"sgd" | "adam">();
  });

  it("begins each run with manualSeed(seed), and leaves the random numbers as they were", async () => {
    manualSeed(99);
    const before = defaultGenerator().state;
    const draw = () => randn([3]).sum().item();
    const results = await sweep({ a: [1, 2], seed: [5, 7] }, draw, inTurn);
    expect(defaultGenerator().state).toEqual(before);
    manualSeed(5);
    const first = draw();
    manualSeed(7);
    expect(results.runs.map(({ values }) => values.value)).toEqual([
      first,
      draw(),
      first,
      results.runs[1].values.value,
    ]);
  });

  it("takes what fit returns, numbers by name, curves, and a number", async () => {
    const train = async ({ lr, loss }: { lr: number; loss: LossLike }) => {
      const model = new Sequential([new Dense({ units: 1, inputDim: 1, kernelInitializer: "zeros" })]);
      model.compile({ optimizer: new SGD({ lr }), loss });
      return model.fit([[1], [2]], [[2], [4]], { epochs: 4, batchSize: 2, verbose: 0 });
    };
    const { runs } = await sweep({ lr: [0.01, 0.1], loss: ["mse", huber] }, train as never, inTurn);
    expect(runs.map(({ label }) => label)).toEqual([
      "lr 0.01, loss mse",
      "lr 0.01, loss huber",
      "lr 0.1, loss mse",
      "lr 0.1, loss huber",
    ]);
    for (const { curves, values } of runs) {
      expect(curves.loss).toHaveLength(4);
      expect(values.loss).toBe(curves.loss[3]);
    }
    const mixed = await sweep({}, () => ({ test: 0.5, loss: [3, 2, 1] }), inTurn);
    expect(mixed.runs[0]).toMatchObject({ values: { test: 0.5, loss: 1 }, curves: { loss: [3, 2, 1] }, label: "all" });
  });

  it("notes runs that fail and goes on, and gives each run settings of its own", async () => {
    const results = await sweep(
      { list: [[1, 2]], a: [1, 2, 3] },
      ({ list, a }) => {
        list.push(3);
        if (a === 2) throw new TypeError("a is two");
        return a === 3 ? ("three" as never) : list.length;
      },
      inTurn,
    );
    expect(results.runs.map(({ error }) => error)).toEqual([
      null,
      "TypeError: a is two",
      expect.stringMatching(/expected a function that returns a number.*got "three"/),
    ]);
    expect(results.runs[0].values.value).toBe(3);
    expect(results.failed).toHaveLength(2);
    expect(`${results}`).toMatch(/2 runs failed:\n {2}a 2, seed 0: TypeError: a is two\n/);
  });

  it("says what is wrong", async () => {
    const call = sweep as (...args: unknown[]) => Promise<unknown>;
    for (const grid of [null, 3, [], new Map(), "lr"])
      await expect(call(grid, () => 1)).rejects.toThrow(/what to vary, by name/);
    await expect(call({ lr: [] }, () => 1)).rejects.toThrow(/lr: expected at least one value/);
    await expect(call({ lr: [1, 1] }, () => 1)).rejects.toThrow(/told apart by their texts, got 1 twice/);
    const anonymous = [(p: Tensor) => p, (p: Tensor) => p.neg()];
    await expect(call({ loss: anonymous }, () => 1)).rejects.toThrow(/Give functions names/);
    for (const seed of [0, -1, 1.5, "3", [], [1, 1], [-1], null])
      await expect(call({ seed }, () => 1)).rejects.toThrow(/how many seeds, at least 1/);
    await expect(call({ a: [1] }, 3)).rejects.toThrow(/a function of settings, or the address of a module/);
    await expect(call({ a: [1] }, () => 1, { paralel: 2 })).rejects.toThrow(/Did you mean "parallel"/);
    await expect(call({ a: [1] }, () => 1, { parallel: 0 })).rejects.toThrow(
      /parallel: expected true, false, or how many/,
    );
    await expect(call({ a: [1] }, () => 1, { verbose: 7 })).rejects.toThrow(/"auto", 0 or 1/);
    await expect(call({ a: [1] }, () => 1, { file: 7 })).rejects.toThrow(/the path of a file/);
    await expect(call({ a: [1] }, () => 1, { module: 7 })).rejects.toThrow(/address of a module/);
    await expect(call({ seed: 2e6 }, () => 1)).rejects.toThrow(OptionError);
  });
});

describe("the file of a sweep", () => {
  const path = () => join(folder, `${Math.random()}.jsonl`);
  /** Counts its calls, and fails or stops as it is told. */
  const counting = (fails: (a: number) => boolean = () => false) => {
    const calls: number[] = [];
    const train = ({ a, seed }: { a: number; seed: number }) => {
      calls.push(a);
      if (fails(a)) throw new Error("no");
      return { a: a + seed, odd: [Number.NaN, -0, Number.POSITIVE_INFINITY], tiny: 0.1 + 0.2 };
    };
    return { calls, train };
  };
  const plain = (results: SweepResults<never>) =>
    results.runs.map(({ label, seed, values, curves, error }) => ({ label, seed, values, curves, error }));

  it("keeps finished runs to the bit, and tries failed ones once more", async () => {
    const file = path();
    let isBroken = true;
    const { calls, train } = counting((a) => isBroken && a === 2);
    const grid = { a: [1, 2, 3], seed: 2 };
    const first = await sweep(grid, train, { ...inTurn, file });
    expect(first.failed).toHaveLength(2);
    isBroken = false;
    calls.length = 0;
    const second = await sweep(grid, train, { ...inTurn, file });
    expect(calls).toEqual([2, 2]);
    const whole = await sweep(grid, train, inTurn);
    expect(plain(second as never)).toEqual(plain(whole as never));
    expect(Object.is(second.runs[0].curves.odd[1], -0)).toBe(true);
  });

  it("goes on behind a line that a crash has cut off, wherever it was cut", async () => {
    const file = path();
    const { calls, train } = counting();
    const grid = { a: [1, 2, 3] };
    const whole = await sweep(grid, train, { ...inTurn, file });
    const text = readFileSync(file, "utf8");
    for (let length = 0; length <= text.length; length += 17) {
      writeFileSync(file, text.slice(0, length));
      calls.length = 0;
      expect(plain((await sweep(grid, train, { ...inTurn, file })) as never)).toEqual(plain(whole as never));
      const kept = Math.max(0, text.slice(0, length).split("\n").length - 2);
      expect(calls).toHaveLength(3 - kept);
      const lines = readFileSync(file, "utf8").trimEnd().split("\n");
      expect(lines.map((line) => JSON.parse(line).run)).toEqual([
        undefined,
        "a 1; seed 0",
        "a 2; seed 0",
        "a 3; seed 0",
      ]);
    }
  });

  it("of another sweep, of another function and of something else is refused, and left as it is", async () => {
    const file = path();
    const { train } = counting();
    await sweep({ a: [1, 2] }, train, { ...inTurn, file });
    const text = readFileSync(file, "utf8");
    const again = (grid: { a: number[]; seed?: number }, f = train) => sweep(grid, f, { ...inTurn, file });
    await expect(again({ a: [1, 3] })).rejects.toThrow(DataError);
    await expect(again({ a: [1, 3] })).rejects.toThrow(/this sweep \(a: 1, 3\), got those of another one \(a: 1, 2\)/);
    await expect(again({ a: [1, 2], seed: 3 })).rejects.toThrow(/\(seed: 0, 1, 2\).*\(seed: 0\)/);
    await expect(again({ a: [1, 2] }, (() => 7) as never)).rejects.toThrow(/train: /);
    expect(readFileSync(file, "utf8")).toBe(text);
    for (const other of ["lr,loss\n1,2\n", "hello", '{"a": 1}\n']) {
      writeFileSync(file, other);
      await expect(again({ a: [1, 2] })).rejects.toThrow(/a file of finished runs/);
      expect(readFileSync(file, "utf8")).toBe(other);
    }
    writeFileSync(file, text);
    appendFileSync(file, "nonsense\n");
    await expect(again({ a: [1, 2] })).rejects.toThrow(/line 4 with something else/);
    await expect(sweep({ a: [1] }, train, { ...inTurn, file: folder })).rejects.toThrow(/can be read and written/);
  });
});
