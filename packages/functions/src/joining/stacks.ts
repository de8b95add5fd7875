/**
 * Putting tensors side by side: as columns, as rows, in depth, and records of tensors name by name.
 */
import { asTensor, concat, reshape, ShapeError, stack, Tensor, type TensorLike, ValueError } from "@chainrule/core";
import { checkList, describe, listInWords } from "@chainrule/core/internal";

/**
 * The tensors side by side: along the second axis, vectors and single numbers along their only one.
 *
 * Shape: [m, n, ..] and [m, k, ..] to [m, n + k, ..]; [n] and [k] to [n + k].
 *
 * @throws ShapeError where they differ along another axis; ValueError for no tensors.
 * @example hstack([[[1], [2]], [[3], [4]]]); // [[1, 3], [2, 4]]
 */
export function hstack(tensors: readonly TensorLike[]): Tensor {
  const inputs = withAxes("hstack", tensors, (shape) => (shape.length === 0 ? [1] : shape));
  return concat(inputs, inputs[0].rank === 1 ? 0 : 1);
}

/**
 * The tensors one above the other: along the first axis, vectors and single numbers as rows.
 *
 * Shape: [n, ..] and [k, ..] to [n + k, ..]; [n] and [n] to [2, n].
 *
 * @throws ShapeError where they differ along another axis; ValueError for no tensors.
 * @example vstack([[1, 2], [3, 4]]); // [[1, 2], [3, 4]]
 */
export function vstack(tensors: readonly TensorLike[]): Tensor {
  return concat(
    withAxes("vstack", tensors, (shape) => (shape.length < 2 ? [1, shape[0] ?? 1] : shape)),
    0,
  );
}

/**
 * The tensors one behind the other: along the third axis, vectors as rows [1, n, 1] and matrices as [m, n, 1].
 *
 * Shape: [m, n] and [m, n] to [m, n, 2].
 *
 * @throws ShapeError where they differ along another axis; ValueError for no tensors.
 * @example dstack([[1, 2], [3, 4]]); // [[[1, 3], [2, 4]]]
 */
export function dstack(tensors: readonly TensorLike[]): Tensor {
  const deep = (shape: readonly number[]) =>
    shape.length < 2 ? [1, shape[0] ?? 1, 1] : shape.length === 2 ? [...shape, 1] : shape;
  return concat(withAxes("dstack", tensors, deep), 2);
}

function withAxes(
  where: string,
  tensors: readonly TensorLike[],
  shapeOf: (shape: readonly number[]) => readonly number[],
): Tensor[] {
  checkList(where, tensors, "an array of tensors");
  if (tensors.length === 0) throw new ValueError({ where, expected: "at least one tensor", got: "none" });
  return Array.from(tensors, (each) => {
    const input = asTensor(each, where);
    return reshape(input, shapeOf(input.shape));
  });
}

/** Records of tensors, or of numbers and arrays, also within each other: `{ x: image, y: { label, weight } }`. */
export interface NamedTensors {
  readonly [name: string]: TensorLike | NamedTensors;
}

/** What stands in the place of each tensor's records when they have been stacked. */
export type Stacked<T> = { [Name in keyof T]: T[Name] extends TensorLike ? Tensor : Stacked<T[Name]> };

/**
 * Records of tensors stacked name by name: of samples `{ x, y }` a batch `{ x, y }`, as PyTorch's data loaders collate them.
 *
 * Shape: n records with a tensor of shape S under a name to [n, ...S] under that name, or with the new axis at `axis`.
 *
 * @throws ValueError for no records, or where one has other names than the first; ShapeError where shapes under a name differ.
 * @example
 * const batch = stackRecords([{ x: [1, 2], y: 0 }, { x: [3, 4], y: 1 }]);
 * batch.x; // [[1, 2], [3, 4]]
 * batch.y; // [0, 1]
 */
export function stackRecords<T extends NamedTensors>(records: readonly T[], axis = 0): Stacked<T> {
  checkList("stackRecords", records, "an array of records, as [{ x, y }, { x, y }]");
  return stackUnder("", Array.from(records), axis) as Stacked<T>;
}

function stackUnder(path: string, records: readonly NamedTensors[], axis: number): Record<string, unknown> {
  const where = path === "" ? "stackRecords" : `stackRecords, "${path}"`;
  if (records.length === 0) throw new ValueError({ where, expected: "at least one record", got: "none" });
  for (const record of records)
    if (!isRecord(record))
      throw new ValueError({ where, expected: "records of tensors, as { x, y }", got: describe(record) });
  const names = Object.keys(records[0]);
  for (const record of records)
    if (Object.keys(record).length !== names.length || !names.every((name) => Object.hasOwn(record, name)))
      throw new ValueError({
        where,
        expected: `the names of the first record in all of them, ${listInWords(names)}`,
        got: listInWords(Object.keys(record)),
      });
  return Object.fromEntries(
    names.map((name) => {
      const under = path === "" ? name : `${path}.${name}`;
      const parts = records.map((record) => record[name]);
      if (parts.some(isRecord)) return [name, stackUnder(under, parts as readonly NamedTensors[], axis)];
      return [name, stackOf(under, parts as readonly TensorLike[], axis)];
    }),
  );
}

function stackOf(path: string, parts: readonly TensorLike[], axis: number): Tensor {
  try {
    return stack(parts, axis);
  } catch (error) {
    throw error instanceof ShapeError ? error.inside(`stackRecords, "${path}"`) : error;
  }
}

function isRecord(x: unknown): x is NamedTensors {
  return typeof x === "object" && x !== null && !Array.isArray(x) && !ArrayBuffer.isView(x) && !(x instanceof Tensor);
}
