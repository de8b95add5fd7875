/**
 * Packs rows (or columns) of a matrix side by side in panels, in the order in which a product's inner loop reads them.
 */
import type { TypedArray } from "../tensor/dtype.ts";

/** A matrix inside an array: element (i, j) lies at `start + i * row + j * column`. */
export interface Matrix {
  readonly data: TypedArray;
  readonly start: number;
  readonly row: number;
  readonly column: number;
}

/**
 * Packs `count` lines of `inner` elements into panels of `tile` lines: element p of line i goes to
 * `at + (i - i % tile) * inner + p * tile + i % tile`. Lines that the last panel lacks become zeros.
 *
 * @param line how far apart lines lie, `step` how far apart the elements of a line.
 */
export function pack(
  to: Float64Array | Float32Array,
  at: number,
  tile: number,
  from: TypedArray,
  start: number,
  line: number,
  step: number,
  count: number,
  inner: number,
): void {
  for (let i = 0; i < count; i += tile) {
    const panel = at + i * inner;
    const lines = Math.min(tile, count - i);
    if (lines < tile) to.fill(0, panel, panel + tile * inner);
    // Read along whichever direction is contiguous: the other jumps from cache line to cache line.
    if (line === 1) packAcross(to, panel, tile, from, start + i, step, lines, inner);
    else packAlong(to, panel, tile, from, start + i * line, line, step, lines, inner);
  }
}

function packAcross(
  to: Float64Array | Float32Array,
  panel: number,
  tile: number,
  from: TypedArray,
  start: number,
  step: number,
  lines: number,
  inner: number,
): void {
  for (let p = 0, source = start, target = panel; p < inner; p++, source += step, target += tile)
    for (let lane = 0; lane < lines; lane++) to[target + lane] = from[source + lane];
}

function packAlong(
  to: Float64Array | Float32Array,
  panel: number,
  tile: number,
  from: TypedArray,
  start: number,
  line: number,
  step: number,
  lines: number,
  inner: number,
): void {
  for (let lane = 0; lane < lines; lane++)
    for (let p = 0, source = start + lane * line, target = panel + lane; p < inner; p++, source += step, target += tile)
      to[target] = from[source];
}
