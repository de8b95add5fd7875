/**
 * Classes by name and by number: names to class indices, class indices to one-hot rows.
 */
import { DataError, oneHot, type Tensor, type TensorLike, tensor } from "@chainrule/core";
import { describe } from "@chainrule/core/internal";

/** A class as people write it. */
export type ClassName = string | number | boolean;

/**
 * Class names as whole numbers: each its place in the sorted list of the names that occur.
 *
 * Numbers sort by size and texts by code unit, as scikit-learn's LabelEncoder does.
 *
 * @returns `labels` int32 [n], and `classes`, so that `classes[label]` is the name.
 * @throws DataError for a value that is no text, number or truth value, for NaN, and for texts and numbers mixed, which
 *   have no order.
 *
 * @example
 * encodeLabels(["cat", "dog", "cat"]); // { labels: tensor([0, 1, 0]), classes: ["cat", "dog"] }
 */
export function encodeLabels<Name extends ClassName>(names: readonly Name[]): { labels: Tensor; classes: Name[] } {
  if (!Array.isArray(names))
    throw new DataError({ where: "encodeLabels", expected: "a list of class names", got: describe(names) });
  names.forEach((name, i) => {
    if (!["string", "number", "boolean"].includes(typeof name) || Number.isNaN(name))
      throw new DataError({ where: "encodeLabels", expected: "class names", got: `${describe(name)} at index ${i}` });
  });
  const other = names.findIndex((name) => typeof name !== typeof names[0]);
  if (other >= 0)
    throw new DataError({
      where: "encodeLabels",
      expected: "class names of one kind",
      got: `${describe(names[0])} at index 0 and ${describe(names[other])} at index ${other}`,
      hint: "Make texts of all: names.map(String).",
    });
  const classes = [...new Set(names)].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const indexOf = new Map(classes.map((name, index) => [name, index]));
  return { labels: tensor(Int32Array.from(names, (name) => indexOf.get(name)!)), classes };
}

/**
 * Class indices as one-hot rows: Keras's `to_categorical`, and `oneHot` by another name.
 *
 * @param labels whole numbers from 0 to numClasses - 1, any shape; the result has one more axis, the last.
 * @param numClasses by default the largest label + 1.
 * @returns float32, 1 at each label's place and 0 elsewhere.
 * @throws ValueError for labels that are not whole or out of range.
 *
 * @example
 * toCategorical([0, 2], 3); // [[1, 0, 0], [0, 0, 1]]
 */
export function toCategorical(labels: TensorLike, numClasses?: number): Tensor {
  return oneHot(labels, numClasses);
}
