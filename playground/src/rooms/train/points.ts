/**
 * Points that somebody has drawn, as a text for the link: `x y class` each, in thousandths.
 */

/** A point from -1 to 1 in both directions, and its class. */
export interface DrawnPoint {
  readonly x: number;
  readonly y: number;
  readonly label: number;
}

/** More would make the link too long. */
export const mostPoints = 500;

/** The points of a text; what is no point is left out. */
export function readPoints(text: string): DrawnPoint[] {
  return text
    .split(",")
    .slice(0, mostPoints)
    .flatMap((part) => {
      const [, x, y, label] = /^(-?\d{1,4}) (-?\d{1,4}) ([0-4])$/.exec(part) ?? [];
      return label === undefined ? [] : [{ x: Number(x) / 1000, y: Number(y) / 1000, label: Number(label) }];
    });
}

/** The text of points. */
export function writePoints(points: readonly DrawnPoint[]): string {
  return points.map(({ x, y, label }) => `${Math.round(x * 1000)} ${Math.round(y * 1000)} ${label}`).join(",");
}

/** The point that is nearest, if it is within `reach`: its index, or -1. */
export function nearest(points: readonly DrawnPoint[], x: number, y: number, reach: number): number {
  let found = -1;
  let least = reach;
  points.forEach((point, i) => {
    const distance = Math.hypot(point.x - x, point.y - y);
    if (distance <= least) [found, least] = [i, distance];
  });
  return found;
}
