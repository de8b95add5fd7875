/**
 * Every op of core mapped against a loop over the examples: values, gradients per example, gradients through the map, and
 * maps in maps; on random shapes, with examples along any axis, and with operands that all examples share. `FUZZ_RUNS` and
 * `FUZZ_SEED` set the number of cases an op and where they start.
 */
import { jit } from "@chainrule/compiler";
import { type DType, grad, isFloat, sizeOf, stack, type Tensor, tensor, zeros } from "@chainrule/core";
import { builtinOps } from "@chainrule/core/internal";
import { checkCases, fuzzing } from "@chainrule/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Agreement, type OpEntry, opTable } from "../../compiler/test/op-table.ts";
import { expectIdentical, expectSame, expectWithinUlps } from "../../compiler/test/same.ts";
import { moveAxis } from "../src/vmap/operand.ts";
import { ruleOf } from "../src/vmap/rules.ts";
import { vmap } from "../src/vmap/vmap.ts";

const { seed, runs, limit } = fuzzing(11);

interface Case {
  readonly shapes: readonly (readonly number[])[];
  readonly dtype: DType;
  readonly choices: readonly number[];
  /** For each operand whether it differs from example to example, and along which axis the examples lie. */
  readonly isMapped: readonly boolean[];
  readonly places: readonly number[];
  readonly count: number;
}

function casesOf({ dtypes, shapes }: OpEntry, least: number): fc.Arbitrary<Case> {
  return fc
    .record({
      shapes: shapes.filter((list) => list.every((shape) => sizeOf(shape) <= 400)),
      dtype: fc.constantFrom(...dtypes),
      choices: fc.array(fc.nat({ max: 15 }), { minLength: 4, maxLength: 4 }),
      isMapped: fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }),
      places: fc.array(fc.nat({ max: 4 }), { minLength: 3, maxLength: 3 }),
      count: fc.integer({ min: least, max: 3 }),
    })
    .filter(({ shapes, isMapped }) => shapes.some((_, i) => isMapped[i]));
}

/** Numbers between -3 and 3, some of them whole, that differ from example to example. */
function numbers(shape: readonly number[], dtype: DType, which: number): Tensor {
  const data = Float64Array.from({ length: sizeOf(shape) }, (_, i) => {
    const x = 3 * Math.sin(i * 2.4 + which * 1.3 + 0.7);
    return i % 3 === 1 || !isFloat(dtype) ? Math.round(x) : Math.fround(x);
  });
  return tensor(data, { shape, dtype: "float64" }).cast(dtype);
}

type Fn = (...xs: Tensor[]) => Tensor;
type Map = (g: Fn) => Fn;

function prepare(entry: OpEntry, { shapes, dtype, choices, isMapped, places, count }: Case) {
  const inAxes = shapes.map((shape, i) => (isMapped[i] ? places[i] % (shape.length + 1) : null));
  const given = shapes.map((shape, i) => {
    const kind = entry.fixed?.[i] ?? dtype;
    const axis = inAxes[i];
    return axis === null ? numbers(shape, kind, i) : moveAxis(numbers([count, ...shape], kind, i), 0, axis);
  });
  const f = (...operands: Tensor[]) => entry.apply(operands, choices);
  const mapped: Map = (g) => vmap(g, { inAxes, randomness: "different" });
  /** What a loop over the examples makes. */
  const looped: Map =
    (g) =>
    (...xs) =>
      stack(
        Array.from({ length: count }, (_, i) =>
          g(...xs.map((x, j) => (inAxes[j] === null ? x : moveAxis(x, inAxes[j], 0).slice(i)))),
        ),
      );
  return { given, f, mapped, looped };
}

const agree: Readonly<Record<Agreement, (actual: Tensor, expected: Tensor, what: string) => void>> = {
  bit: expectIdentical,
  ulps: expectWithinUlps,
  rounding: (actual, expected, what) => expectSame(actual, expected, what, 1e-5),
};

/** Zeros of either sign are alike: the loop adds up slices in zeros, which makes 0 of -0. */
function expectClose(actual: Tensor, expected: Tensor, what: string): void {
  expectSame(actual.add(0), expected.add(0), what, 1e-5);
}

/** A slope that depends on the value. */
const slope = (y: Tensor) => y.square().log1p().sum();

