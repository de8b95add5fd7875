import {
  buffer,
  DataError,
  defaultGenerator,
  manualSeed,
  OptionError,
  type Parameter,
  parameter,
  rand,
  randn,
  type Tensor,
  tensor,
  ValueError,
} from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { lossLandscape } from "./landscape.ts";
import { lossLandscapeSvg } from "./landscape-svg.ts";

const axes = [[tensor([1, 0])], [tensor([0, 1])]] as const;
const model = (weights: Record<string, Parameter>) => ({ namedParameters: () => new Map(Object.entries(weights)) });

describe("lossLandscape", () => {
  it("is the loss along two directions, the solution in the middle", () => {
    const w = parameter([1, 2]);
    const { x, y, losses } = lossLandscape(() => w.square().sum(), [w], { steps: 3, range: [-2, 2], directions: axes });
    expect([x, y]).toEqual([
      [-2, 0, 2],
      [-2, 0, 2],
    ]);
    // (1 + x)² + (2 + y)².
    expect(losses).toEqual([
      [1, 1, 9],
      [5, 5, 13],
      [17, 17, 25],
    ]);
  });

  it("goes in random directions whose filters are as long as those of the weights, by the seed", () => {
    const kernel = parameter([
      [3, 0, 0],
      [4, 0, 1],
    ]);
    const weight = parameter([
      [3, 4],
      [0, 0],
      [0, 1],
    ]);
    const conv = parameter(randn([2, 1, 2, 2]));
    const [bias, frozen] = [parameter([5, 6, 7]), parameter([[1]])];
    frozen.requiresGrad = false;
    const start = [kernel, weight, conv, bias].map((p) => p.detach());
    const seen: Tensor[][] = [];
    const loss = () => {
      seen.push([kernel, weight, conv, bias, frozen].map((p, i) => (i < 4 ? p.detach().sub(start[i]) : p.detach())));
      return 0;
    };
    const all = model({ "a.kernel": kernel, "b.weight": weight, "c.kernel": conv, "a.bias": bias, frozen });
    lossLandscape(loss, all, { steps: 2, range: [0, 1] });
    const [, along] = seen;
    const norms = (x: Tensor, axis: number | number[]) =>
      x
        .square()
        .sum(axis as number)
        .sqrt()
        .toArray(1);
    expect(norms(along[0], 0)).toEqual([5, 0, 1].map((norm) => expect.closeTo(norm, 5)));
    expect(norms(along[1], 1)).toEqual([5, 0, 1].map((norm) => expect.closeTo(norm, 5)));
    const filters = norms(start[2].reshape([2, 4]), 1);
    expect(norms(along[2].reshape([2, 4]), 1)).toEqual(filters.map((norm) => expect.closeTo(norm, 4)));
    expect(along[3].toArray()).toEqual([0, 0, 0]);
    expect(along[4].toArray()).toEqual([[1]]);
    const losses = (seed: number) => lossLandscape(() => kernel.sum(), all, { steps: 3, seed }).losses;
    expect(losses(1)).toEqual(losses(1));
    expect(losses(1)).not.toEqual(losses(2));
  });

  it("leaves weights, buffers, gradients and random numbers as they were, also where the loss throws", () => {
    manualSeed(1);
    const [w, seen] = [parameter(tensor([0.1, 0.2])), buffer(tensor([0]))];
    w.square().sum().backward();
    const before = () => [w.toArray(), seen.toArray(), w.grad?.toArray(), JSON.stringify(defaultGenerator().state)];
    const state = before();
    let calls = 0;
    const loss = () => {
      seen.assign(seen.add(1));
      if (++calls > 20) throw new RangeError("mine");
      return w.sum().add(rand([1]).sum());
    };
    lossLandscape(loss, [w], { steps: 3 });
    expect(before()).toEqual(state);
    expect(() => lossLandscape(loss, [w], { steps: 5 })).toThrow(RangeError);
    expect(before()).toEqual(state);
  });

  it("refuses what is no loss, no model, and directions that do not fit", () => {
    const w = parameter([1, 2]);
    expect(() => lossLandscape((async () => 1) as never, [w])).toThrow(/a function that returns at once/);
    expect(() => lossLandscape(() => w, [w])).toThrow(/a tensor of one, got shape \[2\]/);
    expect(() => lossLandscape(3 as never, [w])).toThrow(ValueError);
    expect(() => lossLandscape(() => 1, [])).toThrow(/call it once/);
    expect(() => lossLandscape(() => 1, null as never)).toThrow(ValueError);
    expect(() => lossLandscape(() => 1, [tensor([1])] as never)).toThrow(ValueError);
    expect(() => lossLandscape(() => 1, [w], { directions: [[tensor([1])], [tensor([1])]] })).toThrow(
      /1 tensors: \[2\]/,
    );
    expect(() => lossLandscape(() => 1, [w], { steps: 1 })).toThrow(OptionError);
    expect(() => lossLandscape(() => 1, [w], { range: [1, 0] })).toThrow(OptionError);
    expect(() => lossLandscape(() => 1, [w], { stpes: 3 } as object)).toThrow(/Did you mean "steps"/);
    w.requiresGrad = false;
    expect(() => lossLandscape(() => 1, [w])).toThrow(/frozen ones alone/);
  });
});

