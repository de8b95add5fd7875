/**
 * Maps of the plane as pixels, and the lines between classes.
 */
import { type Colour, classColours, mixed, type PageColours } from "./palette.ts";

/** How much of a class's colour is in the map: points of the same class are to stand out. */
const strength = 0.5;

/** Writes the shares of classes, 0 to 255 each, as pixels. */
export function paintShares(pixels: Uint8ClampedArray, map: Uint8Array, classes: number, { paper }: PageColours): void {
  const colours = classColours.map((colour) => mixed(paper, colour, strength));
  for (let i = 0, at = 0; i < pixels.length; i += 4, at += classes) {
    let [r, g, b] = [0, 0, 0];
    for (let c = 0; c < classes; c++) {
      const share = map[at + c] / 255;
      r += share * colours[c][0];
      g += share * colours[c][1];
      b += share * colours[c][2];
    }
    pixels[i] = r;
    pixels[i + 1] = g;
    pixels[i + 2] = b;
    pixels[i + 3] = 255;
  }
}

/** Below 0 and above it, as in edges: blue and orange would say classes. */
export const negative: Colour = [178, 70, 120];
export const positive: Colour = [50, 130, 60];

/** Writes what a unit gives, -127 to 127, as pixels. */
export function paintUnit(pixels: Uint8ClampedArray, values: Int8Array, { paper }: PageColours): void {
  for (let i = 0; i < values.length; i++) {
    const [r, g, b] = mixed(paper, values[i] < 0 ? negative : positive, Math.abs(values[i]) / 150);
    pixels[4 * i] = r;
    pixels[4 * i + 1] = g;
    pixels[4 * i + 2] = b;
    pixels[4 * i + 3] = 255;
  }
}

/**
 * The lines along which another class becomes the likeliest: x and y of both ends of each piece, in cells from the top left.
 *
 * Marching squares: where the lead of a class over the others changes its sign between two neighbours, the line goes through.
 */
export function borders(map: Uint8Array, classes: number, size: number): number[] {
  const lead = new Float32Array(size * size);
  const lines: number[] = [];
  for (let c = 0; c < (classes === 2 ? 1 : classes); c++) {
    for (let i = 0; i < lead.length; i++) {
      let other = 0;
      for (let k = 0; k < classes; k++) if (k !== c) other = Math.max(other, map[i * classes + k]);
      // No cell is on the line itself.
      lead[i] = map[i * classes + c] - other + 0.5;
    }
    for (let row = 0; row + 1 < size; row++)
      for (let column = 0; column + 1 < size; column++) {
        const at = row * size + column;
        addPiece(lines, lead[at], lead[at + 1], lead[at + size + 1], lead[at + size], column + 0.5, row + 0.5);
      }
  }
  return lines;
}

/** The piece within one square, of its corners' values from the top left clockwise. */
function addPiece(lines: number[], a: number, b: number, c: number, d: number, x: number, y: number): void {
  const signs = (a > 0 ? 1 : 0) + (b > 0 ? 2 : 0) + (c > 0 ? 4 : 0) + (d > 0 ? 8 : 0);
  if (signs === 0 || signs === 15) return;
  const ends: number[] = [];
  if (a > 0 !== b > 0) ends.push(x + a / (a - b), y);
  if (b > 0 !== c > 0) ends.push(x + 1, y + b / (b - c));
  if (c > 0 !== d > 0) ends.push(x + d / (d - c), y + 1);
  if (d > 0 !== a > 0) ends.push(x, y + a / (a - d));
  for (let i = 0; i + 3 < ends.length; i += 4) lines.push(ends[i], ends[i + 1], ends[i + 2], ends[i + 3]);
}
