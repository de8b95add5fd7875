/**
 * A loss along a slice as data: its values and its derivatives, for each combination of the options that are compared.
 */
import { OptionError, type Tensor, tensor, ValueError } from "@chainrule/core";
import { checkFunction, describe } from "@chainrule/core/internal";
import { formatNumber } from "../drawing/ticks.ts";
import { call, type LossLike, type Slice } from "./slices.ts";

/** A loss under some options, along a slice. */
export interface LossCurve {
  /** The options that are compared: "gamma 2"; empty where nothing is. */
  readonly name: string;
  readonly points: readonly (readonly [x: number, loss: number])[];
  readonly derivatives: readonly (readonly [x: number, derivative: number])[];
}

/** As many as a chart can tell apart. */
const mostCurves = 18;
const evenSteps = 200;

/** Options by name: a list is a list of values to compare, anything else is fixed. */
export type LossOptionLists = Readonly<Record<string, unknown>>;

/**
 * Every combination of the values in lists, with a name made of what differs.
 *
 * @throws OptionError for an empty list, and for more combinations than can be told apart.
 */
export function combinations(
  where: string,
  options: LossOptionLists,
): { name: string; options: Record<string, unknown> }[] {
  let found: { name: string; options: Record<string, unknown> }[] = [{ name: "", options: {} }];
  for (const [key, value] of Object.entries(options)) {
    if (Array.isArray(value) && value.length === 0)
      throw new OptionError({ where, expected: `values of ${key} to compare`, got: "none" });
    const values: readonly unknown[] = Array.isArray(value) ? value : [value];
    if (found.length * values.length > mostCurves)
      throw new OptionError({
        where,
        expected: `at most ${mostCurves} curves`,
        got: `${found.length * values.length} combinations of options`,
      });
    found = found.flatMap((before) =>
      values.map((one) => ({
        name: Array.isArray(value) ? [before.name, `${key} ${inWords(one)}`].filter(Boolean).join(", ") : before.name,
        options: { ...before.options, [key]: one },
      })),
    );
  }
  return found;
}

/** An option's value in a legend. */
export function inWords(value: unknown): string {
  if (typeof value === "number") return formatNumber(value);
  return typeof value === "string" || typeof value === "boolean" ? String(value) : describe(value);
}

/** @throws OptionError for what is no loss. */
export function checkLossFunction(where: string, loss: unknown): void {
  if (typeof loss === "string")
    throw new OptionError({
      where,
      expected: "a loss",
      got: describe(loss),
      hint: `Pass the loss itself: lossByName("${loss}").`,
    });
  checkFunction(where, loss, "a loss: a function of predictions and targets that returns a tensor");
}

/** The loss and its derivative at even steps along the slice. */
export function followLoss(where: string, loss: LossLike, slice: Slice, name: string, steps = evenSteps): LossCurve {
  const [low, high] = slice.range;
  const points: [number, number][] = [];
  const derivatives: [number, number][] = [];
  for (let i = 0; i <= steps; i++) {
    const at = low + ((high - low) * i) / steps;
    const x = tensor(at, { dtype: "float64", requiresGrad: true });
    const value = toScalar(where, call(loss, slice, x));
    points.push([at, value.item()]);
    if (value.requiresGrad) value.backward();
    derivatives.push([at, x.grad ? x.grad.item() : 0]);
  }
  return { name, points, derivatives: withGaps(derivatives) };
}

function toScalar(where: string, losses: Tensor): Tensor {
  if (losses.size > 0) return losses.rank === 0 ? losses : losses.sum();
  throw new ValueError({ where, expected: "a loss", got: "no losses at all" });
}

/** With a gap where the derivative jumps, as that of a kink does, so that no line is drawn where there is none. */
function withGaps(points: readonly [number, number][]): [number, number][] {
  const change = (to: number) => Math.abs((points[to]?.[1] ?? 0) - (points[to - 1]?.[1] ?? 0));
  const largest = points.reduce((most, [, y]) => (Number.isFinite(y) ? Math.max(most, Math.abs(y)) : most), 0);
  return points.flatMap((point, i) => {
    // Where a step falls on the kink there are two jumps, one after the other.
    const around = Math.max(i > 2 ? change(i - 2) : 0, i + 2 < points.length ? change(i + 2) : 0);
    const isJump = i > 0 && change(i) > 1e-3 * largest && change(i) > 8 * around;
    return isJump ? [[(points[i - 1][0] + point[0]) / 2, Number.NaN] as [number, number], point] : [point];
  });
}
