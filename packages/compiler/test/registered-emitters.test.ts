/**
 * Ops of a user's with a compiled form of their own: four floats at a time, one double at a time, on several threads.
 */
import * as core from "@chainrule/core";
import { type DType, defineOp, type Op, OptionError, relu, type Tensor, tensor } from "@chainrule/core";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { type ElementwiseEmitter, jit, registerEmitter, setNumThreads } from "../src/index.ts";
import { expectIdentical, expectSame } from "./same.ts";

/** An op on the elements of its inputs by a function, with an emitter. */
function userOp<Attributes>(
  name: string,
  f: (elements: readonly number[], attributes: Attributes) => number,
  emitter: ElementwiseEmitter<Attributes>,
  result?: DType,
) {
  let kernelCalls = 0;
  const define = defineOp<Attributes>({
    name,
    inferShape: ([x]) => ({ shape: x.shape, dtype: result ?? x.dtype }),
    kernel: (out, inputs, attributes) => {
      kernelCalls++;
      for (let i = 0; i < out.storage.length; i++)
        out.storage[i] = f(
          inputs.map(({ storage }) => storage[i]),
          attributes,
        );
    },
    lower: { kind: "elementwise" },
  });
  registerEmitter(define.op, emitter);
  return { apply: define, kernelCalls: () => kernelCalls };
}

const leaky = userOp<{ slope: number }>(
  "leakyRelu",
  ([x], { slope }) => (x > 0 ? x : slope * x),
  ({ where, greater, mul }, [x], { slope }) => where(greater(x, 0), x, mul(slope, x)),
);
const mish = userOp<void>(
  "mish",
  ([x]) => x * Math.tanh(Math.log1p(Math.exp(x))),
  ({ mul, tanh, log1p, exp }, [x]) => mul(x, tanh(log1p(exp(x)))),
);
const hypotenuse = userOp<void>(
  "hypotenuse",
  ([x, y]) => Math.sqrt(x * x + y * y),
  ({ sqrt, add, square, mul }, [x, y]) => sqrt(add(square(x), mul(y, y))),
);
const inside = userOp<number>(
  "inside",
  ([x, y], radius) => Number(x * x + y * y < radius && !(x < 0)),
  ({ logicalAnd, logicalNot, less, add, square }, [x, y], radius) =>
    logicalAnd(less(add(square(x), square(y)), radius), logicalNot(less(x, 0))),
  "bool",
);
/** Everything else that there is to compute with. */
const rest = userOp<void>(
  "rest",
  ([x, y]) =>
    Math.max(Math.abs(x), Math.min(y, 2)) +
    Math.ceil(x) -
    Math.floor(y) * Math.trunc(x) +
    Math.cos(x) / (2 + Math.sin(y)) +
    Math.expm1(-Math.abs(x)) +
    Math.log2(3 + x * x) * Math.sign(y) +
    Math.log(1.5 + y * y) +
    1 / (1 + Math.exp(-x)) +
    1 / Math.sqrt(1 + y * y) +
    1 / (3 + Math.abs(y)) +
    (x >= y && x !== y ? 1 : -1) +
    (x <= 0 || Number.isNaN(y) ? Math.max(0, y) : (2 + Math.abs(x)) ** 1.5) +
    (x === 0 ? 1 : Math.log1p(Math.exp(y)) + (x * x * x) / 8),
  (m, [x, y]) =>
    [
      m.add(m.maximum(m.abs(x), m.minimum(y, 2)), m.ceil(x)),
      m.neg(m.mul(m.floor(y), m.trunc(x))),
      m.div(m.cos(x), m.add(2, m.sin(y))),
      m.expm1(m.neg(m.abs(x))),
      m.mul(m.log2(m.add(3, m.square(x))), m.sign(y)),
      m.log(m.add(1.5, m.square(y))),
      m.sigmoid(x),
      m.rsqrt(m.add(1, m.square(y))),
      m.reciprocal(m.add(3, m.abs(y))),
      m.where(m.logicalAnd(m.greaterEqual(x, y), m.notEqual(x, y)), 1, -1),
      m.where(m.logicalOr(m.lessEqual(x, 0), m.isNaN(y)), m.relu(y), m.pow(m.add(2, m.abs(x)), 1.5)),
      m.where(m.equal(x, 0), 1, m.add(m.softplus(y), m.div(m.pow(x, 3), 8))),
    ].reduce((a, b) => m.add(a, b)),
);
const errors = userOp<void>(
  "roundedError",
  ([x]) => Math.round(4 * x) - 4 * x,
  ({ sub, round, mul, erf }, [x]) => sub(sub(round(mul(4, x)), mul(4, x)), mul(0, erf(x))),
);

