import { arrays, broadcastableShapes, dataFor, expectClose, floats, shapes, wildFloats } from "@chainrule/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as core from "../src/index.ts";
import { grad, type Tensor, tensor } from "../src/index.ts";

const make = (shape: readonly number[], data: readonly number[]): Tensor => tensor(Float64Array.from(data), { shape });

/** Every index of a shape in row-major order. */
function indices(shape: readonly number[]): number[][] {
  return shape.reduce<number[][]>(
    (before, length) => before.flatMap((index) => Array.from({ length }, (_, i) => [...index, i])),
    [[]],
  );
}

/** Where an index lies in the data of a shape, broadcast axes and missing leading axes ignored. */
function place(index: readonly number[], shape: readonly number[]): number {
  const own = index.slice(index.length - shape.length);
  return shape.reduce((offset, length, axis) => offset * length + (length === 1 ? 0 : own[axis]), 0);
}

const pairOfArrays = (number: fc.Arbitrary<number>) =>
  broadcastableShapes({ maxRank: 4, maxLength: 3 }).chain(({ a, b, out }) =>
    fc.record({
      a: fc.constant(a),
      b: fc.constant(b),
      out: fc.constant(out),
      x: dataFor(a, number),
      y: dataFor(b, number),
    }),
  );

describe("broadcasting agrees with plain loops", () => {
  const ops: [string, (a: Tensor, b: Tensor) => Tensor, (x: number, y: number) => number][] = [
    ["add", core.add, (x, y) => x + y],
    ["sub", core.sub, (x, y) => x - y],
    ["mul", core.mul, (x, y) => x * y],
    ["div", core.div, (x, y) => x / y],
    ["maximum", core.maximum, Math.max],
    ["minimum", core.minimum, Math.min],
    ["pow", core.pow, (x, y) => x ** y],
    ["less", core.less, (x, y) => Number(x < y)],
    ["equal", core.equal, (x, y) => Number(x === y)],
  ];
  it.each(ops)("%s", (_name, op, plain) => {
    fc.assert(
      fc.property(pairOfArrays(wildFloats()), ({ a, b, out, x, y }) => {
        const data = indices(out).map((index) => plain(x[place(index, a)], y[place(index, b)]));
        expectClose(op(make(a, x), make(b, y)), { shape: out, data }, { tolerance: 0 });
      }),
    );
  });

  it("and so does the gradient, summed back to each input's shape", () => {
    fc.assert(
      fc.property(pairOfArrays(floats()), ({ a, b, out, x, y }) => {
        const byA = new Array<number>(x.length).fill(0);
        const byB = new Array<number>(y.length).fill(0);
        for (const index of indices(out)) {
          byA[place(index, a)] += y[place(index, b)];
          byB[place(index, b)] += x[place(index, a)];
        }
        const [gA, gB] = grad((p, q) => p.mul(q).sum(), { argument: [0, 1] })(make(a, x), make(b, y));
        expectClose(gA, { shape: a, data: byA }, { tolerance: 1e-12 });
        expectClose(gB, { shape: b, data: byB }, { tolerance: 1e-12 });
      }),
    );
  });

  it("where, with three shapes", () => {
    fc.assert(
      fc.property(pairOfArrays(floats()), ({ a, b, out, x, y }) => {
        const data = indices(out).map((index) => (x[place(index, a)] > 0 ? y[place(index, b)] : -7));
        expectClose(core.where(make(a, x).greater(0), make(b, y), -7), { shape: out, data }, { tolerance: 0 });
      }),
    );
  });
});

/** An array and a set of its axes, some counted from the end. */
const arrayAndAxes = (minLength: number) =>
  arrays({ maxRank: 4, maxLength: 3, minLength }).chain(({ shape, data }) =>
    fc.record({
      shape: fc.constant(shape),
      data: fc.constant(data),
      axes: fc.subarray(shape.map((_, axis) => axis)),
      fromEnd: fc.boolean(),
      keepDims: fc.boolean(),
    }),
  );

