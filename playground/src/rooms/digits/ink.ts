/**
 * Drawings: points of 32 x 32, of which each pixel of 8 x 8 counts 16, as in the data.
 */
import { maxInk, side } from "./drawing.ts";

/** Points along each side. */
export const points = 32;
const perPixel = points / side;

/** One character for each pixel, for the link: 0 to 9, then a to g for 10 to 16. */
export function drawingText(pixels: readonly number[]): string {
  return pixels.map((ink) => ink.toString(17)).join("");
}

/** The pixels of a text that `drawingText` wrote. */
export function pixelsOf(text: string): number[] {
  return [...text].map((character) => Number.parseInt(character, 17));
}

/** What the texts of drawings look like. */
export const drawingPattern = /^[0-9a-g]{64}$/;

/** How many of its points are inked, for each pixel. */
export function countInk(bitmap: Uint8Array): number[] {
  const pixels = new Array<number>(side * side).fill(0);
  bitmap.forEach((inked, at) => {
    const [row, column] = [Math.floor(at / points / perPixel), Math.floor((at % points) / perPixel)];
    pixels[row * side + column] += inked;
  });
  return pixels;
}

/** Points that count to these pixels, those in the middle of each first. */
export function spread(pixels: readonly number[]): Uint8Array {
  const bitmap = new Uint8Array(points * points);
  const order = Array.from({ length: maxInk }, (_, i) => [Math.floor(i / perPixel), i % perPixel] as const).sort(
    ([r1, c1], [r2, c2]) => Math.hypot(r1 - 1.5, c1 - 1.5) - Math.hypot(r2 - 1.5, c2 - 1.5),
  );
  pixels.forEach((ink, at) => {
    const [row, column] = [Math.floor(at / side) * perPixel, (at % side) * perPixel];
    for (const [r, c] of order.slice(0, ink)) bitmap[(row + r) * points + column + c] = 1;
  });
  return bitmap;
}

/** Inks the points within `radius` of the way from one point to another. */
export function stroke(
  bitmap: Uint8Array,
  from: readonly [x: number, y: number],
  to: readonly [x: number, y: number],
  radius = 2,
): Uint8Array {
  const drawn = bitmap.slice();
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const length = dx * dx + dy * dy;
  for (let at = 0; at < drawn.length; at++) {
    const [x, y] = [(at % points) + 0.5, Math.floor(at / points) + 0.5];
    const along = length === 0 ? 0 : Math.min(1, Math.max(0, ((x - from[0]) * dx + (y - from[1]) * dy) / length));
    if (Math.hypot(x - from[0] - along * dx, y - from[1] - along * dy) <= radius) drawn[at] = 1;
  }
  return drawn;
}

/** The drawing as large as the frame allows, in its middle: as the digits of the data are. */
export function fitToFrame(bitmap: Uint8Array): Uint8Array {
  let [left, right, top, bottom] = [points, -1, points, -1];
  bitmap.forEach((inked, at) => {
    if (!inked) return;
    const [x, y] = [at % points, Math.floor(at / points)];
    [left, right, top, bottom] = [Math.min(left, x), Math.max(right, x), Math.min(top, y), Math.max(bottom, y)];
  });
  if (right < 0) return bitmap;
  const [width, height] = [right - left + 1, bottom - top + 1];
  const scale = points / Math.max(width, height);
  const [x0, y0] = [(points - width * scale) / 2, (points - height * scale) / 2];
  return bitmap.map((_, at) => {
    const x = Math.floor(((at % points) + 0.5 - x0) / scale) + left;
    const y = Math.floor((Math.floor(at / points) + 0.5 - y0) / scale) + top;
    return x < left || x > right || y < top || y > bottom ? 0 : bitmap[y * points + x];
  });
}
