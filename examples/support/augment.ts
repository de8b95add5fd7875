/**
 * Pictures changed so that they still show the same: moved, turned and stretched a little.
 */
import { type Generator, type Tensor, tensor } from "chainrule";

/** How much at most. */
export interface Changes {
  /** In pixels. */
  shift?: number;
  /** In degrees. */
  turn?: number;
  /** The share by which it grows or shrinks. */
  stretch?: number;
}

/**
 * Each picture of a batch, changed in its own way: what lies between pixels is interpolated, what comes from outside
 * is background, 0.
 *
 * @param images square pictures, row by row: [n, side²].
 */
export function augment(
  images: Tensor,
  generator: Generator,
  { shift = 0.7, turn = 15, stretch = 0.1 }: Changes = {},
): Tensor {
  const [n, size] = images.shape;
  const side = Math.sqrt(size);
  const middle = (side - 1) / 2;
  const pixels = images.toTypedArray();
  const changed = new Float32Array(pixels.length);
  const around = (most: number) => most * generator.uniform(-1, 1);
  for (let i = 0; i < n; i++) {
    const angle = (around(turn) * Math.PI) / 180;
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    const [tall, wide, down, right] = [1 + around(stretch), 1 + around(stretch), around(shift), around(shift)];
    const at = (row: number, column: number) =>
      row < 0 || row >= side || column < 0 || column >= side ? 0 : pixels[i * size + row * side + column];
    for (let row = 0; row < side; row++)
      for (let column = 0; column < side; column++) {
        const [y, x] = [row - middle - down, column - middle - right];
        changed[i * size + row * side + column] = between(
          at,
          middle + (cos * y - sin * x) * tall,
          middle + (sin * y + cos * x) * wide,
        );
      }
  }
  return tensor(changed).reshape(n, size);
}

/** The brightness between four pixels, each counting the more the nearer it is. */
function between(at: (row: number, column: number) => number, row: number, column: number): number {
  const [top, left] = [Math.floor(row), Math.floor(column)];
  const [down, right] = [row - top, column - left];
  const upper = at(top, left) * (1 - right) + at(top, left + 1) * right;
  const lower = at(top + 1, left) * (1 - right) + at(top + 1, left + 1) * right;
  return upper * (1 - down) + lower * down;
}
