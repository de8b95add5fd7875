/**
 * Compiled as eagerly, in every dtype and with numbers that are none; and what cannot be compiled is refused by name.
 */
import { jit } from "@chainrule/compiler";
import { type DType, grad, JitError, parameter, type Tensor, tensor } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import * as functions from "../src/index.ts";

const special = [0, -0, 1, -1, 0.5, -2.5, 3, 20, -20, 1e-30, 1e30, Infinity, -Infinity, Number.NaN, 0.999, 7];
const pairs = special.flatMap((a) => special.map((b) => [a, b] as const));

const unary: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  ...{ acosh: functions.acosh, asinh: functions.asinh, atanh: functions.atanh, log10: functions.log10 },
  ...{ exp2: functions.exp2, erfc: functions.erfc, erfinv: functions.erfinv, lgamma: functions.lgamma },
  ...{ digamma: functions.digamma, nanToNum: (x) => functions.nanToNum(x) },
  cumprod: (x) => functions.cumprod(x, 0),
  cummax: (x) => functions.cummax(x, 0),
  logCumSumExp: (x) => functions.logCumSumExp(x, 0, { reverse: true }),
  median: (x) => functions.median(x.reshape(4, 4), 1),
  histogram: (x) => functions.histogram(x, { bins: 4, range: [-3, 3] }).counts,
  roll: (x) => functions.roll(x, 3),
  searchsorted: (x) => functions.searchsorted([-1, 0, 0, 2], x),
  scatter: (x) => functions.scatter(x, [3, -1, 3], [1, 2, 3]),
};

const binary: Readonly<Record<string, (a: Tensor, b: Tensor) => Tensor>> = {
  ...{ atan2: functions.atan2, hypot: functions.hypot, logAddExp: functions.logAddExp, xlogy: functions.xlogy },
  ...{ floorDivide: functions.floorDivide, fmod: functions.fmod },
  lerp: (a, b) => functions.lerp(a, b, a),
};

/** The same NaN, infinities and signs of zeros; others up to a few units in the last place. */
function expectSame(found: Tensor, wanted: Tensor, what: string): void {
  expect([found.dtype, ...found.shape], what).toEqual([wanted.dtype, ...wanted.shape]);
  const unit = found.dtype === "float64" ? 2 ** -52 : 2 ** -23;
  const got = found.toTypedArray();
  wanted.toTypedArray().forEach((x: number, i: number) => {
    const isNear = Math.abs(got[i] - x) <= 8 * unit * Math.abs(x) && Object.is(Math.sign(got[i]), Math.sign(x));
    if (!Object.is(got[i], x) && !isNear) expect(got[i], `${what}, element ${i}`).toBe(x);
  });
}

const dtypes: readonly DType[] = ["float64", "float32", "int32"];

describe.each(dtypes)("in %s", (dtype) => {
  const of = (list: readonly number[]) => tensor(new Float64Array(list)).cast(dtype);

  it.each(Object.entries(unary))("%s is the same of all numbers", (name, f) => {
    const compiled = jit((x: Tensor) => f(x));
    for (const call of [1, 2]) expectSame(compiled(of(special)), f(of(special)), `${name}, call ${call}`);
  });

  it.each(Object.entries(binary))("%s is the same of all pairs", (name, f) => {
    const [a, b] = [0, 1].map((i) => of(pairs.map((pair) => pair[i])));
    const compiled = jit((a: Tensor, b: Tensor) => f(a, b));
    for (const call of [1, 2]) expectSame(compiled(a, b), f(a, b), `${name}, call ${call}`);
  });
});

describe("within jit", () => {
  const refused: Readonly<Record<string, readonly [(x: Tensor) => unknown, RegExp]>> = {
    unique: [(x) => functions.unique(x).values, /bincount\(x, \{ length \}\)/],
    nonzero: [(x) => functions.nonzero(x), /countNonZero/],
    maskedSelect: [(x) => functions.maskedSelect(x, x.greater(1)), /where\(mask, x, 0\)/],
    bincount: [(x) => functions.bincount(x.cast("int32")), /length: 10/],
  };

  it.each(Object.entries(refused))("%s is refused, and says what to write", (name, [f, hint]) => {
    const run = () => jit((x: Tensor) => f(x) as Tensor)(tensor([1, 2]));
    expect(run).toThrow(JitError);
    expect(run).toThrow(new RegExp(`${name}: expected tensors with numbers`));
    expect(run).toThrow(hint);
  });

  it("numbers that are known while tracing are no reason", () => {
    const labels = tensor([2, 0, 2], { dtype: "int32" });
    const f = jit((x: Tensor) => x.add(functions.unique(labels).counts.size));
    expect(f(tensor([1])).toArray()).toEqual([3]);
    expect(() => jit(() => functions.nonzero(parameter([1])))()).toThrow(JitError);
  });

  it("bincount with a length, and what is refused of its numbers, is as outside", () => {
    const f = jit((x: Tensor) => functions.bincount(x, { length: 3 }));
    const of = (...list: number[]) => tensor(list, { dtype: "int32" });
    for (let i = 0; i < 3; i++) expect(f(of(0, 2, 2)).toArray()).toEqual([1, 0, 2]);
    expect(() => f(of(0, 3, 2))).toThrow("bincount: expected numbers from 0 to 2, got another one at [1]");
    expect(() => f(of(0, 1, -1))).toThrow("bincount: expected numbers from 0 to 2, got another one at [2]");
  });

  it("gradients of running products, scatters and quantiles are as outside", () => {
    const f = (x: Tensor) =>
      functions
        .cumprod(functions.scatter(x, [1, 1], functions.quantiles(x, [0.3, 0.8])), 0)
        .add(functions.logCumSumExp(x, 0))
        .sum();
    const x = tensor(new Float64Array([0.5, -1, 0, 2]));
    const [eager, compiled] = [grad(f)(x), jit(grad(f))];
    for (let i = 0; i < 3; i++) expectSame(compiled(x), eager, "gradient");
  });
});
