/**
 * Orthogonal initialisation: weights that turn and mirror, and neither stretch nor shrink.
 */

import { randn, type Shape, ShapeError, sizeOf, type Tensor, tensor } from "@chainrule/core";
import { formatShape } from "@chainrule/core/internal";
import { refuseSurplus } from "../surplus.ts";
import { nameInitializers } from "./by-name.ts";
import { type GainOption, gainOf, type Initializer, type InitializerOptions, initializerOf } from "./initializer.ts";

/**
 * A random matrix with orthonormal rows or columns (whichever are fewer), times `gain` (Saxe et al. 2013).
 *
 * Weights of more axes are taken as the matrix of all inputs by output features. Every such matrix is equally likely.
 *
 * @throws ShapeError for weights of fewer than two axes.
 * @example initializers.orthogonal({ gain: Math.SQRT2 })([64, 64]);
 */
export function orthogonal(options: GainOption = {}): Initializer {
  refuseSurplus("orthogonal", arguments, 1);
  const gain = gainOf("orthogonal", options);
  const make = (shape: Shape, { dtype, generator, layout = "in-out" }: InitializerOptions) => {
    if (shape.length < 2)
      throw new ShapeError({ where: "orthogonal", expected: "weights of two axes or more", got: formatShape(shape) });
    const columns = layout === "in-out" ? shape.at(-1)! : sizeOf(shape.slice(1));
    const rows = columns === 0 ? 0 : sizeOf(shape) / columns;
    const [many, few] = [Math.max(rows, columns), Math.min(rows, columns)];
    const random = randn([few, many], { dtype: "float64", generator });
    const flat: Tensor = orthonormalRows(random.toTypedArray() as Float64Array, few, many);
    return (rows < columns ? flat : flat.T)
      .reshape(shape as Shape)
      .mul(gain)
      .cast(dtype ?? "float32");
  };
  return initializerOf("orthogonal", orthogonal, [{ gain }], make);
}

/**
 * Gram-Schmidt: from each row what lies along the rows before it is taken away, twice, because the first time leaves
 * rounding errors that the second removes (Giraud et al. 2005).
 */
export function orthonormalRows(rows: Float64Array, count: number, length: number): Tensor {
  for (let i = 0; i < count; i++) {
    const row = rows.subarray(i * length, (i + 1) * length);
    for (let time = 0; time < 2; time++)
      for (let j = 0; j < i; j++) {
        const before = rows.subarray(j * length, (j + 1) * length);
        const along = inner(row, before);
        for (let k = 0; k < length; k++) row[k] -= along * before[k];
      }
    const size = Math.sqrt(inner(row, row));
    for (let k = 0; k < length; k++) row[k] /= size;
  }
  return tensor(rows, { shape: [count, length] });
}

function inner(a: Float64Array, b: Float64Array): number {
  let total = 0;
  for (let k = 0; k < a.length; k++) total += a[k] * b[k];
  return total;
}

nameInitializers({ orthogonal });