interface Case {
  readonly ops: { kernelCalls(): number }[];
  readonly f: (x: Tensor, y: Tensor) => Tensor;
}

const cases: Readonly<Record<string, Case>> = {
  "with attributes": { ops: [leaky], f: (x) => leaky.apply([x], { slope: 0.125 }) },
  "of two inputs": { ops: [hypotenuse], f: (x, y) => hypotenuse.apply([x, y], undefined) },
  "of elementary functions": { ops: [mish], f: (x) => mish.apply([x], undefined) },
  "that gives truth values": { ops: [inside], f: (x, y) => inside.apply([x, y], 1.5) },
  "of every function that there is": { ops: [rest, errors], f: (x, y) => rest.apply([x, y]).add(errors.apply([x])) },
  "among others, and reduced": {
    ops: [leaky, mish],
    f: (x, y) =>
      leaky
        .apply([mish.apply([x.mul(y)])], { slope: -0.5 })
        .add(1)
        .sum(),
  },
};

const shapes = fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 3 });

function numbers(shape: readonly number[], dtype: DType, seed: number): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  const data = Float64Array.from({ length: size }, (_, i) =>
    i % 11 === 3 ? 0 : Math.fround(3 * Math.sin(i * 2.4 + 0.7 + seed)),
  );
  return tensor(data, { shape: [...shape], dtype: "float64" }).cast(dtype);
}

describe.each(Object.entries(cases))("an op of a user's %s", (_, { ops, f }) => {
  it.each(["float32", "float64"] as const)("is compiled to what its kernel computes, in %s", (dtype) => {
    fc.assert(
      fc.property(shapes, (shape) => {
        const given = [numbers(shape, dtype, 1), numbers(shape, dtype, 2)] as const;
        const expected = f(...given);
        const before = ops.map((op) => op.kernelCalls());
        const compiled = jit(f);
        for (const call of [1, 2]) expectSame(compiled(...given), expected, `call ${call}`, 1e-6);
        expect(ops.map((op) => op.kernelCalls())).toEqual(before);
      }),
      { numRuns: 20 },
    );
  });

  it("is part of the loops around it", () => {
    const [kernel, ...others] = jit(f).explain(numbers([40], "float32", 1), numbers([40], "float32", 2)).kernels;
    expect([kernel.kind, others]).toEqual(["loop", []]);
  });
});

describe("on several threads", () => {
  afterAll(() => setNumThreads(1));

  it("they are computed in parts, to the bits of one thread", async () => {
    const given = [numbers([400, 1000], "float32", 1), numbers([400, 1000], "float32", 2)] as const;
    const f = (x: Tensor, y: Tensor) => mish.apply([rest.apply([x, y])]);
    const expected = jit(f)(...given);
    await setNumThreads(2);
    const compiled = jit(f);
    expect(compiled.explain(...given).kernels.map(({ parts }) => parts > 1)).toEqual([true]);
    for (let call = 1; call <= 3; call++) expectIdentical(compiled(...given), expected, `call ${call}`);
  });
});

