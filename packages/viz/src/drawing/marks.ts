/**
 * Points of classes: each class has a shape and a colour, so that they are told apart without the one or the other.
 */
import { fillClass } from "./plot-area.ts";
import { element, round } from "./svg.ts";

/** Outlines around (0, 0) of about the same area, as steps of [x, y]; the circle is none of them. */
const outlines: readonly (readonly (readonly [number, number])[] | "circle")[] = [
  "circle",
  [
    [-1, -1],
    [1, -1],
    [1, 1],
    [-1, 1],
  ],
  [
    [0, -1.35],
    [1.25, 0.85],
    [-1.25, 0.85],
  ],
  [
    [0, -1.4],
    [1.4, 0],
    [0, 1.4],
    [-1.4, 0],
  ],
  [
    [0, 1.35],
    [1.25, -0.85],
    [-1.25, -0.85],
  ],
];

/** The point of a class at (x, y), about `size` pixels to each side, with an edge in the page's colour. */
export function drawMark(label: number, x: number, y: number, size = 4): string {
  const outline = outlines[label % outlines.length];
  const looks = { class: `mark ${fillClass(label)}` };
  if (outline === "circle") return element("circle", { ...looks, cx: x, cy: y, r: size });
  const points = outline.map(([dx, dy]) => `${round(x + dx * size * 0.9)},${round(y + dy * size * 0.9)}`).join(" ");
  return element("polygon", { ...looks, points });
}
