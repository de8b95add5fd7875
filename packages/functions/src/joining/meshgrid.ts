/**
 * Coordinates of the points of a grid.
 */
import { asTensor, broadcastTo, OptionError, reshape, ShapeError, type Tensor, type TensorLike } from "@chainrule/core";
import { checkList, checkOptions, describe, formatShape } from "@chainrule/core/internal";

/**
 * The coordinates of all points of a grid, given those along each axis: one tensor for each coordinate.
 *
 * Shape: vectors [n], [m], … (or single numbers) to as many tensors, with `indexing` "xy" (unless given) of shape [m, n, ..],
 * rows along the second coordinate, as NumPy, JAX and Keras have it; with "ij" of shape [n, m, ..], PyTorch's default.
 *
 * @throws ShapeError for what is no vector; OptionError for another indexing.
 * @example
 * const [x, y] = meshgrid([[1, 2, 3], [10, 20]]);
 * x; // [[1, 2, 3], [1, 2, 3]]
 * y; // [[10, 10, 10], [20, 20, 20]]
 */
export function meshgrid(coordinates: readonly TensorLike[], options: { indexing?: "xy" | "ij" } = {}): Tensor[] {
  checkList("meshgrid", coordinates, "an array of vectors");
  checkOptions("meshgrid", options, ["indexing"]);
  const { indexing = "xy" } = options;
  if (indexing !== "xy" && indexing !== "ij")
    throw new OptionError({ where: "meshgrid", expected: 'indexing as "xy" or "ij"', got: describe(indexing) });
  const inputs = Array.from(coordinates, (each) => asTensor(each, "meshgrid"));
  for (const { rank, shape } of inputs)
    if (rank > 1) throw new ShapeError({ where: "meshgrid", expected: "vectors", got: formatShape(shape) });
  const order = inputs.map((_, i) => (indexing === "xy" && inputs.length > 1 && i < 2 ? 1 - i : i));
  const shape = order.map((i) => inputs[i].size);
  return inputs.map((input, i) => {
    const along = shape.map((_, axis) => (order[axis] === i ? input.size : 1));
    return broadcastTo(reshape(input, along), shape);
  });
}
