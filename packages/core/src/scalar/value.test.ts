import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DTypeError, ShapeError, ValueError } from "../errors.ts";
import { type Operand, Value, value } from "./value.ts";

/** (f(x + h) - f(x - h)) / 2h, whose error is of the order h². */
function centralDifference(f: (x: number) => number, x: number): number {
  const h = 1e-5 * Math.max(1, Math.abs(x));
  return (f(x + h) - f(x - h)) / (2 * h);
}

function expectClose(actual: number, expected: number, tolerance: number): void {
  if (Object.is(actual, expected)) return;
  expect(Number.isFinite(expected), `${actual}, not ${expected}`).toBe(true);
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(expected)));
}

type Unary = (a: Value) => Value;
const ALL = [-30, -3, -1.5, -0.3, -1e-3, 1e-3, 0.2, 0.7, 1, 2.5, 30];
const POSITIVE = [0.01, 0.3, 1, 2, 50];

describe("an operation of one number has the right value and derivative", () => {
  it.each<[string, Unary, (x: number) => number, number[]]>([
    ["neg", (a) => a.neg(), (x) => -x, ALL],
    ["reciprocal", (a) => a.reciprocal(), (x) => 1 / x, [-30, -3, -0.3, 0.2, 2.5]],
    ["square", (a) => a.square(), (x) => x ** 2, ALL],
    ["sqrt", (a) => a.sqrt(), Math.sqrt, POSITIVE],
    ["abs", (a) => a.abs(), Math.abs, ALL],
    ["exp", (a) => a.exp(), Math.exp, [-30, -1, 0, 1, 5]],
    ["expm1", (a) => a.expm1(), Math.expm1, [-30, -1, -1e-9, 0, 1e-9, 1, 5]],
    ["log", (a) => a.log(), Math.log, POSITIVE],
    ["log1p", (a) => a.log1p(), Math.log1p, [-0.9, -1e-9, 0, 1e-9, 1, 50]],
    ["sin", (a) => a.sin(), Math.sin, ALL],
    ["cos", (a) => a.cos(), Math.cos, ALL],
    ["tan", (a) => a.tan(), Math.tan, [-1, -0.3, 0, 0.7, 2.5]],
    ["tanh", (a) => a.tanh(), Math.tanh, [...ALL, 0]],
    ["sigmoid", (a) => a.sigmoid(), (x) => 1 / (1 + Math.exp(-x)), [...ALL, 0]],
    ["relu", (a) => a.relu(), (x) => Math.max(0, x), ALL],
    ["leakyRelu", (a) => a.leakyRelu(), (x) => (x > 0 ? x : 0.01 * x), ALL],
    ["leakyRelu 0.2", (a) => a.leakyRelu(0.2), (x) => (x > 0 ? x : 0.2 * x), ALL],
    ["softplus", (a) => a.softplus(), (x) => Math.log(1 + Math.exp(x)), [...ALL, 0]],
    ["pow 3", (a) => a.pow(3), (x) => x ** 3, [...ALL, 0]],
    ["pow -2", (a) => a.pow(-2), (x) => x ** -2, [-3, -1.5, 0.7, 2.5]],
    ["pow 0.5", (a) => a.pow(0.5), (x) => x ** 0.5, POSITIVE],
  ])("%s", (_, operation, formula, points) => {
    for (const x of points) {
      const a = value(x);
      const y = operation(a);
      y.backward();
      expectClose(y.data, formula(x), 1e-14);
      expectClose(a.grad, centralDifference(formula, x), 1e-6);
    }
  });
});

