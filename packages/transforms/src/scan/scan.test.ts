import { jit } from "@chainrule/compiler";
import {
  checkGradients,
  Generator,
  GraphError,
  grad,
  OptionError,
  parameter,
  rand,
  randn,
  ShapeError,
  sizeOf,
  stack,
  type Tensor,
  tensor,
  ValueError,
} from "@chainrule/core";
import { withOpWatcher } from "@chainrule/core/internal";
import { expectClose } from "@chainrule/testing";
import { describe, expect, it } from "vitest";
import { vmap } from "../vmap/vmap.ts";
import { scan } from "./scan.ts";

const sums = (sum: Tensor, x: Tensor) => [sum.add(x), sum] as const;

describe("scan", () => {
  it("passes the carry on and stacks the outputs", () => {
    const [last, before] = scan(sums, tensor(10), tensor([1, 2, 3]));
    expect([last.item(), before.toArray()]).toEqual([16, [10, 11, 13]]);
  });

  it("goes backwards, with outputs where their inputs are", () => {
    const [last, before] = scan(sums, tensor(10), tensor([1, 2, 3]), { reverse: true });
    expect([last.item(), before.toArray()]).toEqual([16, [15, 13, 10]]);
  });

  it("takes trees, steps without inputs, and steps without outputs", () => {
    const [{ a, b }, nothing] = scan(
      ({ a, b }) => [{ a: b, b: a.add(b) }, null],
      { a: tensor(0), b: tensor(1) },
      null,
      {
        length: 10,
      },
    );
    expect([a.item(), b.item(), nothing]).toEqual([55, 89, null]);
    const [, { y, both }] = scan(
      (h: Tensor, { u, v }: { u: Tensor; v: readonly Tensor[] }) =>
        [h.add(u), { y: h.mul(v[0]), both: [u, h] }] as const,
      tensor([0, 0]),
      {
        u: tensor([
          [1, 2],
          [3, 4],
        ]),
        v: [tensor([5, 6])],
      },
    ) as unknown as [Tensor, { y: Tensor; both: Tensor[] }];
    expect(y.toArray()).toEqual([
      [0, 0],
      [6, 12],
    ]);
    expect(both.map((part) => part.shape)).toEqual([
      [2, 2],
      [2, 2],
    ]);
  });

  it("takes numbers where tensors are wanted", () => {
    const [last, all] = scan<Tensor>(sums, 0 as never, [1, 2, 3] as never);
    expect([last.item(), all.toArray()]).toEqual([6, [0, 1, 3]]);
  });

  it.each([0, 1, 2, 3, 7, 8])("takes %i steps", (length) => {
    const xs = randn([length, 2], { generator: new Generator(length), dtype: "float64" });
    const rows = [...xs] as Tensor[];
    const zero = tensor([0, 0], { dtype: "float64" });
    const [last, all] = scan((h: Tensor, x: Tensor) => [h.add(x), { h, x: x.sum() }] as const, zero, xs) as unknown as [
      Tensor,
      { h: Tensor; x: Tensor },
    ];
    expectClose(
      last,
      rows.reduce((a, b) => a.add(b), zero),
    );
    expect([all.h.shape, all.x.shape, all.x.dtype]).toEqual([[length, 2], [length], "float64"]);
    if (length > 0) expectClose(all.x, stack(rows.map((row) => row.sum())));
  });

  it("has right first and second derivatives, by the carry, the inputs and what it uses besides", () => {
    const noise = (...shape: number[]) => randn(shape, { dtype: "float64", generator: new Generator(shape.join()) });
    const f = (w: Tensor, h: Tensor, xs: Tensor) => {
      const [last, ys] = scan(
        (carry: Tensor, x: Tensor) => {
          const next = w.matmul(carry).add(x).tanh();
          return [next, next.square().sum()] as const;
        },
        h,
        xs,
      );
      return last.sum().add(ys.mul(ys).sum());
    };
    checkGradients(f, [noise(2, 2), noise(2), noise(3, 2)], { second: true });
  });

  it("sends back gradients that cost a constant number of the inputs' size for each halving", () => {
    const made = (n: number) => {
      let numbers = 0;
      const xs = tensor(new Float64Array(n).fill(0.5));
      const zero = tensor(0, { dtype: "float64" });
      withOpWatcher(
        (_op, _inputs, _attributes, spec) => {
          numbers += sizeOf(spec.shape);
          return () => {};
        },
        () => grad((given: Tensor) => scan(sums, zero, given)[0])(xs),
      );
      return numbers;
    };
    expect(made(64) / made(8)).toBeLessThan(24);
  });

  it("is one program with all steps in jit, and does in it what it does eagerly", () => {
    const w = parameter(randn([3, 3], { generator: new Generator(1) }));
    const xs = randn([6, 3], { generator: new Generator(2) });
    const loss = (given: Tensor) =>
      scan((h: Tensor, x: Tensor) => [w.matmul(h).add(x).tanh(), h] as const, tensor([0, 0, 0]), given)[1]
        .square()
        .sum();
    const step = (given: Tensor) => {
      w.zeroGrad();
      const value = loss(given);
      value.backward();
      return value;
    };
    const expected = [step(xs), w.grad!];
    const compiled = jit(step);
    for (let call = 0; call < 5; call++) {
      expectClose(compiled(xs), expected[0]);
      expectClose(w.grad!, expected[1]);
    }
  });

  it("is mapped, and maps", () => {
    const xs = randn([4, 5], { generator: new Generator(2) });
    const each = vmap((row) => scan(sums, tensor(0), row)[1])(xs);
    expectClose(each, xs.cumsum(1).sub(xs));
    const inside = scan(
      (h: Tensor, x: Tensor) => [vmap((a) => a.mul(2).add(1))(h), x] as const,
      tensor([0, 1]),
      tensor([1, 1]),
    );
    expect(inside[0].toArray()).toEqual([3, 7]);
  });

  it("draws other random numbers at each step", () => {
    const generator = new Generator(1);
    const [, ys] = scan((c: Tensor) => [c, rand([], { generator })] as const, tensor(0), null, { length: 4 });
    expect(new Set(ys.toArray(1)).size).toBe(4);
  });

  it("says what is wrong with steps, carries and inputs", () => {
    const [zero, three] = [tensor(0), tensor([1, 2, 3])];
    expect(() => scan((h: Tensor) => h as never, zero, three)).toThrow(
      /scan: expected a function that returns \[the next carry, the step's output\], got a Tensor.\n {2}A step without an output/,
    );
    expect(() => scan((h: Tensor, x: Tensor) => [[h], x] as never, zero, three)).toThrow(
      /expected a next carry of the form of the first, \*, got \[\*\]/,
    );
    expect(() => scan((h: Tensor, x: Tensor) => [h.unsqueeze(0), x] as const, zero, three)).toThrow(ShapeError);
    expect(() =>
      scan(({ h }: { h: Tensor }, x: Tensor) => [{ h: h.reshape(1) }, x] as const, { h: zero }, three),
    ).toThrow(/scan, carry.h: expected the shape of the first, \[\], after each step, got \[1\]/);
    expect(() => scan((h: Tensor, x: Tensor) => [h.add(x.cast("float64")), x] as const, zero, three)).toThrow(
      /expected the dtype of the first, float32, after each step, got float64.\n {2}Begin with .*cast\("float64"\)/,
    );
    let length = 0;
    expect(() => scan((h: Tensor, x: Tensor) => [h, x.broadcastTo([++length])] as const, zero, three)).toThrow(
      /scan, step 1: expected an output as in the first step, \* of float32 \[1\], got \* of float32 \[2\]/,
    );
    expect(() => scan(sums, zero, { a: three, b: tensor([1]) } as never)).toThrow(
      /scan, xs.b: expected 3 steps, as in xs.a, got 1 along the first axis of \[1\]/,
    );
    expect(() => scan(sums, zero, three, { length: 4 })).toThrow(/expected 4 steps, the length that is given, got 3/);
    expect(() => scan(sums, zero, zero)).toThrow(/expected inputs with an axis along which the steps go, got a scalar/);
    expect(() => scan(sums, zero, null as never)).toThrow(/expected inputs, or how many steps to take, got neither/);
    expect(() => scan(sums, zero, three, { length: -1 })).toThrow(ValueError);
    expect(() => scan(sums, zero, three, { reverse: 1 as never })).toThrow(/scan, reverse: expected true or false/);
    expect(() => scan(sums, zero, three, { steps: 3 } as object)).toThrow(OptionError);
    expect(() => scan(3 as never, zero, three)).toThrow(ValueError);
    expect(() => scan((async (h: Tensor) => [h, h]) as never, zero, three)).toThrow(GraphError);
    expect(() => scan(sums, "zero" as never, three)).toThrow(/a carry: tensors, in arrays and records, got "zero"/);
  });
});
