/**
 * Choosing elements by their truth: which are not 0, and those where a mask is true.
 */
import {
  asTensor,
  broadcastShapes,
  broadcastTo,
  cast,
  gather,
  reshape,
  ShapeError,
  type Tensor,
  type TensorLike,
  tensor,
  where,
} from "@chainrule/core";
import { formatShape, placeOf, sameShape } from "@chainrule/core/internal";
import { needsNumbers } from "../define/known-numbers.ts";

/**
 * Where the elements are that are not 0 (NaN is not): one row for each, with an index for each axis, in row-major order.
 *
 * Shape: [count, rank of x], in int32, as in PyTorch (NumPy has one array for each axis).
 *
 * @throws JitError within `jit`, because the numbers decide the shape.
 * @example nonzero([[5, 0], [0, 7]]); // [[0, 0], [1, 1]]
 */
export function nonzero(x: TensorLike): Tensor {
  const input = asTensor(x, "nonzero");
  needsNumbers(
    "nonzero",
    [input],
    "For how many there are, write x.countNonZero(); to choose by them, where(x.notEqual(0), a, b).",
  );
  const places = trueAt(input);
  return tensor(Int32Array.from(places.flatMap((i) => placeOf(i, input))), { shape: [places.length, input.rank] });
}

/**
 * The elements where the mask is true, in row-major order, as NumPy's `x[mask]`; both broadcast. The gradient goes where each
 * came from.
 *
 * Shape: [count].
 *
 * @param mask truth values; of numbers, all but 0 are true.
 * @throws ShapeError for shapes that do not broadcast; JitError within `jit`, because the numbers decide the shape.
 * @example maskedSelect([1, 2, 3], [true, false, true]); // [1, 3]
 */
export function maskedSelect(x: TensorLike, mask: TensorLike): Tensor {
  const [input, chosen] = [asTensor(x, "maskedSelect"), asTensor(mask, "maskedSelect")];
  needsNumbers(
    "maskedSelect",
    [chosen],
    "Keep the shape: where(mask, x, 0), or maskedFill, and multiply what the others would add by 0.",
  );
  const shape = broadcastShapes("maskedSelect", input.shape, chosen.shape);
  const places = trueAt(broadcastTo(chosen.detach(), shape));
  return gather(reshape(broadcastTo(input, shape), [-1]), tensor(Int32Array.from(places)));
}

/** The positions of what is not 0, in row-major order. */
function trueAt({ storage }: Tensor): number[] {
  const places: number[] = [];
  for (let i = 0; i < storage.length; i++) if (storage[i] !== 0) places.push(i);
  return places;
}

/**
 * `value` where the mask is true, else the element of x, which gets the gradient there.
 *
 * Shape: that of x, to which the mask and the value broadcast.
 *
 * @param mask truth values; of numbers, all but 0 are true.
 * @throws ShapeError for a mask or a value that does not broadcast to the shape of x.
 * @example maskedFill([1, 2, 3], [true, false, true], -1); // [-1, 2, -1]
 */
export function maskedFill(x: TensorLike, mask: TensorLike, value: TensorLike): Tensor {
  const [input, chosen] = [asTensor(x, "maskedFill"), asTensor(mask, "maskedFill")];
  const filled = where(cast(chosen, "bool"), value, input);
  if (!sameShape(filled.shape, input.shape))
    throw new ShapeError({
      where: "maskedFill",
      expected: `a mask and a value that broadcast to ${formatShape(input.shape)}`,
      got: `${formatShape(chosen.shape)} and ${formatShape(asTensor(value, "maskedFill").shape)}`,
    });
  return filled;
}
