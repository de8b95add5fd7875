/**
 * Where numbers belong among sorted ones.
 */
import { type Op, OptionError, reshape, ShapeError, type Tensor, type TensorLike } from "@chainrule/core";
import {
  applyOp,
  builtin,
  checkOptions,
  describe,
  formatShape,
  promoteOperands,
  sameShape,
} from "@chainrule/core/internal";

/** On which side of equal elements a number belongs. */
export interface SearchsortedOptions {
  /** "left" (unless given) is before the first that is equal, "right" behind the last. */
  side?: "left" | "right";
}

const searchsortedOp: Op<"left" | "right"> = builtin({
  name: "searchsorted",
  inferShape: ([, values]) => ({ shape: values.shape, dtype: "int32" }),
  leadingAxes: true,
  kernel: (out, [sorted, values], side) => {
    const [n, perLine] = [sorted.shape.at(-1)!, values.shape.at(-1)!];
    for (let i = 0; i < values.storage.length; i++) {
      const start = Math.floor(i / perLine) * n;
      let [low, high] = [0, n];
      while (low < high) {
        const middle = (low + high) >> 1;
        if (goesBefore(sorted.storage[start + middle], values.storage[i], side)) low = middle + 1;
        else high = middle;
      }
      out.storage[i] = low;
    }
  },
  formula: (side) => ({
    text: [side === "left" ? "how many of a are below b" : "how many of a are not above b"],
    tex: [side === "left" ? "|\\{i : a_i < b\\}|" : "|\\{i : a_i \\le b\\}|"],
  }),
});

/** Whether the element stands before the place of the value. NaN is behind all others, as `sort` puts it. */
function goesBefore(element: number, value: number, side: "left" | "right"): boolean {
  if (Number.isNaN(value)) return side === "right" || !Number.isNaN(element);
  return side === "left" ? element < value : element <= value;
}

/**
 * The places at which values would have to be put into a sorted sequence to keep it sorted: how many of its elements are
 * below the value (`side: "left"`), or not above it ("right"). The sequence is not looked at for its order.
 *
 * Shape: sequence [n] and values of any shape S to S; or sequence [.., n] and values [.., m] to [.., m], line by line. In int32.
 *
 * @param sorted ascending along its last axis.
 * @throws ShapeError for lines that do not go together; OptionError for another side.
 * @example searchsorted([1, 3, 5], [0, 3, 9]); // [0, 1, 3]
 */
export function searchsorted(sorted: TensorLike, values: TensorLike, options: SearchsortedOptions = {}): Tensor {
  checkOptions("searchsorted", options, ["side"]);
  const { side = "left" } = options;
  if (side !== "left" && side !== "right")
    throw new OptionError({ where: "searchsorted", expected: 'side as "left" or "right"', got: describe(side) });
  const [sequence, wanted] = promoteOperands("searchsorted", sorted, values);
  if (sequence.rank === 1)
    return reshape(applyOp(searchsortedOp, [sequence, reshape(wanted, [wanted.size])], side), wanted.shape);
  if (sequence.rank === 0 || wanted.rank === 0 || !sameShape(sequence.shape.slice(0, -1), wanted.shape.slice(0, -1)))
    throw new ShapeError({
      where: "searchsorted",
      expected: "a sorted vector, or sorted lines along the last axis, and as many lines of values",
      got: `${formatShape(sequence.shape)} and ${formatShape(wanted.shape)}`,
    });
  return applyOp(searchsortedOp, [sequence, wanted], side);
}