describe("at the edges values and derivatives are what their limits say", () => {
  it.each<[string, Unary, number, number, number]>([
    ["relu at 0", (a) => a.relu(), 0, 0, 0],
    ["relu at -∞", (a) => a.relu(), -Infinity, 0, 0],
    ["relu at ∞", (a) => a.relu(), Infinity, Infinity, 1],
    ["leakyRelu at 0", (a) => a.leakyRelu(0.1), 0, 0, 0.1],
    ["abs at 0", (a) => a.abs(), 0, 0, 0],
    ["abs at -∞", (a) => a.abs(), -Infinity, Infinity, -1],
    ["sqrt at 0", (a) => a.sqrt(), 0, 0, Infinity],
    ["log at 0", (a) => a.log(), 0, -Infinity, Infinity],
    ["log1p near 0", (a) => a.log1p(), 1e-20, 1e-20, 1],
    ["expm1 near 0", (a) => a.expm1(), 1e-20, 1e-20, 1],
    ["expm1 at -50, where eᵃ is far below 1", (a) => a.expm1(), -50, -1, 1.9287498479639178e-22],
    ["exp at -∞", (a) => a.exp(), -Infinity, 0, 0],
    ["exp at 1000", (a) => a.exp(), 1000, Infinity, Infinity],
    ["reciprocal at 0", (a) => a.reciprocal(), 0, Infinity, -Infinity],
    ["reciprocal at ∞", (a) => a.reciprocal(), Infinity, 0, 0],
    ["tanh at 1000", (a) => a.tanh(), 1000, 1, 0],
    ["tanh at -∞", (a) => a.tanh(), -Infinity, -1, 0],
    // mpmath, 50 digits
    ["sigmoid at -40", (a) => a.sigmoid(), -40, 4.248354255291589e-18, 4.248354255291589e-18],
    ["sigmoid at 40", (a) => a.sigmoid(), 40, 1, 4.248354255291589e-18],
    ["sigmoid at -1000", (a) => a.sigmoid(), -1000, 0, 0],
    ["sigmoid at 1000", (a) => a.sigmoid(), 1000, 1, 0],
    ["softplus at -40", (a) => a.softplus(), -40, 4.248354255291589e-18, 4.248354255291589e-18],
    ["softplus at 1000", (a) => a.softplus(), 1000, 1000, 1],
    ["softplus at -∞", (a) => a.softplus(), -Infinity, 0, 0],
    ["softplus at ∞", (a) => a.softplus(), Infinity, Infinity, 1],
    ["pow 0 at 0", (a) => a.pow(0), 0, 1, 0],
    ["pow 1 at 0", (a) => a.pow(1), 0, 0, 1],
    ["pow 2 at 0", (a) => a.pow(2), 0, 0, 0],
    ["pow 2 below 0", (a) => a.pow(2), -3, 9, -6],
    ["pow 0.5 at 0", (a) => a.pow(0.5), 0, 0, Infinity],
    ["div by 0", (a) => Value.div(1, a), 0, Infinity, -Infinity],
  ])("%s", (_, operation, x, expected, derivative) => {
    const a = value(x);
    const y = operation(a);
    y.backward();
    expect(y.data).toBeCloseTo(expected, 14);
    if (derivative === 0 || !Number.isFinite(derivative)) expect(a.grad + 0).toBe(derivative);
    else expect(a.grad / derivative).toBeCloseTo(1, 14);
  });

  it("NaN comes through every operation", () => {
    const operations: Unary[] = [
      ...[(a: Value) => a.relu(), (a: Value) => a.leakyRelu(), (a: Value) => a.softplus(), (a: Value) => a.sigmoid()],
      ...[(a: Value) => a.abs(), (a: Value) => a.maximum(0), (a: Value) => Value.minimum(0, a), (a: Value) => a.sqrt()],
    ];
    for (const operation of operations) expect(operation(value(NaN)).data).toBeNaN();
    expect(value(-1).log().data).toBeNaN();
    expect(value(-1).sqrt().data).toBeNaN();
  });
});