describe("reductions agree with plain loops", () => {
  type Reduction = (x: Tensor, axis: number[], options: { keepDims: boolean }) => Tensor;
  const add = (list: number[]) => list.reduce((a, b) => a + b, 0);
  const mean = (list: number[]) => add(list) / list.length;
  const ops: [string, Reduction, (list: number[]) => number, number][] = [
    ["sum", core.sum, add, 0],
    ["prod", core.prod, (list) => list.reduce((a, b) => a * b, 1), 0],
    ["mean", core.mean, mean, 0],
    ["variance", core.variance, (list) => mean(list.map((x) => (x - mean(list)) ** 2)), 0],
    ["max", core.max, (list) => Math.max(...list), 1],
    ["min", core.min, (list) => Math.min(...list), 1],
    ["logSumExp", core.logSumExp, (list) => Math.log(add(list.map(Math.exp))), 0],
    ["norm", core.norm, (list) => Math.hypot(...list), 0],
    ["any", core.any, (list) => Number(list.some((x) => x !== 0)), 0],
    ["all", core.all, (list) => Number(list.every((x) => x !== 0)), 0],
    ["countNonZero", core.countNonZero, (list) => list.filter((x) => x !== 0).length, 0],
  ];
  it.each(ops)("%s", (_name, op, plain, minLength) => {
    fc.assert(
      fc.property(arrayAndAxes(minLength), ({ shape, data, axes, fromEnd, keepDims }) => {
        const kept = shape.map((n, axis) => (axes.includes(axis) ? 1 : n));
        const lists = indices(kept).map(() => [] as number[]);
        for (const index of indices(shape)) lists[place(index, kept)].push(data[place(index, shape)]);
        const given = fromEnd ? axes.map((axis) => axis - shape.length) : axes;
        const out = keepDims ? kept : shape.filter((_, axis) => !axes.includes(axis));
        const expected = { shape: out, data: lists.map(plain) };
        expectClose(op(make(shape, data), given, { keepDims }), expected, { tolerance: 1e-12 });
      }),
    );
  });
});

describe("movements undo each other", () => {
  const anyArray = arrays({ maxRank: 4, maxLength: 4 }, wildFloats());
  const same = (x: Tensor, y: Tensor) => expectClose(x, y, { tolerance: 0 });

  it("permute and its inverse; each element is where the order says", () => {
    const permuted = anyArray.chain(({ shape, data }) =>
      fc.record({
        shape: fc.constant(shape),
        data: fc.constant(data),
        order: fc.shuffledSubarray(
          shape.map((_, axis) => axis),
          { minLength: shape.length },
        ),
      }),
    );
    fc.assert(
      fc.property(permuted, ({ shape, data, order }) => {
        const x = make(shape, data);
        const moved = core.permute(x, order);
        same(
          core.permute(
            moved,
            order.map((_, axis) => order.indexOf(axis)),
          ),
          x,
        );
        const expected = indices(order.map((axis) => shape[axis])).map((index) => {
          const before = order.reduce<number[]>((at, axis, i) => at.with(axis, index[i]), [...shape]);
          return data[place(before, shape)];
        });
        same(moved, make(moved.shape, expected));
      }),
    );
  });

  it("reshape there and back, transpose twice, flip twice, unsqueeze and squeeze", () => {
    fc.assert(
      fc.property(anyArray, fc.nat(), ({ shape, data }, n) => {
        const x = make(shape, data);
        same(x.reshape([x.size]).reshape(shape), x);
        same(x.flip().flip(), x);
        if (x.rank >= 2) same(x.T.T, x);
        const axis = n % (x.rank + 1);
        same(x.unsqueeze(axis).squeeze(axis), x);
        if (x.rank > 0) same(x.reshape(x.shape.with(n % x.rank, x.size === 0 ? x.shape[n % x.rank] : -1)), x);
      }),
    );
  });

  it("concat and split, stack and gather, pad and slice", () => {
    const cut = arrays({ minRank: 1, maxRank: 3, maxLength: 5 }, wildFloats()).chain(({ shape, data }) =>
      fc.record({
        shape: fc.constant(shape),
        data: fc.constant(data),
        axis: fc.nat({ max: shape.length - 1 }),
        parts: fc.array(fc.nat(), { maxLength: 3 }),
      }),
    );
    fc.assert(
      fc.property(cut, ({ shape, data, axis, parts }) => {
        const x = make(shape, data);
        const ends = [...parts.map((n) => n % (shape[axis] + 1)).sort((a, b) => a - b), shape[axis]];
        const lengths = ends.map((end, i) => end - (ends[i - 1] ?? 0));
        const pieces = core.split(x, lengths, axis);
        expect(pieces.map((piece) => piece.shape[axis])).toEqual(lengths);
        same(core.concat(pieces, axis), x);
        const stacked = core.stack([x, x.neg()], axis);
        same(core.gather(stacked, 0, axis), x);
        same(core.slice(stacked, ...new Array<string>(axis).fill(":"), 1), x.neg());
        const around = x.pad(
          shape.map(() => [2, 1]),
          9,
        );
        same(around.slice(...shape.map((n) => [2, 2 + n] as const)), x);
      }),
    );
  });

  it("broadcastTo and sumTo are each other's transpose: <B x, y> = <x, S y>", () => {
    fc.assert(
      fc.property(pairOfArrays(floats()), ({ a, x, out }) => {
        const y = make(
          out,
          indices(out).map((_, i) => Math.cos(i)),
        );
        const left = core.broadcastTo(make(a, x), out).mul(y).sum().item();
        const right = make(a, x).mul(core.sumTo(y, a)).sum().item();
        expect(Math.abs(left - right)).toBeLessThan(1e-9);
      }),
    );
  });

  it("tile and repeat read the element that division says", () => {
    fc.assert(
      fc.property(arrays({ minRank: 1, maxRank: 1 }), fc.nat({ max: 3 }), ({ data }, times) => {
        const x = make([data.length], data);
        same(core.tile(x, [times]), make([data.length * times], new Array(times).fill(data).flat()));
        same(
          core.repeat(x, times),
          make(
            [data.length * times],
            data.flatMap((n) => new Array<number>(times).fill(n)),
          ),
        );
      }),
    );
  });
});

