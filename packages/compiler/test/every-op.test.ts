/**
 * Every op's compiled form against its kernel: on random shapes (odd, of one element, of none), operands that are turned,
 * cut, reversed, spread, computed or constant, in every dtype that it takes, and with NaN, infinities and zeros of both
 * signs. `FUZZ_RUNS` and `FUZZ_SEED` set the number of cases an op and where they start.
 */

import { type DType, flip, isFloat, permute, sizeOf, type Tensor, tensor, valueAndGrad } from "@chainrule/core";
import { builtinOps } from "@chainrule/core/internal";
import { checkCases, fuzzing } from "@chainrule/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { opsIn } from "../../core/test/ops-in.ts";
import { jit } from "../src/index.ts";
import { type Agreement, type OpEntry, opTable } from "./op-table.ts";
import { expectIdentical, expectSame, expectWithinUlps } from "./same.ts";

const { seed, runs, limit } = fuzzing(5);

/** How an operand reaches the op: as it is, as a view into something larger, as another op's result, as a constant. */
const layouts = ["plain", "turned", "cut", "reversed", "spread", "computed", "constant"] as const;
type Layout = (typeof layouts)[number];

interface Case {
  readonly shapes: readonly (readonly number[])[];
  readonly dtype: DType;
  readonly layouts: readonly Layout[];
  readonly choices: readonly number[];
  readonly wild: boolean;
}

function casesOf({ dtypes, shapes }: OpEntry): fc.Arbitrary<Case> {
  return fc.record({
    shapes: shapes.filter((list) => list.every((shape) => sizeOf(shape) <= 1000)),
    dtype: fc.constantFrom(...dtypes),
    layouts: fc.array(fc.constantFrom(...layouts), { minLength: 3, maxLength: 3 }),
    choices: fc.array(fc.nat({ max: 15 }), { minLength: 4, maxLength: 4 }),
    wild: fc.boolean(),
  });
}

/** The shape in which an operand is passed, and what makes the operand of it. */
function withLayout(layout: Layout, shape: readonly number[], dtype: DType): [number[], (given: Tensor) => Tensor] {
  switch (layout) {
    case "turned":
      return [
        shape.toReversed(),
        (x) =>
          permute(
            x,
            shape.map((_, axis) => shape.length - 1 - axis),
          ),
      ];
    case "cut":
      return [shape.map((n) => 2 * n + 1), (x) => x.slice(...shape.map((n) => [1, 1 + 2 * n, 2] as const))];
    case "reversed":
      return [[...shape], (x) => flip(x)];
    case "spread":
      return [shape.map((n, axis) => (axis === 0 ? Math.min(n, 1) : n)), (x) => x.broadcastTo(shape)];
    case "computed":
      return [[...shape], dtype === "bool" ? (x) => x.logicalNot().logicalNot() : (x) => x.neg().neg()];
    default:
      return [[...shape], (x) => x];
  }
}

const special = [Number.NaN, Number.POSITIVE_INFINITY, 3e38, Number.NEGATIVE_INFINITY, 0, -3e38, -0, 2 ** -149];

/** Numbers between -3 and 3, with some that are whole and, in `wild` ones, some that are not finite. */
function numbers(shape: readonly number[], dtype: DType, which: number, wild: boolean): Tensor {
  const data = Float64Array.from({ length: sizeOf(shape) }, (_, i) => {
    if (wild && isFloat(dtype) && (i * 5 + which) % 4 === 0) return special[(i + which) % special.length];
    const x = 3 * Math.sin(i * 2.4 + which * 1.3 + 0.7);
    return i % 3 === 1 || !isFloat(dtype) ? Math.round(x) : Math.fround(x);
  });
  return tensor(data, { shape, dtype: "float64" }).cast(dtype);
}

/** The function of the case's arguments that applies the op to its operands, and the arguments. */
function programOf(entry: OpEntry, { shapes, dtype, layouts, choices, wild }: Case) {
  const operandsOf = shapes.map((shape, i) => withLayout(layouts[i], shape, entry.fixed?.[i] ?? dtype));
  const given = operandsOf.map(([shape], i) => numbers(shape, entry.fixed?.[i] ?? dtype, i, wild));
  const f = (...xs: Tensor[]) => {
    const operands = operandsOf.map(([, view], i) => view(layouts[i] === "constant" ? given[i] : xs[i]));
    return entry.apply(operands, choices);
  };
  return { given, f };
}

const agree: Readonly<Record<Agreement, (actual: Tensor, expected: Tensor, what: string) => void>> = {
  bit: expectIdentical,
  ulps: expectWithinUlps,
  rounding: (actual, expected, what) => expectSame(actual, expected, what, 1e-6),
};

function checkValue(entry: OpEntry, each: Case): void {
  const { given, f } = programOf(entry, each);
  const compiled = jit(f);
  const expected = f(...given);
  for (const call of entry.draws ? [1] : [1, 2]) agree[entry.agreement](compiled(...given), expected, `call ${call}`);
}

/** Says whether there is a gradient to compare. */
function checkGradient(entry: OpEntry, each: Case): boolean {
  const { given, f } = programOf(entry, { ...each, wild: false });
  const by = given.flatMap((x, i) => (isFloat(x.dtype) ? [i] : []));
  if (!dependsSmoothly(f, given)) return false;
  // A slope that depends on the value, and does not make more of its rounding, as that of a sine of 100 would.
  const slopes = valueAndGrad(
    (...xs: Tensor[]) =>
      f(...xs)
        .square()
        .log1p()
        .sum(),
    { argument: by },
  );
  const [value, gradients] = slopes(...given);
  const [found, foundGradients] = jit(slopes)(...given);
  expectSame(found, value, "loss", 1e-5);
  gradients.forEach((g, i) => {
    expectSame(foundGradients[i], g, `gradient by operand ${by[i]}`, 1e-5);
  });
  return true;
}

/** Whether a gradient leads back to the arguments. */
function dependsSmoothly(f: (...xs: Tensor[]) => Tensor, given: readonly Tensor[]): boolean {
  const leaves = given.map((x) => (isFloat(x.dtype) ? tensor(x, { requiresGrad: true }) : x));
  return f(...leaves).requiresGrad;
}

it("stands for every op that is registered, each under a name of its own", () => {
  expect(
    Object.keys(opTable).sort(),
    "op-table.ts wants an entry for each op, by the name it is registered under",
  ).toEqual(
    builtinOps()
      .map(({ name }) => name)
      .sort(),
  );
});

describe.each(Object.entries(opTable))(`%s compiled, seed ${seed}`, (name, entry) => {
  const op = builtinOps().find((each) => each.name === name);

  it("is what is run", () => {
    const seen = fc.sample(casesOf(entry), { numRuns: 20, seed }).map((each) => {
      const { given, f } = programOf(entry, each);
      return opsIn(() => f(...given)).has(op!);
    });
    expect(seen).toContain(true);
  });

  it("computes what the kernel does", limit, () => {
    fc.assert(
      fc.property(casesOf(entry), (each) => checkValue(entry, each)),
      runs(40),
    );
  });

  it.runIf(op?.gradient)("has the same gradient", limit, () => {
    checkCases(casesOf(entry), (each) => checkGradient(entry, each), runs(20));
  });
});