describe("an operation of two numbers", () => {
  const pairs = [
    [-3, 2],
    [0.7, 0.2],
    [2.5, -1.5],
    [1e-3, 30],
  ] as const;
  const table: [string, (a: Value, b: Value) => Value, (a: number, b: number) => number][] = [
    ["add", (a, b) => a.add(b), (a, b) => a + b],
    ["sub", (a, b) => a.sub(b), (a, b) => a - b],
    ["mul", (a, b) => a.mul(b), (a, b) => a * b],
    ["div", (a, b) => a.div(b), (a, b) => a / b],
    ["maximum", (a, b) => a.maximum(b), Math.max],
    ["minimum", (a, b) => a.minimum(b), Math.min],
    ["pow, above 0", (a, b) => a.abs().pow(b), (a, b) => Math.abs(a) ** b],
  ];

  it.each(table)("%s has the right value and both derivatives", (_, operation, formula) => {
    for (const [x, y] of pairs) {
      const [a, b] = [value(x), value(y)];
      const result = operation(a, b);
      result.backward();
      expectClose(result.data, formula(x, y), 1e-14);
      if (x < 1e-2 && formula === table[6][2]) continue; // 0.001³⁰ is far below the step of a central difference
      expectClose(
        a.grad,
        centralDifference((t) => formula(t, y), x),
        1e-6,
      );
      expectClose(
        b.grad,
        centralDifference((t) => formula(x, t), y),
        1e-6,
      );
    }
  });

  it("takes a number on either side", () => {
    const names = ["add", "sub", "mul", "div", "pow", "maximum", "minimum"] as const;
    for (const name of names) {
      const f: (a: Operand, b: Operand) => Value = Value[name];
      const [left, right] = [value(2.5), value(1.5)];
      const both = f(left, right);
      both.backward();
      const [a, b] = [value(2.5), value(1.5)];
      for (const result of [f(a, 1.5), f(2.5, b), a[name](1.5)]) {
        result.backward();
        expect(result.data).toBe(both.data);
      }
      expect(a.grad).toBe(2 * left.grad);
      expect(b.grad).toBe(right.grad);
    }
  });

  it("shares the gradient where the two are equal", () => {
    const [a, b] = [value(2), value(2)];
    a.maximum(b).backward();
    expect([a.grad, b.grad]).toEqual([0.5, 0.5]);
    a.minimum(b).backward();
    expect([a.grad, b.grad]).toEqual([1, 1]);
  });

  it("of 0 to a power has the exponent's derivative 0, not NaN", () => {
    const exponent = value(2);
    value(0).pow(exponent).backward();
    expect(exponent.grad).toBe(0);
  });

  it("with a plain number exponent stays real below 0", () => {
    const a = value(-2);
    const y = a.pow(3);
    y.backward();
    expect([y.data, a.grad, y.op]).toEqual([-8, 12, "pow(3)"]);
  });
});

describe("functions of many numbers", () => {
  it("sum sends its gradient to every argument, once for each time it stands there", () => {
    const [a, b] = [value(1), value(2)];
    const total = Value.sum([a, b, 3, a]);
    total.backward();
    expect([total.data, a.grad, b.grad]).toEqual([7, 2, 1]);
    expect(Value.sum([]).data).toBe(0);
  });

  it("mean is the sum over the count", () => {
    const values = [value(1), value(2), value(6), value(7)];
    const mean = Value.mean(values);
    mean.backward();
    expect(mean.data).toBe(4);
    expect(values.map((v) => v.grad)).toEqual([0.25, 0.25, 0.25, 0.25]);
    expect(() => Value.mean([])).toThrow(ValueError);
  });

  it("dot is what mul and add make of the same numbers", () => {
    const numbers = [0.5, -1, 2, 3, 0.25, -4];
    const build = () => [numbers.slice(0, 3).map((x) => value(x)), numbers.slice(3).map((x) => value(x)), [value(7)]];
    const [w, x, [b]] = build();
    const dot = Value.dot(w, x, b);
    dot.backward();
    const [w2, x2, [b2]] = build();
    const chain = w2.reduce((sum, wi, i) => sum.add(wi.mul(x2[i])), b2 as Value);
    chain.backward();
    expect(dot.data).toBe(chain.data);
    expect([...w, ...x, b].map((v) => v.grad)).toEqual([...w2, ...x2, b2].map((v) => v.grad));
  });

  it("dot takes numbers, and the same value on both sides", () => {
    const a = value(3);
    const y = Value.dot([a, 2], [a, a]);
    y.backward();
    expect([y.data, a.grad]).toEqual([15, 8]); // a² + 2a
    expect(() => Value.dot([a], [1, 2])).toThrow(ShapeError);
    expect(() => Value.dot([a], [1, 2])).toThrow(/got 1 and 2 numbers/);
  });
});

