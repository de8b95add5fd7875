import { jit } from "@chainrule/compiler";
import { Trace } from "@chainrule/compiler/internal";
import {
  customGradient,
  defineOp,
  Generator,
  GraphError,
  grad,
  gradients,
  JitError,
  noGrad,
  OptionError,
  parameter,
  rand,
  randn,
  randperm,
  refuseWhere,
  ShapeError,
  scalar,
  stack,
  sumTo,
  Tensor,
  tensor,
  ValueError,
  valueAndGrad,
  vjp,
  where,
} from "@chainrule/core";
import { withTracer } from "@chainrule/core/internal";
import { crossEntropy } from "@chainrule/losses";
import { Dense, Sequential, SGD } from "@chainrule/nn";
import { expectClose } from "@chainrule/testing";
import { afterEach, describe, expect, it, vi } from "vitest";
import { vmap } from "./vmap.ts";

const x = tensor([
  [1, 2],
  [3, 4],
  [5, 6],
]);

/** A loop over the rows. */
const looped = (f: (row: Tensor) => Tensor) => (rows: Tensor) => stack([...rows].map((row) => f(row as Tensor)));

describe("a mapped function", () => {
  it("sees one example", () => {
    const seen: unknown[] = [];
    vmap((row) => {
      seen.push([row.shape, row.dtype, row.size]);
      return row;
    })(x.cast("float64"));
    expect(seen).toEqual([[[2], "float64", 2]]);
  });

  it("takes and gives trees, numbers, and what all examples share", () => {
    const f = vmap(
      ({ a, b }: { a: Tensor; b: readonly Tensor[] }, factor: number, label: string) => ({
        [label]: a.add(b[0]).mul(factor),
        parts: [a, scalar(2), null],
      }),
      { inAxes: [0, null, null] },
    );
    const found = f({ a: tensor([1, 2]), b: [tensor([10, 20])] }, 2, "sum") as unknown as Record<string, unknown>;
    expect((found.sum as Tensor).toArray()).toEqual([22, 44]);
    const [a, two, none] = found.parts as Tensor[];
    expect([a.toArray(), two.toArray(), none]).toEqual([[1, 2], [2, 2], null]);
    expect(vmap((row) => row.sum())([[1, 2]]).toArray()).toEqual([3]);
  });

  it("has its examples along the axes that are named, in trees of them too, and counted from the end", () => {
    expect(vmap((column) => column.sum(), { inAxes: 1 })(x).toArray()).toEqual([9, 12]);
    expect(vmap((column) => column.sum(), { inAxes: -1 })(x).toArray()).toEqual([9, 12]);
    expect(vmap((row) => row, { outAxes: -1 })(x).toArray()).toEqual(x.T.toArray());
    const f = ({ w, b }: { w: Tensor; b: Tensor }, row: Tensor) => ({ y: row.mul(w).add(b), b });
    const mapped = vmap(f, { inAxes: [{ w: 1, b: null }, 0], outAxes: { y: 1, b: null } });
    const { y, b } = mapped({ w: x.T, b: tensor([1, 2]) }, x);
    expect(y.toArray()).toEqual(x.square().add([1, 2]).T.toArray());
    expect(b.toArray()).toEqual([1, 2]);
  });

  it("gives each example what all share, where it says nothing else", () => {
    expect(vmap(() => tensor([7, 8]))(x).toArray()).toEqual([
      [7, 8],
      [7, 8],
      [7, 8],
    ]);
  });

  it("applies as many operations to many examples as to few", () => {
    const w = parameter(randn([2, 3]));
    const f = (rows: Tensor) => vmap(grad((row) => crossEntropy(row.matmul(w).tanh().unsqueeze(0), [1])))(rows);
    const operations = (count: number) => {
      const trace = new Trace("f", []);
      withTracer(trace, () => f(randn([count, 2])));
      return trace.nodes.length;
    };
    expect(operations(100)).toBe(operations(2));
    expect(operations(100)).toBeLessThan(60);
  });

  it("is a function of no examples, too", () => {
    const w = parameter([2, 3]);
    const y = vmap((row) => row.mul(w).sum())(x.slice([0, 0]));
    expect(y.shape).toEqual([0]);
    y.sum().backward();
    expect(w.grad!.toArray()).toEqual([0, 0]);
  });

  it("is mapped again, inside and outside", () => {
    const table = vmap(
      vmap((a: Tensor, b: Tensor) => a.mul(10).add(b), { inAxes: [null, 0] }),
      { inAxes: [0, null] },
    );
    expect(table([1, 2] as unknown as Tensor, tensor([3, 4, 5])).toArray()).toEqual([
      [13, 14, 15],
      [23, 24, 25],
    ]);
    const sums = vmap((row) => vmap((a) => a.mul(row.sum()))(row));
    expect(sums(x).toArray()).toEqual(looped((row) => row.mul(row.sum()))(x).toArray());
  });
});

