/**
 * Lines of very many points as lines that look the same.
 */
type Point = readonly [x: number, y: number];

/**
 * The first, least, greatest and last point of each column of pixels, in their order; gaps stay gaps. Short lines stay as
 * they are, and so do lines that go back in x.
 *
 * Source: U. Jugel et al., "M4: a visualization-oriented time series data aggregation" (2014).
 */
export function thinOut(points: readonly Point[], pixel: (point: Point) => number, width: number): readonly Point[] {
  if (points.length <= 4 * width || points.some(([x], i) => i > 0 && x < points[i - 1][0])) return points;
  const kept: Point[] = [];
  let start = 0;
  for (let i = 1; i <= points.length; i++) {
    if (i < points.length && Math.floor(pixel(points[i])) === Math.floor(pixel(points[start]))) continue;
    kept.push(...thinColumn(points, start, i));
    start = i;
  }
  return kept;
}

/** Of the points from `start` to before `end` those that are seen, and one gap where there is any. */
function thinColumn(points: readonly Point[], start: number, end: number): Point[] {
  let [least, most, gap] = [-1, -1, -1];
  for (let i = start; i < end; i++) {
    const y = points[i][1];
    if (!Number.isFinite(y)) gap = i;
    else {
      if (least < 0 || y < points[least][1]) least = i;
      if (most < 0 || y > points[most][1]) most = i;
    }
  }
  const seen = new Set([start, least, most, gap, end - 1].filter((i) => i >= 0));
  return [...seen].sort((a, b) => a - b).map((i) => points[i]);
}
