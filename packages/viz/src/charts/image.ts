/**
 * Pictures in the terminal: grey-scale images such as handwritten digits.
 */
import { asTensor, DataError, OptionError, Tensor, type TensorLike } from "@chainrule/core";
import { describe } from "@chainrule/core/internal";
import { checkDrawingOptions } from "../drawing/options.ts";
import { asciiRamp, extentOf, normalize, selectLevel } from "../drawing/shades.ts";
import { hasColors, paint } from "../drawing/terminal.ts";

/** Options of {@link drawImage}. */
export interface DrawImageOptions {
  /** The number that is black; by default the smallest pixel. */
  min?: number;
  /** The number that is white; by default the largest pixel. */
  max?: number;
  /** Whether to draw large numbers dark. */
  invert?: boolean;
  /** Whether to use shades of grey; by default where the terminal has colours. Else characters stand for them. */
  color?: boolean;
}

/** The first of xterm's 24 shades of grey, and how many there are. */
const [firstGrey, greys] = [232, 24];

/**
 * Draws a grey-scale image as text.
 *
 * With colours a character holds two pixels, one above the other; without, two characters make a pixel, darker the
 * fewer strokes they have.
 *
 * @param pixels numbers row by row, as a tensor, a list, or rows in a list.
 * @param size [height, width]; may be left out where `pixels` has two axes.
 * @throws DataError for another number of pixels than height times width.
 *
 * @example
 * console.log(drawImage(eye(8)));
 */
export function drawImage(
  pixels: Tensor | ArrayLike<number> | readonly (readonly number[])[],
  size?: readonly [height: number, width: number],
  options: DrawImageOptions = {},
): string {
  const where = "drawImage";
  checkDrawingOptions(where, options, ["min", "max", "invert", "color"]);
  const { min, max, invert = false, color = hasColors() } = options;
  const { values, height, width } = readPixels(where, pixels, size);
  const range = extentOf(values, min, max);
  const levelAt = (row: number, column: number) => {
    const share = normalize(values[row * width + column], range);
    return invert ? 1 - share : share;
  };
  const columns = Array.from({ length: width }, (_, column) => column);
  if (!color)
    return Array.from({ length: height }, (_, row) =>
      columns
        .map((column) => selectLevel(asciiRamp, levelAt(row, column)).repeat(2))
        .join("")
        .trimEnd(),
    ).join("\n");
  const grey = (row: number, column: number) =>
    row < height ? firstGrey + Math.min(greys - 1, Math.floor(levelAt(row, column) * greys)) : undefined;
  return Array.from({ length: Math.ceil(height / 2) }, (_, pair) =>
    columns.map((column) => paint("▀", grey(2 * pair, column), grey(2 * pair + 1, column))).join(""),
  ).join("\n");
}

function readPixels(where: string, pixels: unknown, size: readonly [number, number] | undefined) {
  const nested = Array.isArray(pixels) && Array.isArray(pixels[0]);
  const values: number[] =
    pixels instanceof Tensor
      ? Array.from(pixels.toTypedArray())
      : nested
        ? (pixels as number[][]).flat()
        : Array.from(Array.isArray(pixels) ? pixels : Array.from(asTensor(pixels as TensorLike, where).storage));
  const own = pixels instanceof Tensor ? pixels.shape : nested ? [pixels.length, (pixels[0] as unknown[]).length] : [];
  if (size !== undefined && !(Array.isArray(size) && size.length === 2 && size.every(Number.isInteger)))
    throw new OptionError({ where, expected: "a size as [height, width]", got: describe(size) });
  const [height, width] = size ?? own;
  if (height === undefined || width === undefined || (size === undefined && own.length !== 2))
    throw new DataError({
      where,
      expected: "pixels in rows and columns",
      got: pixels instanceof Tensor ? `shape [${own.join(", ")}]` : describe(pixels),
      hint: "Name the size: drawImage(pixels, [28, 28]).",
    });
  if (values.length === 0 || values.length !== height * width || !values.every((value) => typeof value === "number"))
    throw new DataError({
      where,
      expected: `${height} x ${width} pixels`,
      got: `${values.length}`,
    });
  return { values, height, width };
}
