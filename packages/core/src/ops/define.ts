/**
 * How ops are written: `defineOp` for any op, `unary` and `binary` for the elementwise ones.
 */

import { checkList } from "../arguments.ts";
import { DTypeError, describe, OptionError, ShapeError, ValueError } from "../errors.ts";
import { mapKernel, type PairLoop, pairKernel } from "../kernels/elementwise.ts";
import { asTensor, checkWhole, scalar, type TensorLike } from "../tensor/convert.ts";
import { applyOp } from "../tensor/dispatch.ts";
import { type DType, getDefaultDType, isFloat, promote } from "../tensor/dtype.ts";
import type { Call, GradientRule, Op } from "../tensor/op.ts";
import { broadcastShapes, formatShape, sameShape } from "../tensor/shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import { cast } from "./cast.ts";
import { builtin, withOp } from "./registry.ts";
import { sumTo } from "./sum.ts";

/**
 * Makes an op of a definition: a function of its inputs (tensors, numbers or nested arrays) and its attributes.
 *
 * @example
 * const cube = defineOp<void>({
 *   name: "cube",
 *   inferShape: ([x]) => x,
 *   kernel: (out, [x]) => {
 *     for (let i = 0; i < out.storage.length; i++) out.storage[i] = x.storage[i] ** 3;
 *   },
 *   gradient: (g, { inputs: [x] }) => g.mul(x.square()).mul(3),
 * });
 * cube([tensor([1, 2])]); // tensor([1, 8])
 *
 * @throws OptionError for a definition without a name, shape rule or kernel.
 */
export function defineOp<Attributes = void>(definition: Op<Attributes>) {
  checkDefinition(definition);
  return withOp(definition, (inputs: readonly TensorLike[], attributes: Attributes): Tensor => {
    checkList(definition.name, inputs, "an array of inputs");
    return applyOp(
      definition,
      Array.from(inputs, (input) => asTensor(input, definition.name)),
      attributes,
    );
  });
}

function checkDefinition(definition: Op<never>): void {
  if (typeof definition !== "object" || definition === null)
    throw new OptionError({
      where: "defineOp",
      expected: "a definition: { name, inferShape, kernel, … }",
      got: describe(definition),
    });
  const { name, inferShape, kernel } = definition;
  if (typeof name !== "string" || name === "")
    throw new OptionError({ where: "defineOp", expected: "a name", got: describe(name) });
  if (typeof inferShape !== "function" || (kernel !== "view" && typeof kernel !== "function"))
    throw new OptionError({
      where: `defineOp("${name}")`,
      expected: "inferShape and kernel as functions",
      got: `${describe(inferShape)} and ${describe(kernel)}`,
    });
}

/** The gradient of a function whose derivative is 0 wherever it has one: rounding, sign, comparisons by value. */
export function zeroGradient(): null {
  return null;
}

/**
 * An op on each element. Integers become floats first, unless `keepsIntegers`.
 *
 * @param gradient the gradient rule: `g` times the function's derivative, in tensor operations.
 * @param ofIntegers the function of int32, where doubles would lose low bits.
 */
export function unary(
  name: string,
  f: (x: number) => number,
  gradient: GradientRule<void>,
  keepsIntegers = false,
  ofIntegers = f,
) {
  const [kernel, kernelOfIntegers] = [mapKernel(f), mapKernel(ofIntegers)];
  const op: Op<void> = builtin({
    name,
    inferShape: ([x]) => x,
    kernel: (out, inputs) => (out.dtype === "int32" ? kernelOfIntegers : kernel)(out, inputs),
    gradient,
    lower: { kind: "elementwise", scalar: f },
  });
  return withOp(op, (x: TensorLike): Tensor => {
    const input = asTensor(x);
    return applyOp(op, [keepsIntegers && input.dtype === "int32" ? input : floats(input)], undefined);
  });
}

/** The tensor itself if it holds floats, else a float copy. */
export function floats(x: Tensor): Tensor {
  return isFloat(x.dtype) ? x : cast(x, getDefaultDType());
}

