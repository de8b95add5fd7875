/**
 * Random programs: lists of steps, each of which takes earlier values, whatever their shapes, and makes another.
 */

import { isFloat, sizeOf, type Tensor, tensor } from "@chainrule/core";
import fc from "fast-check";
import { type Kind, steps as known } from "./steps.ts";

export interface Input {
  readonly shape: readonly number[];
  readonly dtype: "float32" | "float64" | "int32" | "bool";
  /** Whether NaN, infinities and zeros of both signs are among its numbers, and the smallest and the largest as well. */
  readonly wild: boolean;
  readonly extreme: boolean;
}

export interface Program {
  readonly inputs: readonly Input[];
  readonly steps: readonly {
    readonly name: string;
    readonly from: readonly number[];
    readonly choices: readonly number[];
  }[];
}

/** A value of a program, and whether it is to be equal to the last bit. */
export interface Made {
  readonly name: string;
  readonly x: Tensor;
  readonly exact: boolean;
}

/** Values of more elements are not made. */
const mostElements = 3000;

const lengths = fc.oneof(
  { weight: 30, arbitrary: fc.constantFrom(1, 2, 3, 4, 5, 7, 8, 9, 12, 16, 17) },
  { weight: 1, arbitrary: fc.constant(0) },
);
const shapes = fc
  .array(lengths, { minLength: 0, maxLength: 4 })
  .map((shape) => (sizeOf(shape) > 600 ? shape.slice(0, 2) : shape));
/** Rows as long as those that loops of many steps go over in several passes. */
const rowShapes = fc
  .tuple(fc.array(fc.constantFrom(0, 1, 2, 3, 4, 5, 8), { minLength: 1, maxLength: 2 }), fc.constantFrom(32, 33, 47))
  .map(([rows, length]) => [...rows, length]);
const dtypes = fc.oneof(
  { weight: 8, arbitrary: fc.constant("float32" as const) },
  { weight: 1, arbitrary: fc.constantFrom("float64" as const, "int32" as const, "bool" as const) },
);

const allKinds: readonly Kind[] = ["exact", "choice", "smooth"];

/** Programs of such steps that begin with at least one float input; wild ones hold NaN and infinities. */
export function programsOf({
  kinds = allKinds,
  wild = false,
  extreme = false,
  longest = 14,
  longRows = false,
} = {}): fc.Arbitrary<Program> {
  const names = Object.keys(known).filter((name) => kinds.includes(known[name].kind));
  const input = (dtype: typeof dtypes | fc.Arbitrary<"float32">) =>
    fc.record({
      ...{ shape: longRows ? rowShapes : shapes, dtype },
      ...{ wild: wild ? fc.boolean() : fc.constant(false), extreme: fc.constant(extreme) },
    });
  return fc.record({
    inputs: fc
      .tuple(input(fc.constant("float32")), fc.array(input(dtypes), { maxLength: 3 }))
      .map(([first, rest]) => [first, ...rest]),
    steps: fc.array(
      fc.record({
        name: fc.constantFrom(...names),
        from: fc.array(fc.nat({ max: 1000 }), { minLength: 3, maxLength: 3 }),
        choices: fc.array(fc.nat({ max: 63 }), { minLength: 4, maxLength: 4 }),
      }),
      { minLength: 1, maxLength: longest },
    ),
  });
}

const special = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -0];
/** Of float32: what overflows, what underflows, and int32's ends. */
const ends = [3e38, -3e38, 2 ** -149, -(2 ** -149), 2 ** 31, -(2 ** 31)];

/** Numbers between -2 and 2 that look random; some of them equal, so that there are ties. */
export function inputsOf({ inputs }: Program): Tensor[] {
  return inputs.map(({ shape, dtype, wild, extreme }, which) => {
    const numbers = extreme ? [...special, ...ends] : special;
    const data = Float64Array.from({ length: sizeOf(shape) }, (_, i) => {
      if (wild && (i * 5 + which) % 3 === 0) return numbers[(i + which) % numbers.length];
      const x = Math.fround(2 * Math.sin(i * 2.4 + which * 1.3 + 0.7));
      return i % 7 === 3 ? Math.round(x) : x;
    });
    return tensor(dtype === "int32" ? data.map(Math.round) : data, { shape, dtype: "float64" }).cast(dtype);
  });
}

/** Runs the steps; returns every value that was made. Steps that do not apply to the values at hand are left out. */
export function runProgram({ steps }: Program, inputs: readonly Tensor[]): Made[] {
  const values: Made[] = inputs.map((x) => ({ name: "input", x, exact: true }));
  for (const { name, from, choices } of steps) {
    const { kind, takes, apply } = known[name];
    const pool = values.filter(
      ({ x, exact }) =>
        (takes === "anything" || isFloat(x.dtype) === (takes === "floats")) && (kind !== "choice" || exact),
    );
    if (pool.length === 0) continue;
    const operands = from.map((n) => pool[n % pool.length]);
    const [x, y, z] = operands.map((value) => value.x);
    const made = apply(x, y, z, choices);
    if (made === null || made.size > mostElements) continue;
    values.push({ name, x: made, exact: isExact(kind, operands) });
  }
  return values.slice(inputs.length);
}

function isExact(kind: Kind, operands: readonly Made[]): boolean {
  return kind !== "smooth" && operands.every(({ exact }) => exact);
}

/** The program with one thing changed: a choice of a step, what a step takes, a length of an input, or its dtype. */
export function neighbourOf(
  { inputs, steps }: Program,
  { at, way, by }: { readonly at: number; readonly way: number; readonly by: number },
): Program {
  const [input, step] = [at % inputs.length, at % steps.length];
  if (way === 0)
    return { inputs, steps: steps.with(step, { ...steps[step], choices: steps[step].choices.with(by % 4, by) }) };
  if (way === 1)
    return { inputs, steps: steps.with(step, { ...steps[step], from: steps[step].from.with(by % 3, by) }) };
  const { shape } = inputs[input];
  if (way === 2 && shape.length > 0) {
    const longer = shape.with(by % shape.length, 1 + (by % 5));
    return { inputs: inputs.with(input, { ...inputs[input], shape: longer }), steps };
  }
  const dtype = (["float32", "float64", "int32", "bool"] as const)[input === 0 ? by % 2 : by % 4];
  return { inputs: inputs.with(input, { ...inputs[input], dtype }), steps };
}