function checkGradients(entry: OpEntry, each: Case): boolean {
  const { given, f, mapped, looped } = prepare(entry, each);
  const by = given.flatMap((x, i) => (isFloat(x.dtype) ? [i] : []));
  const isSmooth = f(
    ...given.map((x, i) =>
      each.isMapped[i] ? zeros(each.shapes[i], { dtype: x.dtype, requiresGrad: isFloat(x.dtype) }) : x,
    ),
  ).requiresGrad;
  if (!isSmooth) return false;
  for (const argument of by) {
    const perExample = grad((...xs: Tensor[]) => slope(f(...xs)), { argument });
    expectClose(mapped(perExample)(...given), looped(perExample)(...given), `per example, by ${argument}`);
    const through = (map: Map) => grad((...xs: Tensor[]) => slope(map(f)(...xs)), { argument });
    expectClose(through(mapped)(...given), through(looped)(...given), `through the map, by ${argument}`);
    const twice = (map: Map) =>
      grad(
        (...xs: Tensor[]) =>
          map(perExample)(...xs)
            .sin()
            .sum(),
        { argument },
      );
    expectClose(twice(mapped)(...given), twice(looped)(...given), `second, by ${argument}`);
  }
  return true;
}

it("has a rule for each op, beside random draws", () => {
  const attributes = { axis: 0, first: 0, last: 0 };
  const without = builtinOps().filter((op) => !op.random && ruleOf(op, attributes) === null);
  expect(
    without.map(({ name }) => name),
    "transforms/src/vmap/rules.ts wants a rule for each op of core that is not elementwise",
  ).toEqual([]);
});

describe.each(Object.entries(opTable))(`%s mapped, seed ${seed}`, (name, entry) => {
  const op = builtinOps().find((each) => each.name === name);
  const check = agree[entry.agreement];

  it("computes what a loop over the examples does", limit, () => {
    fc.assert(
      fc.property(casesOf(entry, 1), (each) => {
        const { given, f, mapped, looped } = prepare(entry, each);
        const found = mapped(f)(...given);
        if (entry.draws) expect(found.shape).toEqual(looped(f)(...given).shape);
        else check(found, looped(f)(...given), "values");
      }),
      runs(40),
    );
  });

  it("computes nothing of no examples, in the right shape", limit, () => {
    fc.assert(
      fc.property(casesOf(entry, 1), (each) => {
        const some = prepare(entry, { ...each, count: 1 });
        const none = prepare(entry, { ...each, count: 0 });
        const expected = some.looped(some.f)(...some.given);
        const found = none.mapped(none.f)(...none.given);
        expect([found.shape, found.dtype]).toEqual([expected.shape.with(0, 0), expected.dtype]);
      }),
      runs(10),
    );
  });

  it("computes in a map of a map what a loop of loops does", limit, () => {
    fc.assert(
      fc.property(casesOf(entry, 1), (each) => {
        const { given, f } = prepare(entry, { ...each, places: [0, 0, 0] });
        const wide = given.map((x, i) => (i === 0 ? stack([x, x.logicalNot().cast(x.dtype)]) : x));
        const inner = each.shapes.map((_, i) => (each.isMapped[i] ? 0 : null));
        const mapped = (g: typeof f) => vmap(g, { inAxes: inner, randomness: "different" });
        const outer = vmap(mapped(f), { inAxes: wide.map((_, i) => (i === 0 ? 0 : null)), randomness: "different" });
        const found = outer(...wide);
        const expected = stack([0, 1].map((i) => mapped(f)(wide[0].slice(i), ...wide.slice(1))));
        if (entry.draws) expect(found.shape).toEqual(expected.shape);
        else check(found, expected, "values");
      }),
      runs(15),
    );
  });

  it("computes the same compiled", limit, () => {
    fc.assert(
      fc.property(casesOf(entry, 1), (each) => {
        const { given, f, mapped } = prepare(entry, each);
        if (!entry.draws) check(jit(mapped(f))(...given), mapped(f)(...given), "values");
      }),
      runs(10),
    );
  });

  it.runIf(op?.gradient)("has the gradients of a loop over the examples", limit, () => {
    checkCases(casesOf({ ...entry, dtypes: ["float64"] }, 1), (each) => checkGradients(entry, each), runs(15));
  });
});