describe("lossLandscapeSvg", () => {
  const texts = (svg: string) => [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text);
  const side = Array.from({ length: 21 }, (_, i) => (i - 10) / 10);
  const bowl = { x: side, y: side, losses: side.map((y) => side.map((x) => 1 + x * x + y * y)) };

  it("draws regions between levels, and the solution", () => {
    const svg = lossLandscapeSvg(bowl, { title: "Bowl" });
    expect([...svg.matchAll(/<path class="band b(\d)"/g)].map(([, i]) => Number(i))).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    // The levels are 1, 1 + 2/9, …, 3; that of band 4 is a circle of radius √(8/9) around the middle.
    expect(texts(svg)).toEqual(expect.arrayContaining(["Bowl", "1", "1.22", "3", "first direction"]));
    const [, left, top, width] = /<svg x="([\d.]+)" y="([\d.]+)" width="([\d.]+)"/.exec(svg)!.map(Number);
    const d = /<path class="band b2"[^>]* d="([^"]*)"/.exec(svg)![1];
    const hole = d.split("M").filter(Boolean).at(-1)!;
    for (const [, x, y] of hole.matchAll(/([\d.]+) ([\d.]+)/g)) {
      const [dx, dy] = [Number(x) - left - width / 2, Number(y) - top - width / 2].map((off) => (2 * off) / width);
      expect(Math.hypot(dx, dy)).toBeCloseTo(Math.sqrt(4 / 9), 1);
    }
    expect(svg.match(/class="axis solution"/g)).toHaveLength(2);
    expect(svg).toContain("<desc>Loss from 1 to 3, 1 at the solution.</desc>");
  });

  it("has levels apart by factors over several powers of ten, and draws what is not finite as the greatest", () => {
    const losses = bowl.losses.map((row, j) =>
      row.map((loss, i) => (i + j === 0 ? Number.NaN : 10 ** (3 * (loss - 1)))),
    );
    const svg = lossLandscapeSvg({ ...bowl, losses });
    const levels = texts(svg)
      .map(Number)
      .filter((level) => level >= 1);
    expect(levels).toEqual(expect.arrayContaining([1, 4.64]));
    expect(svg).toContain("1 of 441 are not finite");
    expect(svg).not.toMatch(/NaN|Infinity/);
  });

  it("draws a plain, and refuses what is no landscape", () => {
    expect(
      lossLandscapeSvg({
        x: [1, 2],
        y: [1, 2],
        losses: [
          [4, 4],
          [4, 4],
        ],
      }),
    ).not.toContain('solution"');
    for (const wrong of [
      null,
      {},
      { x: [0], y: [0], losses: [[1]] },
      { ...bowl, losses: [[1]] },
      { ...bowl, x: side.toReversed() },
    ])
      expect(() => lossLandscapeSvg(wrong as never)).toThrow(DataError);
    expect(() => lossLandscapeSvg({ x: [0, 1], y: [0], losses: [[Number.NaN, 1]] })).toThrow(DataError);
    const none = [Number.NaN, Number.NaN];
    expect(() => lossLandscapeSvg({ x: [0, 1], y: [0, 1], losses: [none, none] })).toThrow(/finite somewhere/);
    expect(() => lossLandscapeSvg(bowl, { width: 3 })).toThrow(OptionError);
  });
});
