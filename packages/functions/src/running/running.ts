/**
 * What functions that run along an axis take.
 */
import { normalizeAxis, type Shape, type Tensor } from "@chainrule/core";
import { checkOptions, forEachRow } from "@chainrule/core/internal";

/** The axis that something runs along, and whether from its end. */
export interface Running {
  /** Counted from the last, which is -1, so that it is the same axis with more of them in front. */
  readonly axis: number;
  readonly reverse: boolean;
}

/** From which end a running function begins. */
export interface RunningOptions {
  /** Begin at the end of the axis. */
  reverse?: boolean;
}

/** The axis and the direction. */
export function runningAlong(where: string, x: Tensor, axis: number, options: RunningOptions): Running {
  checkOptions(where, options, ["reverse"]);
  return { axis: normalizeAxis(where, axis, x.rank) - x.rank, reverse: options.reverse ?? false };
}

/** Calls `visit(n, first, step)` for every line along the axis, whose n elements lie at `first + p * step` in their order. */
export function forEachRun(
  shape: Shape,
  { axis, reverse }: Running,
  visit: (n: number, first: number, step: number) => void,
): void {
  const at = axis + shape.length;
  const n = shape[at];
  forEachRow(shape, { first: at, last: at }, (start, step) => {
    if (reverse) visit(n, start + (n - 1) * step, -step);
    else visit(n, start, step);
  });
}