describe("backward", () => {
  it("gives the numbers of micrograd's README", () => {
    const a = value(-4, "a");
    const b = value(2, "b");
    let c = a.add(b);
    let d = a.mul(b).add(b.pow(3));
    c = c.add(c.add(1));
    c = c.add(Value.add(1, c).add(a.neg()));
    d = d.add(d.mul(2).add(b.add(a).relu()));
    d = d.add(Value.mul(3, d).add(b.sub(a).relu()));
    const e = c.sub(d);
    const f = e.pow(2);
    let g = f.div(2);
    g = g.add(Value.div(10, f));
    g.backward();
    expect(g.data).toBeCloseTo(24.7041, 4);
    expect(a.grad).toBeCloseTo(138.8338, 4);
    expect(b.grad).toBeCloseTo(645.5773, 4);
  });

  it("adds up what comes over every path: a value used twice gets both shares", () => {
    const x = value(3);
    const squared = x.mul(x);
    squared.mul(squared).backward(); // x⁴
    expect(x.grad).toBe(4 * 27);
    expect(squared.grad).toBe(2 * 9);
  });

  it("adds up at the leaves from call to call, but never in between", () => {
    const x = value(3);
    const inner = x.square();
    const y = inner.add(1).square();
    y.backward();
    const first = { inner: inner.grad, x: x.grad };
    y.backward();
    expect(inner.grad).toBe(first.inner);
    expect(x.grad).toBe(2 * first.x);
    x.grad = 0;
    y.backward();
    expect(x.grad).toBe(first.x);
  });

  it("from two results that share a part adds up at the leaves", () => {
    const x = value(2);
    const shared = x.exp();
    shared.mul(3).backward();
    shared.mul(5).backward();
    expect(x.grad).toBeCloseTo(8 * Math.exp(2), 12);
    expect(shared.grad).toBe(5);
  });

  it("of a leaf is 1, added to what is there", () => {
    const x = value(5);
    x.backward();
    x.backward();
    expect(x.grad).toBe(2);
  });

  it("uses the local derivatives from the time of the computation", () => {
    const x = value(3);
    const y = x.square();
    x.data = 100;
    y.backward();
    expect(x.grad).toBe(6);
  });

  it("goes through a chain of a million nodes, without overflow and in linear time", () => {
    const x = value(1);
    let y = x;
    for (let i = 0; i < 1_000_000; i++) y = y.neg();
    const start = performance.now();
    y.backward();
    expect(performance.now() - start).toBeLessThan(10_000);
    expect(x.grad).toBe(1);
  });

  it("is linear in the nodes where the paths are exponentially many", () => {
    const x = value(1);
    let y = x;
    for (let i = 0; i < 1000; i++) y = y.add(y).mul(0.5);
    y.backward();
    expect(x.grad).toBe(1);
  });

  it("agrees with central differences for any computation", () => {
    const operations: ((a: Value, b: Value) => Value)[] = [
      (a, b) => a.add(b),
      (a, b) => a.sub(b),
      (a, b) => a.mul(b).tanh(),
      (a) => a.sin(),
      (a) => a.sigmoid(),
      (a, b) => a.div(b.square().add(1)),
      (a, b) => Value.dot([a, b], [b, 0.5], a),
      (a) => a.softplus(),
    ];
    const step = fc.tuple(fc.nat(operations.length - 1), fc.nat(), fc.nat());
    const point = fc.double({ min: -2, max: 2, noNaN: true });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 12 }), point, point, (steps, p, q) => {
        const compute = (x: Value, y: Value) => {
          const pool = [x, y];
          for (const [f, i, j] of steps) pool.push(operations[f](pool[i % pool.length], pool[j % pool.length]).tanh());
          return pool[pool.length - 1];
        };
        const [x, y] = [value(p), value(q)];
        compute(x, y).backward();
        expectClose(
          x.grad,
          centralDifference((t) => compute(value(t), value(q)).data, p),
          1e-5,
        );
        expectClose(
          y.grad,
          centralDifference((t) => compute(value(p), value(t)).data, q),
          1e-5,
        );
      }),
      { seed: 1, numRuns: 300 },
    );
  });
});