describe("gradients", () => {
  const w = () => parameter(randn([2, 3], { dtype: "float64", generator: new Generator(3) }));
  const rows = x.cast("float64").div(4);
  const f = (weights: Tensor) => (row: Tensor) => row.matmul(weights).tanh().square().sum();

  it("per example by parameters are returned, and left nowhere", () => {
    const weights = w();
    const found = vmap((row) => gradients([f(weights)(row)], [weights])[0])(rows);
    expectClose(found, looped((row) => gradients([f(weights)(row)], [weights])[0])(rows));
    expect(weights.grad).toBeNull();
    expect(found.requiresGrad).toBe(false);
  });

  it("flow through the map, of values and of gradients, to parameters and arguments", () => {
    const by = (map: (g: (row: Tensor) => Tensor) => (rows: Tensor) => Tensor) => {
      const [weights, leaf] = [w(), rows.detach()];
      leaf.requiresGrad = true;
      const y = map((row) => grad((r) => f(weights)(r))(row).add(f(weights)(row)))(leaf);
      y.sin().sum().backward();
      return [weights.grad!, leaf.grad!];
    };
    const [found, expected] = [by(vmap), by(looped)];
    found.forEach((g, i) => {
      expectClose(g, expected[i]);
    });
  });

  it("end where they are cut off", () => {
    const weights = w();
    const leaf = rows.detach();
    leaf.requiresGrad = true;
    const cut = vmap((row) => f(weights)(row.detach()).detach())(leaf);
    expect(cut.requiresGrad).toBe(false);
    expect(vmap((row) => noGrad(() => f(weights)(row)))(leaf).requiresGrad).toBe(false);
    const y = vmap((row) => row.mul(row.detach()).sum())(leaf);
    y.sum().backward();
    expectClose(leaf.grad!, rows);
    // Of a copy that is cut off, the gradient is found inside and not outside.
    const inner = vmap((row) => grad((r) => r.square().sum())(row.detach()))(leaf);
    expectClose(inner, rows.mul(2));
    expect(inner.requiresGrad).toBe(false);
  });

  it("are left on what became a leaf inside", () => {
    const found = vmap((row) => {
      const leaf = row.detach();
      leaf.requiresGrad = true;
      leaf.square().sum().backward();
      return leaf.grad!;
    })(rows);
    expectClose(found, rows.mul(2));
    const constant = tensor([1, 2], { dtype: "float64" });
    const shared = vmap((row) => grad((c) => c.mul(row).square().sum())(constant))(rows);
    expectClose(shared, rows.square().mul(2).mul(constant));
    expect([constant.requiresGrad, constant.traced]).toEqual([false, null]);
  });

  it("by a tensor from outside that becomes a leaf inside leave it as it was", () => {
    const outside = tensor([1, 2], { dtype: "float64" });
    const y = vmap((row) => {
      outside.requiresGrad = true;
      return outside.mul(row).sum();
    })(rows);
    expect(y.requiresGrad).toBe(false);
    expect(outside.traced).toBeNull();
    expect(outside.add(1).toArray()).toEqual([2, 3]);
  });

  it("go through gradient rules of one's own", () => {
    const straight = customGradient(
      (a, b) => a.round().mul(b),
      (g, { inputs: [a, b] }) => [g.mul(b), sumTo(g.mul(a), b.shape)],
    );
    const scale = parameter(tensor(3, { dtype: "float64" }));
    const leaf = rows.detach();
    leaf.requiresGrad = true;
    vmap((row) => straight(row, scale).sum())(leaf)
      .mul([1, 2, 3])
      .sum()
      .backward();
    const by = tensor([[1], [2], [3]]).mul([1, 1]);
    expectClose(leaf.grad!, by.mul(3).cast("float64"));
    expectClose(scale.grad!, rows.mul(by).sum());
    expectClose(vmap(grad((row) => straight(row, scale).sum()))(rows), rows.mul(0).add(3));
    // Twice: the rule's own derivative.
    const second = grad((r: Tensor) =>
      vmap(grad((row) => straight(row, row).sum()))(r)
        .square()
        .sum(),
    );
    expectClose(second(rows), rows.mul(8));
  });

  it("are what vjp, valueAndGrad and jit find of the mapped function", () => {
    const weights = w();
    const mapped = vmap(f(weights));
    const [value, slope] = valueAndGrad((r: Tensor) => mapped(r).sum())(rows);
    expectClose(value, mapped(rows).sum());
    expectClose(vjp(mapped, rows)[1]([1, 1, 1])[0], slope);
    const compiled = jit((r: Tensor) => vmap(valueAndGrad(f(weights)))(r));
    for (let call = 0; call < 5; call++)
      for (const [i, part] of compiled(rows).entries()) expectClose(part, vmap(valueAndGrad(f(weights)))(rows)[i]);
    expect(compiled.explain(rows).kernels.length).toBeGreaterThan(0);
    expectClose(vmap(jit(f(weights)))(rows), mapped(rows));
  });

  it("of a model make a step of clipped gradients, compiled as eagerly", () => {
    const train = (compile: boolean) => {
      const model = new Sequential([
        new Dense({ units: 4, inputDim: 2, activation: "tanh", generator: new Generator(1) }),
        new Dense({ units: 3, generator: new Generator(2) }),
      ]);
      const weights = model.parameters();
      const optimizer = new SGD(weights, { lr: 0.5 });
      const labels = tensor([0, 2, 1], { dtype: "int32" });
      const loss = (row: Tensor, label: Tensor) => crossEntropy(model.call(row.unsqueeze(0)), label.unsqueeze(0));
      const step = (rows: Tensor, given: Tensor) => {
        const each = vmap((row: Tensor, label: Tensor) => gradients([loss(row, label)], weights))(rows, given);
        const norms = each
          .map((g) => g.reshape([3, -1]).square().sum(1))
          .reduce((a, b) => a.add(b))
          .sqrt();
        const factor = where(norms.greater(0.5), norms.reciprocal().mul(0.5), 1);
        for (const [i, g] of each.entries())
          weights[i].grad = g.mul(factor.reshape([3, ...g.shape.slice(1).map(() => 1)])).mean(0);
        optimizer.step();
        return crossEntropy(model.call(rows), given);
      };
      const run = compile ? jit(step) : step;
      return Array.from({ length: 8 }, () => run(x.div(6), labels).item());
    };
    const [eager, compiled] = [train(false), train(true)];
    expect(eager[7]).toBeLessThan(eager[0]);
    compiled.forEach((loss, i) => {
      expect(loss).toBeCloseTo(eager[i], 5);
    });
  });
});