describe("orders and distributions", () => {
  const line = arrays({ minRank: 1, maxRank: 1, maxLength: 9 });

  it("sort agrees with JavaScript's, argsort names the places, topK is its beginning", () => {
    fc.assert(
      fc.property(line, fc.nat(), ({ data }, n) => {
        const x = make([data.length], data);
        const sorted = [...data].sort((a, b) => a - b);
        expect(x.sort().toArray()).toEqual(sorted);
        expect(x.gather(x.argsort()).toArray()).toEqual(sorted);
        const k = n % (data.length + 1);
        expect(x.topK(k).values.toArray()).toEqual(sorted.reverse().slice(0, k));
      }),
    );
  });

  it("cumsum is the sum of what came before, and argmax the first of the largest", () => {
    fc.assert(
      fc.property(line, ({ data }) => {
        const x = make([data.length], data);
        expect(x.cumsum(0).toArray()).toEqual(data.map((_, i) => data.slice(0, i + 1).reduce((a, b) => a + b, 0)));
        if (data.length > 0) expect(x.argmax().item()).toBe(data.indexOf(Math.max(...data)));
      }),
    );
  });

  it("softmax is a distribution, its logarithm is logSoftmax, and a shift changes neither", () => {
    fc.assert(
      fc.property(arrays({ minRank: 2, maxRank: 2, minLength: 1 }), ({ shape, data }) => {
        const x = make(shape, data);
        const p = x.softmax();
        expectClose(p.sum(-1), core.ones([shape[0]]), { tolerance: 1e-14 });
        expectClose(p.log(), x.logSoftmax(), { tolerance: 1e-14 });
        expectClose(x.add(1000).softmax(), p, { tolerance: 1e-11 });
      }),
    );
  });
});

it("float32 results are the float64 results rounded, for one operation on what float32 holds", () => {
  fc.assert(
    fc.property(
      shapes({ maxRank: 2 }).chain((shape) => fc.tuple(dataFor(shape), fc.constant(shape))),
      ([data, shape]) => {
        const double = make(shape, data);
        const single = double.cast("float32");
        for (const f of [core.exp, core.sin, core.erf, core.tanh, core.square] as ((x: Tensor) => Tensor)[])
          expectClose(f(single), f(double).cast("float32"), { tolerance: 0 });
      },
    ),
  );
});
