import {
  add,
  cast,
  ceil,
  clamp,
  cos,
  type DType,
  div,
  equal,
  erf,
  exp,
  expm1,
  Generator,
  greater,
  isNaN as isNaNOp,
  log,
  log1p,
  log2,
  logicalAnd,
  logicalNot,
  maximum,
  minimum,
  mul,
  neg,
  type Op,
  relu,
  round,
  rsqrt,
  type Shape,
  sigmoid,
  sign,
  sin,
  sizeOf,
  softplus,
  sqrt,
  square,
  sub,
  type Tensor,
  type TypedArray,
  tanh,
  tensor,
  where,
} from "@chainrule/core";
import { allocate, withTracer } from "@chainrule/core/internal";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { computeElementwise } from "./elementwise.ts";

interface Applied {
  readonly op: Op;
  readonly inputs: readonly Tensor[];
  readonly attributes: unknown;
}

/** The op that a function applies to tensors, caught on its way. */
function caught(f: () => Tensor): Applied {
  const applied: Applied[] = [];
  const record = (op: Op, inputs: readonly Tensor[], attributes: unknown): Tensor => {
    applied.push({ op, inputs, attributes });
    return inputs[0];
  };
  withTracer({ record } as never, f);
  return applied.at(-1)!;
}

function both({ op, inputs, attributes }: Applied): { clear: TypedArray; fast: TypedArray | null } {
  const spec = op.inferShape(inputs, attributes);
  const out = { ...spec, storage: allocate(spec.dtype, sizeOf(spec.shape)) };
  (op.kernel as Exclude<Op["kernel"], "view">)(out, inputs, attributes);
  return { clear: out.storage, fast: computeElementwise(op, inputs, attributes, spec) };
}

function expectSame(clear: TypedArray, fast: TypedArray | null): void {
  expect(fast?.constructor).toBe(clear.constructor);
  clear.forEach((x, i) => {
    if (!Object.is(fast![i], x)) expect.fail(`element ${i} of ${clear.length}: ${fast![i]}, not ${x}`);
  });
}

const generator = new Generator(11);
const specials = [0, -0, 1, -1, 0.5, -2.5, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e-42, 3e38];

/** Random numbers, many of them special, or small whole ones. */
function random(shape: Shape, dtype: DType): Tensor {
  const numbers = Array.from({ length: sizeOf(shape) }, () =>
    dtype === "float32" && generator.bernoulli(0.7) ? generator.normal() * 10 : 0,
  );
  const draw = { float32: specials, int32: [0, 1, -1, 7, 2 ** 31 - 1, -(2 ** 31)], bool: [0, 1], float64: specials };
  const filled = numbers.map((x) => (x === 0 ? draw[dtype][generator.integer(0, draw[dtype].length)] : x));
  return tensor(Float64Array.from(filled), { shape, dtype });
}

const unary = {
  neg,
  square,
  sqrt,
  ceil,
  round,
  sign,
  relu,
  isNaNOp,
  logicalNot,
  toBool: (x: Tensor) => cast(x, "bool"),
  toInt: (x: Tensor) => cast(x, "int32"),
};
const approximated = { exp, expm1, log, log1p, log2, tanh, sigmoid, softplus, erf, sin, cos };
const binary = { add, sub, mul, div, maximum, minimum, equal, greater };

describe("many elements at once", () => {
  it("are to the bit what the kernels make of them, whatever is broadcast", () => {
    const length = fc.integer({ min: 1, max: 15 });
    const shapes = fc.tuple(
      length,
      length,
      length,
      fc.constantFrom("aaa", "111", "11a", "1aa", "a11", "aa1", "a", "aa", "a1a"),
    );
    fc.assert(
      fc.property(shapes, fc.constantFrom(...Object.keys(binary)), fc.boolean(), ([x, y, z, pattern], name, swap) => {
        const full = [x, y, z * 7];
        const other = pattern.split("").map((c, i) => (c === "1" ? 1 : full[full.length - pattern.length + i]));
        const pair = [random(full, "float32"), random(other, "float32")];
        const [a, b] = swap ? pair.reverse() : pair;
        const { clear, fast } = both(caught(() => binary[name as keyof typeof binary](a, b)));
        const isMiddle = pattern === "a1a" && x > 1 && y > 1 && z > 0;
        if (sizeOf(full) >= 256 && !isMiddle) expectSame(clear, fast);
        else expect(fast).toBeNull();
      }),
      { numRuns: 300 },
    );
  });

  it.each(Object.entries(unary))("of %s are those of its kernel", (_, f) => {
    for (const size of [256, 257, 1023, 8192, 20_001]) {
      const { clear, fast } = both(caught(() => f(random([size], "float32"))));
      expectSame(clear, fast);
    }
  });

  it.each(Object.entries(approximated))("of %s are within 2 units in the last place of its kernel", (_, f) => {
    for (const size of [256, 257, 20_001]) {
      const { clear, fast } = both(caught(() => f(random([size], "float32"))));
      clear.forEach((x, i) => {
        const unit = 2 ** Math.max(Math.floor(Math.log2(Math.abs(x))) - 23, -149);
        if (!Object.is(fast![i], x) && !(x !== 0 && Math.abs(fast![i] - x) <= 2 * unit))
          expect.fail(`element ${i} of ${clear.length}: ${fast![i]}, not ${x}`);
      });
    }
  });

  it("may be truth values and whole numbers", () => {
    const [choice, other] = [random([30, 301], "bool"), random([301], "bool")];
    const [a, b] = [random([30, 301], "float32"), random([1], "float32")];
    const whole = random([30, 301], "int32");
    for (const f of [
      () => where(choice, a, b),
      () => logicalAnd(choice, other),
      () => cast(choice, "float32"),
      () => add(whole, random([30, 1], "int32")),
      () => greater(whole, 3),
    ]) {
      const { clear, fast } = both(caught(f));
      expectSame(clear, fast);
    }
  });

  it("are left to the kernel where the form is not exact, not known, or has another width", () => {
    const x = random([1000], "float32");
    const double = random([1000], "float64");
    for (const f of [
      () => exp(double),
      () => rsqrt(x),
      () => clamp(x, 0, 1),
      () => add(double, 1),
      () => cast(x, "float64"),
    ])
      expect(both(caught(f)).fast).toBeNull();
  });

  it("may be a table of pairs", () => {
    const { clear, fast } = both(caught(() => mul(random([50, 1], "float32"), random([1, 70], "float32"))));
    expectSame(clear, fast);
  });

  it("are left to the kernel where an operand is broadcast in the middle", () => {
    const middle = caught(() => add(random([20, 30, 40], "float32"), random([20, 1, 40], "float32")));
    expect(both(middle).fast).toBeNull();
  });

  it("leave nothing behind in the memory of kernels", () => {
    const x = random([10_000], "float32");
    const before = x.add(1);
    const numbers = before.toTypedArray();
    x.mul(5);
    expect(before.toTypedArray()).toEqual(numbers);
  });
});
