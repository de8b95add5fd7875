/**
 * How far to go in a direction: a search for a step that lowers the loss enough and ends where its slope is gentle.
 */

/** The loss along a direction: where, how high, and how steep. */
export interface Point {
  /** How many directions from the start. */
  readonly t: number;
  readonly loss: number;
  /** The derivative by t. */
  readonly slope: number;
  /** All gradients, one after another. */
  readonly gradient: Float64Array;
}

/** How much of the fall that the slope promises is asked for, and what share of the slope may be left (Nocedal & Wright 2006, 3.1). */
const [leastFall, mostSlope] = [1e-4, 0.9];

export interface SearchOptions {
  /** The first step to try. */
  readonly first: number;
  /** The largest element of the direction: a bracket that times this is no longer than `tolerance` is not narrowed. */
  readonly largest: number;
  readonly tolerance: number;
  /** By how much rounding may raise the loss: near the minimum falls are smaller than that, and the slope still tells the way. */
  readonly rounding: number;
  /** How many steps are tried at most after the first. */
  readonly most: number;
}

/**
 * A step that fulfils the strong Wolfe conditions, f(t) ≤ f(0) + c₁ t f′(0) and |f′(t)| ≤ c₂ |f′(0)|, with c₁ = 1e-4 and
 * c₂ = 0.9: steps grow until one is bracketed, and the bracket is narrowed at the minimum of cubics (Nocedal & Wright 2006,
 * algorithms 3.5 and 3.6, with the safeguards of Schmidt's minFunc, as PyTorch has them). The first condition holds to
 * `rounding` (Hager & Zhang 2005 say why), which PyTorch's does not.
 */
export function strongWolfe(
  evaluate: (t: number) => Point,
  start: Point,
  { first, largest, tolerance, most, rounding }: SearchOptions,
): Point {
  const isTooHigh = ({ t, loss }: Point) => loss > start.loss + leastFall * t * start.slope + rounding;
  const isGentle = ({ slope }: Point) => Math.abs(slope) <= -mostSlope * start.slope;
  let [last, now] = [start, evaluate(first)];
  let tried = 0;
  let bracket: [Point, Point] | null = null;
  for (; tried < most && bracket === null; ) {
    const isBeyond = isTooHigh(now) || (tried > 1 && now.loss >= last.loss);
    if (!isBeyond && isGentle(now)) return now;
    if (isBeyond || now.slope >= 0) bracket = [last, now];
    else {
      const t = cubicMinimum(last, now, now.t + 0.01 * (now.t - last.t), now.t * 10);
      [last, now] = [now, evaluate(t)];
      tried++;
    }
  }
  const ends = bracket ?? [start, now];
  let low = lower(ends);
  let isStuck = false;
  while (tried < most && Math.abs(ends[1].t - ends[0].t) * largest >= tolerance) {
    const [least, greatest] = [Math.min(ends[0].t, ends[1].t), Math.max(ends[0].t, ends[1].t)];
    let t = cubicMinimum(ends[0], ends[1], least, greatest);
    // Twice in a row close to an end, or on it: a tenth of the way in.
    const margin = 0.1 * (greatest - least);
    const isClose = Math.min(greatest - t, t - least) < margin;
    if (isClose && (isStuck || t >= greatest || t <= least)) {
      t = Math.abs(t - greatest) < Math.abs(t - least) ? greatest - margin : least + margin;
      isStuck = false;
    } else isStuck = isClose;
    const next = evaluate(t);
    tried++;
    const high = 1 - low;
    if (isTooHigh(next) || next.loss >= ends[low].loss) {
      ends[high] = next;
      low = lower(ends);
    } else {
      if (isGentle(next)) return next;
      if (next.slope * (ends[high].t - ends[low].t) >= 0) ends[high] = ends[low];
      ends[low] = next;
    }
  }
  return ends[low];
}

/** Which end is lower; the first where they are alike. */
function lower([a, b]: readonly [Point, Point]): 0 | 1 {
  return a.loss <= b.loss ? 0 : 1;
}

/** Where the cubic through two points with their slopes is lowest, within limits; their middle where it has no minimum. */
function cubicMinimum(a: Point, b: Point, least: number, greatest: number): number {
  const [left, right] = a.t <= b.t ? [a, b] : [b, a];
  const d1 = left.slope + right.slope - (3 * (left.loss - right.loss)) / (left.t - right.t);
  const square = d1 ** 2 - left.slope * right.slope;
  const d2 = Math.sqrt(square);
  const share = (right.slope + d2 - d1) / (right.slope - left.slope + 2 * d2);
  const t = right.t - (right.t - left.t) * share;
  return square >= 0 && Number.isFinite(t) ? Math.min(Math.max(t, least), greatest) : (least + greatest) / 2;
}
