/**
 * Gradients checked against central differences, in double precision.
 */
import { checkFunction, checkList, checkNumber, checkText } from "../arguments.ts";
import { ChainRuleError, checkOptions, describe, GraphError, ShapeError } from "../errors.ts";
import { asTensor, type TensorLike } from "../tensor/convert.ts";
import { tensor } from "../tensor/create.ts";
import { withGradEnabled } from "../tensor/dispatch.ts";
import { isFloat } from "../tensor/dtype.ts";
import { formatShape } from "../tensor/shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import { gradients } from "./backward.ts";

/** A gradient that is not what differences say. `report` has every element that was compared. */
export class GradientCheckError extends ChainRuleError {
  static override readonly name: string = "GradientCheckError";
  /** Every element that was compared, with its two derivatives. */
  declare report: GradientReport;
}

/** How closely, and how often, a gradient check compares. */
export interface CheckOptions {
  /** What to call the function in the report; by default its own name. */
  name?: string;
  /** Half the distance between the two points of a difference. Default 1e-5, for numbers of size about 1. */
  step?: number;
  /** How far analytic and numeric may differ, relative to the larger of their size and 1. Default 1e-6. */
  tolerance?: number;
  /** Check the second derivatives too, by checking the gradient of the gradient. */
  second?: boolean;
}

/** One element of one input, and its derivative computed in two ways. */
export interface GradientComparison {
  readonly input: number;
  readonly index: readonly number[];
  /** By the gradient rules. */
  readonly analytic: number;
  /** By differences. */
  readonly numeric: number;
  /** |analytic - numeric| / max(1, |analytic|, |numeric|). */
  readonly error: number;
}

/** What a gradient check found. */
export interface GradientReport {
  readonly name: string;
  readonly ok: boolean;
  readonly comparisons: readonly GradientComparison[];
  /** The comparison with the largest error; undefined where there was nothing to compare. */
  readonly worst: GradientComparison | undefined;
  toString(): string;
}

type Fn = (...inputs: Tensor[]) => Tensor;

const optionNames = ["name", "step", "tolerance", "second"];

/**
 * Compares the gradient of `f` with central differences, (f(x + h) - f(x - h)) / 2h, element by element.
 *
 * Float inputs are taken in float64; integer inputs are passed on as they are. Where f returns several numbers, a
 * fixed weighted sum of them is checked, so that errors cannot cancel. Gradients must also be linear in the gradient that
 * arrives, of which 0 is one: a rule that looks at it would be right for some and wrong for `jvp`.
 *
 * @returns a report with every comparison; its `toString` shows the worst.
 * @throws GradientCheckError where one differs by more than the tolerance, naming f, the element and both numbers.
 *
 * @example
 * String(checkGradients((x) => x.sin(), [[0.5, -1]])); // "the function: 2 derivatives agree, …"
 * checkGradients(mul, [[1, 2], [3, 4]], { second: true }).ok; // true
 */
export function checkGradients(f: Fn, inputs: readonly TensorLike[], options: CheckOptions = {}): GradientReport {
  const where = "checkGradients";
  checkOptions(where, options, optionNames);
  checkFunction(where, f, "a function of tensors");
  checkList(where, inputs, "an array of inputs, as in checkGradients(f, [x]),");
  const { name = f.name || "the function", step = 1e-5, tolerance = 1e-6, second = false } = options;
  checkText(where, "name", name);
  checkNumber(where, "step", step);
  checkNumber(where, "tolerance", tolerance);
  const points = Array.from(inputs, (input) => {
    const x = asTensor(input, where).detach();
    return isFloat(x.dtype) ? tensor(x.toTypedArray(), { shape: x.shape, dtype: "float64" }) : x;
  });
  const first = compare(name, scalarOf(f), points, step, tolerance);
  if (!first.ok) throw failure(first, tolerance);
  checkLinear(first, f, points, tolerance);
  if (!second) return first;
  const report = compare(`gradient of ${name}`, gradientSum(scalarOf(f), points), points, step, tolerance);
  if (!report.ok) throw failure(report, tolerance);
  return reportOf(name, [...first.comparisons, ...report.comparisons], tolerance);
}