describe("random numbers", () => {
  it("are those that a loop over the examples would draw, or one draw for all", () => {
    const draw = (generator: Generator) => (row: Tensor) => row.add(rand([2], { generator }));
    const different = vmap(draw(new Generator(1)), { randomness: "different" })(x);
    expect(different.toArray()).toEqual(looped(draw(new Generator(1)))(x).toArray());
    const same = vmap(draw(new Generator(1)), { randomness: "same" })(x);
    expect(same.toArray()).toEqual(x.add(rand([2], { generator: new Generator(1) })).toArray());
  });

  it("are drawn at every call of a compiled function", () => {
    const generator = new Generator(4);
    const f = jit((rows: Tensor) =>
      vmap((row) => row.mul(rand([2], { generator })), { randomness: "different" })(rows),
    );
    const calls = Array.from({ length: 6 }, () => String(f(x).toArray()));
    expect(new Set(calls).size).toBe(6);
  });

  it("are written elsewhere as one draw only where they are the same numbers", () => {
    const draws = (shape: readonly number[], make: typeof rand) => {
      const trace = new Trace("f", []);
      const f = (rows: Tensor) => vmap((row) => row.sum().add(make(shape)), { randomness: "different" })(rows);
      withTracer(trace, () => f(x));
      return trace.nodes.flatMap(({ op, source }) =>
        op?.random && source.kind === "op" ? [(source.attributes as { distribution: string }).distribution] : [],
      );
    };
    expect(draws([3], rand)).toEqual(["rand"]);
    expect(draws([2], randn as typeof rand)).toEqual(["randn"]);
    expect(draws([3], randn as typeof rand)).toEqual(["randn, for each example"]);
    expect(draws([2], ((shape: number[]) => randperm(shape[0])) as never)).toEqual(["randperm, for each example"]);
    const pairs = vmap((row) => row.add(randn([2], { generator: new Generator(1) })), { randomness: "different" })(x);
    expect(pairs.toArray()).toEqual(x.add(randn([3, 2], { generator: new Generator(1) })).toArray());
  });

  it("wait for a choice", () => {
    const noisy = (row: Tensor) => row.add(rand([2]));
    expect(() => vmap(noisy)(x)).toThrow(OptionError);
    expect(() => vmap((row) => row, { randomness: "fresh" as "same" })).toThrow(
      /vmap, randomness: expected "error", "different" or "same", got "fresh"/,
    );
  });
});

