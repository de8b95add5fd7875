/**
 * Pictures of pixels in SVG: for each colour one path, of the runs of neighbours that have it. No files and no scripts are
 * needed for it, and what is alike takes little room.
 */
import { element } from "./svg.ts";

/** Numbers row by row, and how each becomes a colour: an SVG colour or a class, by its name; null for the page's own. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** The colour at a place, and how strong it is: "#1a2b3c", or a class such as "up" with an opacity. */
  colorAt(row: number, column: number): PixelColor | null;
}

/** How pixels of one colour are written. */
export type PixelColor = Readonly<Record<"class" | "fill" | "fill-opacity", string | undefined>>;

/** The colours of numbers with a sign, on light pages and on dark ones. */
export const signStyles = {
  light: ".cr .up{fill:#1f6fb5}.cr .down{fill:#c45a00}",
  dark: ".cr .up{fill:#63b1ee}.cr .down{fill:#f0914f}",
} as const;

/** So many shades are told apart. */
export const shades = 32;

/** The picture at a place, each pixel as large as there is room for. */
export function drawPixels({ width, height, colorAt }: Pixels, x: number, y: number, size: number): string {
  const runs = new Map<string, { color: PixelColor; d: string[] }>();
  for (let row = 0; row < height; row++)
    for (let column = 0; column < width; ) {
      const color = colorAt(row, column);
      const key = color && `${color.class} ${color.fill} ${color["fill-opacity"]}`;
      let end = column + 1;
      for (; end < width; end++) {
        const next = colorAt(row, end);
        if ((next && `${next.class} ${next.fill} ${next["fill-opacity"]}`) !== key) break;
      }
      if (color && key) {
        const run = runs.get(key) ?? { color, d: [] };
        run.d.push(`M${column} ${row}h${end - column}v1h${column - end}z`);
        runs.set(key, run);
      }
      column = end;
    }
  const paths = [...runs.values()].map(({ color, d }) => element("path", { ...color, d: d.join("") }));
  const box = { x, y, width: size, height: (size * height) / width, viewBox: `0 0 ${width} ${height}` };
  return element("svg", { ...box, "shape-rendering": "crispEdges" }, ...paths);
}

/** How many of `count` pictures stand side by side, so that at most `most` do and the rows are about alike. */
export function evenColumns(count: number, most: number): number {
  const across = Math.max(1, Math.min(count, most));
  return Math.ceil(count / Math.ceil(count / across));
}

const hex = (share: number) =>
  Math.round(255 * Math.min(1, Math.max(0, share)))
    .toString(16)
    .padStart(2, "0");

/** A share from black (0) to white (1), in as many steps as are told apart. */
export function grey(share: number): PixelColor {
  const part = hex(Math.round(share * (shades - 1)) / (shades - 1));
  return { class: undefined, fill: `#${part}${part}${part}`, "fill-opacity": undefined };
}

/** Red, green and blue from 0 to 1. */
export function rgb(red: number, green: number, blue: number): PixelColor {
  const part = (share: number) => hex(Math.round(share * (shades - 1)) / (shades - 1));
  return { class: undefined, fill: `#${part(red)}${part(green)}${part(blue)}`, "fill-opacity": undefined };
}

/** From -1 to 1: the page's own colour at 0, blue above and orange below as in heat maps. */
export function signed(share: number): PixelColor | null {
  const strength = Math.round(Math.min(1, Math.abs(share)) * (shades - 1)) / (shades - 1);
  if (!(strength > 0)) return null;
  return { class: share < 0 ? "down" : "up", fill: undefined, "fill-opacity": String(Number(strength.toFixed(3))) };
}