/** f as a function to one number: Σ wᵢ f(x)ᵢ with weights between 0.5 and 1.5 that never repeat. */
function scalarOf(f: Fn): Fn {
  return (...inputs) => {
    const y: unknown = f(...inputs);
    if (!(y instanceof Tensor))
      throw new GraphError({
        where: "checkGradients",
        expected: "a function that returns a tensor",
        got: `one that returns ${describe(y)}`,
      });
    return y.mul(weights(y, 0)).sum();
  };
}

function weights(y: Tensor, phase: number): Tensor {
  return tensor(
    Float64Array.from({ length: y.size }, (_, i) => 1 + 0.5 * Math.sin(i * 1.7 + 1 + phase)),
    {
      shape: y.shape,
    },
  );
}

/** The function to the weighted sum of all first derivatives of f, whose gradient is made of the second ones. */
function gradientSum(f: Fn, points: readonly Tensor[]): Fn {
  return (...inputs) => {
    const tracked = inputs.map((x, i) => (isFloat(points[i].dtype) && !x.requiresGrad ? leafOf(x) : x));
    const by = tracked.filter((x) => x.requiresGrad);
    const y = f(...tracked);
    if (!y.requiresGrad) return tracked.map((x) => x.mul(0).sum()).reduce((a, b) => a.add(b));
    const parts = gradients([y], by, { createGraph: true });
    return parts.map((part, i) => part.mul(weights(part, i + 1)).sum()).reduce((a, b) => a.add(b));
  };
}

function leafOf(x: Tensor): Tensor {
  const leaf = x.detach();
  leaf.requiresGrad = true;
  return leaf;
}

/** So far apart are gradients in size: a rule that cuts large ones, or leaves out small ones, is not linear either. */
const scales = [-1, 2 ** 30, 2 ** -30];

/**
 * Throws where the gradient of g + 2h is not that of g plus twice that of h, some elements of both being 0, or that of cg
 * is not c times that of g.
 */
function checkLinear(report: GradientReport, f: Fn, points: readonly Tensor[], tolerance: number): void {
  const found = withGradEnabled(true, () => {
    const leaves = points.map((x) => (isFloat(x.dtype) ? leafOf(x) : x));
    const by = leaves.filter((x) => x.requiresGrad);
    const y = f(...leaves);
    if (!y.requiresGrad) return null;
    const g = weights(y, 0).mul(everyOther(y, 0));
    const h = weights(y, 1).mul(everyOther(y, 1));
    const both = weights(y, 2);
    const scaled = scales.map((scale) => both.mul(scale));
    const sent = [g, h, g.add(h.mul(2)), both, both.mul(0), ...scaled];
    return sent.map((cotangent) => gradients([y], by, { cotangents: [cotangent], retainGraph: true }));
  });
  if (!found) return;
  const [ofG, ofH, ofSum, ofBoth, ofNone, ...ofScaled] = found;
  const inputs = points.flatMap((x, i) => (isFloat(x.dtype) ? [i] : []));
  const refuse = (input: number, at: number, value: number, expected: number, of: string): void => {
    if (value === expected || !(Math.abs(value - expected) > tolerance * Math.max(1, Math.abs(expected)))) return;
    const place = formatShape(indexOf(at, points[inputs[input]].shape));
    const error = new GradientCheckError({
      where: report.name,
      expected: `a gradient rule that is linear in the gradient that arrives, ${expected} by input ${inputs[input]} at ${place} for ${of}`,
      got: `${value}`,
      hint: "A rule multiplies the gradient g that it is given, and does not look at it: no where(g…), no clipping, nothing added.",
    });
    error.report = report;
    throw error;
  };
  for (let i = 0; i < inputs.length; i++)
    for (let at = 0; at < points[inputs[i]].size; at++) {
      const of = (parts: readonly Tensor[]) => parts[i].storage[at];
      refuse(i, at, of(ofSum), of(ofG) + 2 * of(ofH), "the sum of two");
      refuse(i, at, of(ofNone), 0, "a gradient of 0");
      scales.forEach((scale, which) => {
        refuse(i, at, of(ofScaled[which]) / scale, of(ofBoth), `${scale} times as much, divided by it`);
      });
    }
}