describe("registerEmitter", () => {
  const define = (lower?: Op["lower"]) =>
    defineOp<void>({
      name: "own",
      inferShape: ([x]) => x,
      kernel: (out, [x]) => {
        for (let i = 0; i < out.storage.length; i++) out.storage[i] = 2 * x.storage[i];
      },
      lower,
    });
  const emitter: ElementwiseEmitter = ({ add }, [x]) => add(x, x);

  it("leaves dtypes that no emitter is for to the kernel", () => {
    const twice = define({ kind: "elementwise" });
    registerEmitter(twice.op, emitter);
    const x = tensor([1, -2, 3], { dtype: "int32" });
    const compiled = jit((t: Tensor) => twice([t]));
    expect(compiled(x).toArray()).toEqual([2, -4, 6]);
    expect(compiled.explain(x).kernels.map(({ kind }) => kind)).toEqual(["host"]);
  });

  it("may give the input itself, or a constant", () => {
    const [same, five] = [define({ kind: "elementwise" }), define({ kind: "elementwise" })];
    registerEmitter(same.op, (_, [x]) => x);
    registerEmitter(five.op, ({ add }, _inputs) => add(2, 3));
    const f = jit((t: Tensor) => [same([t]), five([t])]);
    expect(f(tensor([1, 2])).map((x) => x.toArray())).toEqual([
      [1, 2],
      [5, 5],
    ]);
  });

  it("knows the functions of tensors by their names", () => {
    const seen: string[] = [];
    const op = define({ kind: "elementwise" });
    registerEmitter(op.op, (math, [x]) => {
      seen.push(...Object.keys(math));
      return x;
    });
    jit((t: Tensor) => op([t]))(tensor([1]));
    expect(new Set(seen).size).toBe(41);
    for (const name of seen) expect(core, name).toHaveProperty(name);
  });

  it("refuses what is no elementwise op of one's own, and a second emitter", () => {
    const op = define({ kind: "elementwise" });
    registerEmitter(op.op, emitter);
    expect(() => registerEmitter(op.op, emitter)).toThrow(OptionError);
    expect(() => registerEmitter(relu.op, emitter)).toThrow("an op of your own");
    expect(() => registerEmitter(op as never, emitter)).toThrow(/expected an op, got the function[\s\S]*pass its op/);
    expect(() => registerEmitter(define().op, emitter)).toThrow('lower: { kind: "elementwise" }');
    expect(() => registerEmitter(define({ kind: "broadcast" }).op, emitter)).toThrow(
      'got one with lower: { kind: "broadcast" }',
    );
    expect(() => registerEmitter(define({ kind: "elementwise" }).op, 3 as never)).toThrow(OptionError);
  });

  it.each<[string, ElementwiseEmitter<void>, string]>([
    ["what is no expression", () => "x" as never, "the emitter of own: expected a number"],
    ["a condition for a number", ({ less }, [x]) => less(x, 1), "got a condition"],
    [
      "a number for a condition",
      ({ where }, [x]) => where(x as never, 1, 2),
      "the emitter of own, where: expected a condition",
    ],
    ["a missing operand", ({ add }, [x]) => (add as (x: unknown) => never)(x), "the emitter of own, add"],
  ])("refuses %s", (_, wrong, message) => {
    const op = define({ kind: "elementwise" });
    registerEmitter(op.op, wrong);
    expect(() => jit((t: Tensor) => op([t]))(tensor([1]))).toThrow(message);
  });
});

it("a JavaScript function may be that of ops with different numbers of inputs", () => {
  const largest = (...elements: number[]) => Math.max(...elements);
  const op = defineOp<void>({
    name: "largest",
    inferShape: ([x]) => x,
    kernel: (out, inputs) => {
      for (let i = 0; i < out.storage.length; i++) out.storage[i] = largest(...inputs.map(({ storage }) => storage[i]));
    },
    lower: { kind: "elementwise", scalar: largest },
  });
  const f = (x: Tensor, y: Tensor) => op([op([x]), op([x, y]), op([y, x, y])]);
  const given = [numbers([7], "float32", 1), numbers([7], "float32", 2)] as const;
  expectSame(jit(f)(...given), f(...given));
});
