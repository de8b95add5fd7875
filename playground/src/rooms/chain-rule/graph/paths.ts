/**
 * Smooth lines through the points of an arrow.
 */
import type { Point } from "@chainrule/viz/internal";

/** A path through the middles between the points, each of which bends it. */
export function smooth(points: readonly Point[]): string {
  const [first, ...rest] = points;
  const parts = [`M${at(first)}`];
  rest.slice(0, -1).forEach((point, i) => {
    const next = rest[i + 1];
    const end = i === rest.length - 2 ? next : { x: (point.x + next.x) / 2, y: (point.y + next.y) / 2 };
    parts.push(`Q${at(point)} ${at(end)}`);
  });
  if (rest.length === 1) parts.push(`L${at(rest[0])}`);
  return parts.join(" ");
}

const at = ({ x, y }: Point) => `${x.toFixed(1)} ${y.toFixed(1)}`;