/** The tensor itself unless it is bool, else its zeros and ones in int32. */
export function numbers(x: Tensor): Tensor {
  return x.dtype === "bool" ? cast(x, "int32") : x;
}

interface Binary {
  readonly loop: PairLoop;
  /** The two gradient rules; their results are summed to the inputs' shapes where those were broadcast. */
  readonly gradient?: readonly [PairRule, PairRule];
  /** Which dtype both inputs are brought to, given the one that they are promoted to. */
  readonly operands?: (promoted: DType) => DType;
  /** Which dtype the result has, given the operands'. */
  readonly result?: (operands: DType) => DType;
}

type PairRule = (g: Tensor, a: Tensor, b: Tensor, output: Tensor) => Tensor | null;

/** An op on pairs of elements, with broadcasting. */
export function binary(name: string, { loop, gradient, operands = (d) => d, result = (d) => d }: Binary) {
  const rule =
    (which: 0 | 1) =>
    (g: Tensor, { inputs: [a, b], output }: Call<void>) => {
      const full = gradient![which](g, a, b, output);
      return full && sumTo(full, [a, b][which].shape);
    };
  const op: Op<void> = builtin({
    name,
    inferShape: ([a, b]) => ({ shape: broadcastShapes(name, a.shape, b.shape), dtype: result(a.dtype) }),
    kernel: pairKernel(loop),
    gradient: gradient && [rule(0), rule(1)],
    lower: { kind: "elementwise", scalar: loop.scalar },
  });
  return withOp(
    op,
    (a: TensorLike, b: TensorLike): Tensor => applyOp(op, promoteOperands(name, a, b, operands), undefined),
  );
}

/** Promotes two operands to tensors of one dtype; a plain number takes the other's dtype where it fits, an array its float. */
export function promoteOperands(
  where: string,
  a: TensorLike,
  b: TensorLike,
  operands: (promoted: DType) => DType = (d) => d,
): [Tensor, Tensor] {
  if (typeof a === "number" && b instanceof Tensor) {
    const [y, x] = promoteOperands(where, b, a, operands);
    return [x, y];
  }
  const x = asTensor(a, where, floatOf(b));
  if (typeof b === "number") {
    const dtype = operands(withNumber(x.dtype, b));
    return [cast(x, dtype), scalar(b, dtype)];
  }
  const y = asTensor(b, where, floatOf(a));
  const dtype = operands(promote(x.dtype, y.dtype));
  return [cast(x, dtype), cast(y, dtype)];
}

function floatOf(x: TensorLike): DType | undefined {
  return x instanceof Tensor && isFloat(x.dtype) ? x.dtype : undefined;
}

function withNumber(dtype: DType, number: number): DType {
  if (isFloat(dtype)) return dtype;
  return Number.isInteger(number) && Math.abs(number) < 2 ** 31 ? "int32" : getDefaultDType();
}

/** Throws unless `x` holds whole numbers to index with; floats that happen to be whole are taken, as int32. */
export function asIndices(where: string, x: TensorLike): Tensor {
  const given = asTensor(x, where);
  // Float32 does not have every whole number from 2^24 on: 16777217 would be 16777216.
  const isRounded = given !== x && given.dtype === "float32" && given.storage.some((i) => Math.abs(i) >= 2 ** 24);
  const indices = isRounded ? asTensor(x, where, "float64") : given;
  if (indices.dtype === "int32") return indices;
  if (indices.dtype === "bool")
    throw new DTypeError({
      where,
      expected: "whole numbers as indices",
      got: "a bool tensor",
      hint: "To choose by truth values, use where(condition, a, b), or cast to int32.",
    });
  checkWhole(indices, (index) => {
    throw new ValueError({ where, expected: "whole numbers as indices", got: describe(index) });
  });
  return cast(indices.detach(), "int32");
}

/** Throws a ShapeError unless the two shapes are the same. */
export function checkSameShape(where: string, a: Tensor, b: Tensor, hint?: string): void {
  if (!sameShape(a.shape, b.shape))
    throw new ShapeError({
      where,
      expected: "two tensors of the same shape",
      got: `${formatShape(a.shape)} and ${formatShape(b.shape)}`,
      hint,
    });
}