describe("ops of one's own", () => {
  afterEach(() => vi.restoreAllMocks());
  const cube = (more: object) =>
    defineOp<void>({
      name: "cube",
      inferShape: ([a]) => a,
      kernel: (out, [a]) => {
        for (let i = 0; i < out.storage.length; i++) out.storage[i] = a.storage[i] ** 3;
      },
      gradient: (g, { inputs: [a] }) => g.mul(a.square()).mul(3),
      ...more,
    });
  const cases = {
    elementwise: { lower: { kind: "elementwise", scalar: (a: number) => a ** 3 } },
    composed: { lower: { kind: "compose", compose: ([a]: Tensor[]) => a.mul(a).mul(a) } },
    "with leading axes": { leadingAxes: true },
  };
  const rows = x.cast("float64");

  const check = (op: ReturnType<typeof cube>) => {
    const f = (row: Tensor) => op([row]).sum();
    expect(vmap(f)(rows).toArray()).toEqual(rows.pow(3).sum(1).toArray());
    expectClose(vmap(grad(f))(rows), rows.square().mul(3));
    const twice = grad((r: Tensor) => vmap(grad(f))(r).sum());
    expectClose(twice(rows), rows.mul(6));
    const shared = parameter(tensor([1, 2], { dtype: "float64" }));
    vmap((row) => op([shared]).mul(row).sum())(rows)
      .sum()
      .backward();
    expectClose(shared.grad!, shared.square().mul(3).mul(rows.sum(0)));
    expect(vmap(f)(rows.slice([0, 0])).shape).toEqual([0]);
  };

  it.each(Object.entries(cases))("%s are applied to all examples at once", (_name, more) => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    check(cube(more));
    expect(warn).not.toHaveBeenCalled();
  });

  it("that say nothing are applied to one after another, which is said once", () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    check(cube({}));
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0][0]).toMatch(
      /^vmap, at .*vmap.test.ts:.*: the op "cube" is applied to one example after another/,
    );
  });

  it("with leading axes get them in front of all inputs", () => {
    const outer = defineOp<void>({
      name: "outer",
      leadingAxes: true,
      inferShape: ([a, b]) => ({ shape: [...a.shape, b.shape.at(-1)!], dtype: a.dtype }),
      kernel: (out, [a, b]) => {
        const [n, m] = [a.shape.at(-1)!, b.shape.at(-1)!];
        for (let i = 0; i < out.storage.length; i++) {
          const at = Math.floor(i / m);
          out.storage[i] = a.storage[at] * b.storage[Math.floor(at / n) * m + (i % m)];
        }
      },
    });
    const f = vmap((row: Tensor, other: Tensor) => outer([row, other]), { inAxes: [0, null] });
    expect(f(x, tensor([1, 10, 100])).toArray()).toEqual(
      looped((row) => row.unsqueeze(1).mul([1, 10, 100]))(x).toArray(),
    );
  });
});