describe("an operation of one's own", () => {
  it("is a value with its parents and local derivatives", () => {
    const cube = (x: Value) => new Value(x.data ** 3, "", "cube", [x], [3 * x.data ** 2]);
    const x = value(2);
    cube(x).mul(10).backward();
    expect(x.grad).toBe(120);
  });
});

describe("misuse throws an error that says what to write", () => {
  const v = value(3, "x");

  it("a Value in JavaScript's own arithmetic", () => {
    const loose = v as unknown as number;
    const mistakes = [() => +loose, () => loose * 2, () => loose + 1, () => loose > 0, () => Math.exp(loose)];
    for (const mistake of mistakes) expect(mistake).toThrow(DTypeError);
    expect(() => loose * 2).toThrow(/Write v\.mul\(2\).*Value\.sub\(1, v\).*v\.data/);
    expect(() => loose * 2).toThrow(/"x"/);
  });

  it("something that is no number", () => {
    const wrong = ["3", undefined, null, [3], true, {}] as unknown as number[];
    for (const x of wrong) {
      expect(() => value(x)).toThrow(DTypeError);
      expect(() => v.add(x)).toThrow(DTypeError);
      expect(() => Value.sub(x, v)).toThrow(DTypeError);
      expect(() => Value.sum([v, x])).toThrow(DTypeError);
      expect(() => Value.dot([v], [x])).toThrow(DTypeError);
    }
    expect(() => v.add("3" as unknown as number)).toThrow(/expected a number or a Value, got "3"/);
  });
});

describe("a Value shows", () => {
  it("its number, gradient, label and operation", () => {
    const x = value(2.5, "x");
    const loss = x.add(0.1).named("loss");
    loss.backward();
    expect(String(x)).toBe('Value(2.5, grad 1, "x")');
    expect(`${loss}`).toBe('Value(2.6, grad 1, "loss" = add)');
    expect(`${x.mul(1 / 3)}`).toBe("Value(0.833333, grad 0, mul)");
    expect(`${value(1)}`).toBe("Value(1, grad 0)");
    expect(`${value(NaN)} ${value(-Infinity)}`).toBe("Value(NaN, grad 0) Value(-Infinity, grad 0)");
  });

  it("the same in Node's console", () => {
    expect(inspect([value(1, "x")])).toBe('[ Value(1, grad 0, "x") ]');
  });

  it("its number alone in JSON", () => {
    expect(JSON.stringify({ loss: value(2).square() })).toBe('{"loss":4}');
  });

  it("its parents, operation and local derivatives", () => {
    const [a, b] = [value(3, "a"), value(4)];
    const y = a.mul(b);
    expect(y.op).toBe("mul");
    expect(y.parents).toEqual([a, b]);
    expect(y.derivatives).toEqual([4, 3]);
    expect(a.op).toBe("");
    expect(a.add(1).parents[1].op).toBe("constant");
    expect(b.named("b").label).toBe("b");
  });
});

describe("max and min of many", () => {
  it("choose one value and send it the whole gradient", () => {
    const values = [value(1), value(5), value(-2)];
    Value.max(values).mul(3).backward();
    expect(values.map((v) => v.grad)).toEqual([0, 3, 0]);
    Value.min([...values, 4]).backward();
    expect(values.map((v) => v.grad)).toEqual([0, 3, 1]);
  });

  it("need something to choose from", () => {
    expect(() => Value.max([])).toThrow(ValueError);
    expect(() => Value.min([])).toThrow(ValueError);
  });
});
