/**
 * Regions of a plane in which a field of numbers is above a value, as outlines: the library d3-contour, on grids that reach
 * one step beyond the drawing on every side, so that its cut corners lie outside.
 *
 * Source: marching squares, as d3-contour does it.
 */
import { contours } from "d3-contour";
import type { PlotArea } from "./plot-area.ts";
import type { Extent } from "./ticks.ts";

/** Points in equal steps over a part of the plane, `columns` by `rows` inside and one more around. */
export interface Grid {
  readonly columns: number;
  readonly rows: number;
  /** Each point, row by row, from the low end of both axes. */
  readonly points: readonly (readonly [x: number, y: number])[];
}

export function gridOver(xRange: Extent, yRange: Extent, columns: number, rows: number): Grid {
  const along = ([low, high]: Extent, i: number, count: number) => low + ((high - low) * (i - 0.5)) / count;
  const width = columns + 2;
  const points = Array.from(
    { length: width * (rows + 2) },
    (_, i) => [along(xRange, i % width, columns), along(yRange, Math.floor(i / width), rows)] as const,
  );
  return { columns, rows, points };
}

/**
 * The region in which a field is at or above a value, as the text of an SVG path; empty where there is none.
 *
 * @param field a number for each point of the grid; NaN is below everything.
 */
export function regionPath({ columns, rows }: Grid, field: readonly number[], value: number, frame: PlotArea): string {
  const { left, right, top, bottom } = frame;
  const [dx, dy] = [(right - left) / columns, (bottom - top) / rows];
  return outline([columns + 2, rows + 2], field, value, (u, v) => [left + (u - 1) * dx, bottom - (v - 1) * dy]);
}

/** The same for points of which the outermost lie on the frame, `columns` by `rows`. */
export function meshPath(
  columns: number,
  rows: number,
  field: readonly number[],
  value: number,
  frame: PlotArea,
): string {
  const { left, right, top, bottom } = frame;
  const [dx, dy] = [(right - left) / (columns - 1), (bottom - top) / (rows - 1)];
  return outline([columns, rows], field, value, (u, v) => [left + (u - 0.5) * dx, bottom - (v - 0.5) * dy]);
}

function outline(
  size: [number, number],
  field: readonly number[],
  value: number,
  place: (u: number, v: number) => readonly [x: number, y: number],
): string {
  const at = ([u, v]: number[]) => place(u, v).map(tenth).join(" ");
  const { coordinates } = contours()
    .size(size)
    .contour([...field], value);
  // An outline ends where it begins, which Z says.
  return coordinates.flatMap((polygon) => polygon.map((ring) => `M${ring.slice(0, -1).map(at).join("L")}Z`)).join("");
}

const tenth = (value: number) => String(Math.round(value * 10) / 10);
