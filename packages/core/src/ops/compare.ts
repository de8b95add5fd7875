/**
 * Comparisons and logic, whose results are bool, and choosing by them.
 */

import { checkNumber } from "../arguments.ts";
import { checkOptions, ShapeError } from "../errors.ts";
import { type PairLoop, pairLoop } from "../kernels/elementwise.ts";
import { asTensor, asTensors, type TensorLike } from "../tensor/convert.ts";
import { applyOp } from "../tensor/dispatch.ts";
import type { Op } from "../tensor/op.ts";
import { broadcastShapes, formatShape, sameShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { cast } from "./cast.ts";
import { binary, promoteOperands } from "./define.ts";
import type { Formulas } from "./formulas.ts";
import { builtin, withOp } from "./registry.ts";
import { broadcastTo, sumTo } from "./sum.ts";

function comparison(name: string, holds: (x: number, y: number) => boolean) {
  return binary(name, { loop: pairLoop((x, y) => (holds(x, y) ? 1 : 0)), result: () => "bool" });
}

/** a = b, element by element, broadcast; false for NaN. @example equal([1, 2], 2); // [false, true] */
export const equal = comparison("equal", (x, y) => x === y);
/** a ≠ b, element by element, broadcast; true for NaN. @example notEqual([1, 2], [1, 3]); // [false, true] */
export const notEqual = comparison("notEqual", (x, y) => x !== y);
/** a < b, element by element, broadcast. @example less([1, 2], 2); // [true, false] */
export const less = comparison("less", (x, y) => x < y);
/** a ≤ b, element by element, broadcast. @example lessEqual([1, 2], 2); // [true, true] */
export const lessEqual = comparison("lessEqual", (x, y) => x <= y);
/** a > b, element by element, broadcast. @example greater([1, 2], 1); // [false, true] */
export const greater = comparison("greater", (x, y) => x > y);
/** a ≥ b, element by element, broadcast. @example greaterEqual([1, 2], 2); // [false, true] */
export const greaterEqual = comparison("greaterEqual", (x, y) => x >= y);

function logical(name: string, holds: (x: boolean, y: boolean) => boolean) {
  const loop: PairLoop = pairLoop((x, y) => (holds(x !== 0, y !== 0) ? 1 : 0));
  return binary(name, { loop, operands: () => "bool", result: () => "bool" });
}

/** Both are true (not 0), broadcast. @example logicalAnd([true, true], [true, false]); // [true, false] */
export const logicalAnd = logical("logicalAnd", (x, y) => x && y);
/** At least one is true (not 0), broadcast. @example logicalOr([true, false], [false, false]); // [true, false] */
export const logicalOr = logical("logicalOr", (x, y) => x || y);
/** Exactly one is true (not 0), broadcast. @example logicalXor([true, true], [true, false]); // [false, true] */
export const logicalXor = logical("logicalXor", (x, y) => x !== y);

function test(name: string, holds: (x: number) => boolean) {
  const op: Op<void> = builtin({
    name,
    inferShape: ([x]) => ({ shape: x.shape, dtype: "bool" }),
    kernel: (out, [x]) => {
      for (let i = 0; i < out.storage.length; i++) out.storage[i] = holds(x.storage[i]) ? 1 : 0;
    },
    lower: { kind: "elementwise" },
  });
  return withOp(op, (x: TensorLike): Tensor => applyOp(op, [asTensor(x)], undefined));
}

/** True where the element is 0 or false. @example logicalNot([true, false]); // [false, true] */
export const logicalNot = test("logicalNot", (x) => x === 0);
/** True where the element is NaN. @example isNaN(log([-1, 1])); // [true, false] */
export const isNaN = test("isNaN", Number.isNaN);
/** True where the element is neither NaN nor infinite. @example isFinite(log([0, 1])); // [false, true] */
export const isFinite = test("isFinite", Number.isFinite);
/** True where the element is Infinity or -Infinity. @example isInfinite(log([0, 1])); // [true, false] */
export const isInfinite = test("isInfinite", (x) => Math.abs(x) === Number.POSITIVE_INFINITY);

export const whereOp: Op<void> = builtin({
  name: "where",
  inferShape: ([condition, a]) => ({ shape: condition.shape, dtype: a.dtype }),
  kernel: (out, [condition, a, b]) => {
    const to = out.storage;
    const choice = condition.storage;
    const sa = a.storage.length === 1 ? 0 : 1;
    const sb = b.storage.length === 1 ? 0 : 1;
    for (let i = 0; i < to.length; i++) to[i] = choice[i] !== 0 ? a.storage[i * sa] : b.storage[i * sb];
  },
  gradient: [
    () => null,
    (g, { inputs: [condition, a] }) => sumTo(where(condition, g, 0), a.shape),
    (g, { inputs: [condition, , b] }) => sumTo(where(condition, 0, g), b.shape),
  ],
  lower: { kind: "elementwise" },
});

/**
 * `a` where the condition holds, `b` elsewhere; all three broadcast.
 *
 * The gradient goes only to the one that was chosen. A derivative that is infinite in the branch not chosen still makes
 * NaN (0 · ∞): put a harmless value in before the function, as in `log(where(x.greater(0), x, 1))`.
 *
 * @throws ShapeError for shapes that do not broadcast.
 *
 * @example
 * where([true, false], [1, 2], 0); // [1, 0]
 */
export function where(condition: TensorLike, a: TensorLike, b: TensorLike): Tensor {
  const [x, y] = promoteOperands("where", a, b);
  const choice = cast(asTensor(condition, "where"), "bool");
  const shape = broadcastShapes("where", choice.shape, broadcastShapes("where", x.shape, y.shape));
  const wide = (t: Tensor) => (t.size === 1 ? t : broadcastTo(t, shape));
  return applyOp(whereOp, [broadcastTo(choice, shape), wide(x), wide(y)], undefined);
}

/**
 * Whether all elements are close: |a - b| ≤ atol + rtol |b|, and NaN nowhere. A plain boolean.
 *
 * @throws ShapeError where the shapes differ: closeness does not broadcast.
 *
 * @example
 * allClose(softmax(randn([8, 3])).sum(-1), ones([8])); // true
 */
export function allClose(a: TensorLike, b: TensorLike, options: { rtol?: number; atol?: number } = {}): boolean {
  checkOptions("allClose", options, ["rtol", "atol"]);
  const { rtol = 1e-5, atol = 1e-8 } = options;
  checkNumber("allClose", "rtol", rtol);
  checkNumber("allClose", "atol", atol);
  const [x, y] = asTensors([a, b], "allClose");
  if (!sameShape(x.shape, y.shape))
    throw new ShapeError({
      where: "allClose",
      expected: "two tensors of the same shape",
      got: `${formatShape(x.shape)} and ${formatShape(y.shape)}`,
    });
  // An infinite tolerance would make everything close to infinity.
  const close = (p: number, q: number) =>
    Math.abs(p - q) <= atol + rtol * Math.abs(q) && Math.abs(q) !== Number.POSITIVE_INFINITY;
  return x.storage.every((value: number, i: number) => value === y.storage[i] || close(value, y.storage[i]));
}

/** What explanations say of these ops; what is true or false has no derivative. */
export const compareFormulas: Formulas = {
  equal: { text: ["a = b"], tex: ["a = b"] },
  notEqual: { text: ["a ≠ b"], tex: ["a \\neq b"] },
  less: { text: ["a < b"], tex: ["a < b"] },
  lessEqual: { text: ["a ≤ b"], tex: ["a \\le b"] },
  greater: { text: ["a > b"], tex: ["a > b"] },
  greaterEqual: { text: ["a ≥ b"], tex: ["a \\ge b"] },
  logicalAnd: { text: ["a and b"], tex: ["a \\land b"] },
  logicalOr: { text: ["a or b"], tex: ["a \\lor b"] },
  logicalXor: { text: ["either a or b"], tex: ["a \\oplus b"] },
  logicalNot: { text: ["not a"], tex: ["\\lnot a"] },
  isNaN: { text: ["a is NaN"], tex: ["a \\text{ is NaN}"] },
  isFinite: { text: ["a is finite"], tex: ["|a| < \\infty"] },
  isInfinite: { text: ["a is infinite"], tex: ["|a| = \\infty"] },
  where: {
    text: ["b if a, else c", null, "1 if a, else 0", "0 if a, else 1"],
    tex: [
      "b \\text{ if } a \\text{, else } c",
      null,
      "1 \\text{ if } a \\text{, else } 0",
      "0 \\text{ if } a \\text{, else } 1",
    ],
  },
};