/** 1 and 0 by turns, but for a first one that is alone; `part` 1 begins with 0. */
function everyOther(y: Tensor, part: number): Tensor {
  return tensor(
    Float64Array.from({ length: y.size }, (_, i) => (y.size === 1 || i % 3 !== part ? 1 : 0)),
    { shape: y.shape },
  );
}

function compare(name: string, f: Fn, points: readonly Tensor[], step: number, tolerance: number): GradientReport {
  const analytic = analyticGradients(name, f, points);
  const comparisons: GradientComparison[] = [];
  points.forEach((point, input) => {
    if (!isFloat(point.dtype)) return;
    for (let i = 0; i < point.size; i++) {
      const numeric = centralDifference(f, points, input, i, step);
      const value = analytic[input].storage[i];
      const error = value === numeric ? 0 : Math.abs(value - numeric) / Math.max(1, Math.abs(value), Math.abs(numeric));
      comparisons.push({ input, index: indexOf(i, point.shape), analytic: value, numeric, error });
    }
  });
  return reportOf(name, comparisons, tolerance);
}

function analyticGradients(name: string, f: Fn, points: readonly Tensor[]): Tensor[] {
  return withGradEnabled(true, () => {
    const leaves = points.map((x) => (isFloat(x.dtype) ? leafOf(x) : x));
    const y = f(...leaves);
    if (!(y instanceof Tensor) || y.size !== 1)
      throw new ShapeError({
        where: `checkGradients of ${name}`,
        expected: "a function to a tensor",
        got: describe(y),
      });
    // A result that depends on nothing has gradient zero; differences then say whether that is so.
    if (!y.requiresGrad) return leaves.map((x) => tensor(new Float64Array(x.size), { shape: x.shape }));
    return gradients([y], leaves);
  });
}

function centralDifference(f: Fn, points: readonly Tensor[], input: number, element: number, step: number): number {
  const at = (shift: number) => {
    const moved = points[input].toTypedArray();
    moved[element] += shift;
    const shifted = points.with(input, tensor(moved, { shape: points[input].shape }));
    return f(...shifted).item();
  };
  return (at(step) - at(-step)) / (2 * step);
}

function indexOf(i: number, shape: readonly number[]): number[] {
  const index: number[] = [];
  let rest = i;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    index.unshift(rest % shape[axis]);
    rest = Math.floor(rest / shape[axis]);
  }
  return index;
}

function reportOf(name: string, comparisons: readonly GradientComparison[], tolerance: number): GradientReport {
  // A NaN on either side is the worst there is.
  const rank = ({ error }: GradientComparison) => (Number.isNaN(error) ? Number.POSITIVE_INFINITY : error);
  const worst = comparisons.reduce<GradientComparison | undefined>(
    (a, b) => (!a || rank(b) > rank(a) ? b : a),
    undefined,
  );
  const ok = !worst || rank(worst) <= tolerance;
  return {
    name,
    ok,
    comparisons,
    worst,
    toString: () =>
      worst === undefined
        ? `${name}: nothing to compare`
        : `${name}: ${comparisons.length} derivatives ${ok ? "agree" : "compared"}, the worst ${worstText(worst)}`,
  };
}

function worstText({ input, index, analytic, numeric, error }: GradientComparison): string {
  return `by input ${input} at ${formatShape(index)}: rule ${analytic}, differences ${numeric}, error ${error.toExponential(1)}`;
}

function failure(report: GradientReport, tolerance: number): GradientCheckError {
  const { input, index, analytic, numeric } = report.worst!;
  const error = new GradientCheckError({
    where: report.name,
    expected: `a derivative by input ${input} at ${formatShape(index)} of ${numeric}, as differences have it`,
    got: `${analytic} from the gradient rule (tolerance ${tolerance})`,
    hint: "Look at the rule of the last operation you added; at a kink (relu at 0, ties of max) move the input off it.",
  });
  error.report = report;
  return error;
}
