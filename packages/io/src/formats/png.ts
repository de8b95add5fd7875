/**
 * Pictures as PNG files: grey, in colours, or a matrix in the colours of a heat map.
 *
 * Source: Portable Network Graphics, https://www.w3.org/TR/png-3/.
 */
import { DataError, OptionError, Tensor, type TensorLike, tensor } from "@chainrule/core";
import { checkNumber, checkOptions, describe, formatShape } from "@chainrule/core/internal";
import { zlibSync } from "fflate/browser";
import { crc32 } from "./crc.ts";

/** How numbers become colours. */
export interface PngOptions {
  /** The number that is darkest; by default 0 for colours, and the smallest pixel for the rest. */
  min?: number;
  /** The number that is brightest; by default 1 for colours, and the largest pixel for the rest. */
  max?: number;
  /** Of a matrix: "grey" (the default), or "viridis", in which heat maps are easier to read. */
  colors?: "grey" | "viridis";
}

/** A picture ready to be written. */
export interface Png {
  readonly bytes: Uint8Array;
  readonly height: number;
  readonly width: number;
  /** How many numbers a pixel has: 1 for grey, 3 for colours. */
  readonly channels: 1 | 3;
}

const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** Nine colours of matplotlib's viridis, from dark to bright; between them colours are mixed. */
const viridis = [
  [68, 1, 84],
  [71, 44, 122],
  [59, 81, 139],
  [44, 113, 142],
  [33, 144, 141],
  [39, 173, 129],
  [92, 200, 99],
  [170, 220, 50],
  [253, 231, 37],
] as const;

/**
 * Pixels as the bytes of a PNG file.
 *
 * @param pixels [height, width] for a matrix or a grey picture; [height, width, 3] or, as images lie for convolutions,
 *   [3, height, width] for colours red, green, blue from 0 to 1. What is beyond the range has the colour of its end, and
 *   what is no number that of `min`.
 * @throws DataError for other shapes, and for pictures without pixels; OptionError for unknown options.
 *
 * @example
 * const bytes = encodePng(eye(8));
 * const map = encodePng([[3, 1], [0, 4]], { colors: "viridis" });
 */
export function encodePng(pixels: TensorLike, options: PngOptions = {}): Uint8Array {
  return toPng("encodePng", pixels, options).bytes;
}

/** The picture with its size. @throws as {@link encodePng}. */
export function toPng(where: string, pixels: TensorLike, options: PngOptions = {}): Png {
  checkOptions(where, options, ["min", "max", "colors"]);
  for (const name of ["min", "max"] as const) if (options[name] !== undefined) checkNumber(where, name, options[name]);
  const { colors = "grey" } = options;
  if (colors !== "grey" && colors !== "viridis")
    throw new OptionError({ where, expected: 'colors "grey" or "viridis"', got: describe(colors) });
  const x = pixels instanceof Tensor ? pixels : tensor(pixels as never);
  const isMatrix = x.rank === 2;
  const areFirst = x.rank === 3 && x.shape[0] === 3;
  if (x.size === 0 || !(isMatrix || areFirst || (x.rank === 3 && x.shape[2] === 3)))
    throw new DataError({
      where,
      expected: "pixels [height, width], or with colours [height, width, 3] or [3, height, width]",
      got: formatShape(x.shape),
      hint:
        x.rank === 3 && x.shape.includes(1)
          ? "Of a picture with one channel make a matrix: pixels.squeeze()."
          : undefined,
    });
  const values = (areFirst ? x.permute(1, 2, 0) : x).toTypedArray();
  const [height, width] = areFirst ? x.shape.slice(1) : x.shape;
  const levels = levelsOf(values, options, isMatrix);
  const channels = isMatrix && colors === "grey" ? 1 : 3;
  const bytes =
    channels === 3 && isMatrix ? colored(levels) : Uint8Array.from(levels, (level) => Math.round(255 * level));
  return { bytes: encode(bytes, height, width, channels), height, width, channels };
}

/** Each number's place in the range, from 0 to 1. */
function levelsOf(values: ArrayLike<number>, options: PngOptions, isMatrix: boolean): Float64Array {
  const finite = isMatrix ? Array.from(values).filter(Number.isFinite) : [0, 1];
  const { min = finite.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY) } = options;
  const { max = finite.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY) } = options;
  return Float64Array.from(values, (value) => {
    const level = max > min ? (value - min) / (max - min) : value > min ? 1 : 0;
    return Number.isNaN(level) ? 0 : Math.min(1, Math.max(0, level));
  });
}

function colored(levels: Float64Array): Uint8Array {
  const bytes = new Uint8Array(3 * levels.length);
  levels.forEach((level, i) => {
    const at = Math.min(viridis.length - 2, Math.floor(level * (viridis.length - 1)));
    const share = level * (viridis.length - 1) - at;
    for (let c = 0; c < 3; c++)
      bytes[3 * i + c] = Math.round(viridis[at][c] * (1 - share) + viridis[at + 1][c] * share);
  });
  return bytes;
}

function encode(pixels: Uint8Array, height: number, width: number, channels: 1 | 3): Uint8Array {
  const row = width * channels;
  // Before each row stands how it was filtered: not at all.
  const filtered = new Uint8Array(height * (row + 1));
  for (let y = 0; y < height; y++) filtered.set(pixels.subarray(y * row, (y + 1) * row), y * (row + 1) + 1);
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([8, channels === 1 ? 0 : 2], 8);
  const parts = [
    Uint8Array.from(signature),
    chunk("IHDR", header),
    chunk("IDAT", zlibSync(filtered)),
    chunk("IEND", new Uint8Array(0)),
  ];
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** The length, the kind, the data, and a check sum of the last two. */
function chunk(kind: string, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(12 + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  bytes.set(new TextEncoder().encode(kind), 4);
  bytes.set(data, 8);
  view.setUint32(8 + data.length, crc32(bytes.subarray(4, 8 + data.length)));
  return bytes;
}