describe("what is refused", () => {
  it("is a read of numbers, a gradient or a value left on a parameter", () => {
    const w = parameter([1, 2]);
    expect(() => vmap((row) => (row.sum().item() > 3 ? row : row.neg()))(x)).toThrow(
      /vmap, at .*vmap.test.ts:.*: expected only operations on tensors, .* got a read of the numbers of a tensor of shape \[\]/,
    );
    const step = (row: Tensor) => {
      row.mul(w).sum().backward();
      return row;
    };
    expect(() => vmap(step)(x)).toThrow(
      /vmap\(step\): expected gradients as results, got backward\(\) or zeroGrad\(\), .* a parameter of shape \[2\].\n {2}Return them: gradients/,
    );
    expect(w.grad).toBeNull();
    expect(() =>
      vmap((row) => {
        w.assign(row);
        return row;
      })(x),
    ).toThrow(GraphError);
    expect(w.toArray()).toEqual([1, 2]);
    expect(() => vmap((row) => parameter(row).mul(row))(x)).toThrow(/got one made of an example's tensor/);
  });

  it("is not what all examples share", () => {
    const w = parameter([1, 2]);
    const y = vmap((row) => {
      const before = row.mul(w);
      w.assign([10, 20]);
      return before.add(row.mul(w)).sum();
    })(x);
    expect(w.toArray()).toEqual([10, 20]);
    expect(y.toArray()).toEqual(x.mul([11, 22]).sum(1).toArray());
    y.sum().backward();
    expectClose(w.grad!, x.sum(0).mul(2));
    expect(vmap((row) => row.mul(parameter([3, 4])))(x).toArray()).toEqual(x.mul([3, 4]).toArray());
  });

  it("are numbers of one example, which is named, eagerly and compiled", () => {
    const check = (row: Tensor) => {
      refuseWhere(
        row.greater(4),
        ([at]) => new ValueError({ where: "check", expected: "4 at most", got: `more at ${at}` }),
      );
      return row.square();
    };
    const message = "vmap(check), example 2: check: expected 4 at most, got more at 0.";
    expect(() => vmap(check)(x)).toThrow(message);
    expect(() => jit((rows: Tensor) => vmap(check)(rows))(x)).toThrow(message);
    expect(() => vmap(vmap(check))(x.unsqueeze(0) as never)).toThrow(/vmap\(check\), example 2/);
    // Whoever catches the error does so for that example alone.
    const caught = vmap((row) => {
      try {
        return check(row);
      } catch {
        return row.neg();
      }
    });
    expect(caught(x).toArray()).toEqual([
      [1, 4],
      [9, 16],
      [-5, -6],
    ]);
    expect(vmap(check)(x.slice([0, 2])).toArray()).toEqual(x.slice([0, 2]).square().toArray());
    const places = tensor([[0], [1], [2]], { dtype: "int32" });
    expect(() => vmap((row: Tensor, at: Tensor) => row.gather(at))(x, places)).toThrow(
      /vmap, example 2: gather: .*got 2/s,
    );
  });

  it("are numbers in the lowering or the gradient rule of an op of one's own", () => {
    const refuse = (a: Tensor, where: string) =>
      refuseWhere(a.greater(4), () => new ValueError({ where, expected: "4 at most", got: "more" }));
    const make = (inForward: boolean) =>
      defineOp<void>({
        name: "careful",
        inferShape: ([a]) => a,
        kernel: (out, [a]) => {
          if (inForward) refuse(new Tensor(a.storage, a.shape, a.dtype), "careful");
          out.storage.set(a.storage);
        },
        gradient: (g, { inputs: [a] }) => {
          refuse(a, "gradient of careful");
          return g.mul(2);
        },
        lower: {
          kind: "compose",
          compose: ([a]) => {
            if (inForward) refuse(a, "careful");
            return a.mul(1);
          },
        },
      });
    expect(() => vmap((row) => make(true)([row]))(x)).toThrow(
      "vmap, example 2: careful: expected 4 at most, got more.",
    );
    const careful = make(false);
    expect(() => vmap(grad((row) => careful([row]).sum()))(x)).toThrow(
      "vmap, example 2: gradient of careful: expected 4",
    );
    const leaf = x.detach();
    leaf.requiresGrad = true;
    const y = vmap((row) => careful([row]).sum())(leaf);
    expect(() => y.sum().backward()).toThrow(/^gradient of careful: expected 4 at most, got more/);
    const small = x.slice([0, 2]);
    expect(vmap(grad((row) => careful([row]).sum()))(small).toArray()).toEqual(small.mul(0).add(2).toArray());
  });

  it("is a tensor that was kept", () => {
    let kept: Tensor | undefined;
    vmap((row) => {
      kept = row;
      return row;
    })(x);
    expect(() => kept!.add(1)).toThrow(JitError);
    expect(() => kept!.toArray()).toThrow(/one from inside a jitted or mapped function/);
    expect(() => vmap((row) => row.add(kept!))(x)).toThrow(JitError);
  });

  it("are axes and options that make no sense", () => {
    const add = (a: Tensor, b: Tensor) => a.add(b);
    expect(() => vmap(add)(x, tensor([1, 2]))).toThrow(
      /vmap\(add\): expected as many examples in each argument, got 3 along axis 0 of argument 0, \[3, 2\], and 2 along axis 0 of argument 1, \[2\]/,
    );
    expect(() => vmap(add)(x, tensor(1))).toThrow(
      /argument 1: expected a tensor with an axis 0, .* got a scalar.*inAxes/s,
    );
    const model = new Dense({ units: 1, inputDim: 2 });
    const call = (layer: Dense, row: Tensor) => layer.call(row.unsqueeze(0));
    expect(() => vmap(call)(model, x)).toThrow(
      /argument 0: expected an argument: tensors, .* got a Dense.\n.*null in inAxes/,
    );
    expect(vmap(call, { inAxes: [null, 0] })(model, x).shape).toEqual([3, 1, 1]);
    expect(() => vmap(add, { inAxes: [0] })(x, x)).toThrow(/inAxes: expected as many as there are arguments, 2, got 1/);
    expect(() => vmap(add, { inAxes: 2 })(x, x)).toThrow(ValueError);
    expect(() => vmap(add, { inAxes: null })(x, x)).toThrow(/expected at least one tensor along which to map/);
    expect(() => vmap(add, { inAxes: "0" as never })).toThrow(/vmap, inAxes: expected an axis, null for none/);
    expect(() => vmap(add, { outAxes: [0, { a: 1.5 }] as never })).toThrow(/vmap, outAxes\[1\].a: expected an axis/);
    expect(() => vmap((p: { a: Tensor }) => p.a, { inAxes: [{ b: 0 }] })({ a: x })).toThrow(
      /argument 0: expected an axis for the tensor at .a, got none/,
    );
    expect(() => vmap((row) => row, { outAxes: null })(x)).toThrow(ShapeError);
    expect(() => vmap((row) => row, { axes: 0 } as object)).toThrow(OptionError);
    expect(() => vmap(3 as never)).toThrow(/vmap: expected a function of one example, got the number 3/);
    expect(() => vmap((_row) => "row" as never)(x)).toThrow(/made: tensors, in arrays and records, got "row"/);
    expect(() => vmap(async (row: Tensor) => row)(x)).toThrow(/expected a function that returns at once/);
  });
});
