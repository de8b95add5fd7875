/**
 * The properties that a sound loss has, each with how to see it; `checkLoss` goes through them.
 */
import {
  checkGradients,
  GradientCheckError,
  gradients,
  isFloat,
  noGrad,
  type Shape,
  Tensor,
  tensor,
} from "@chainrule/core";
import { describe, formatShape, sameShape } from "@chainrule/core/internal";
import type { Loss } from "../definition/loss.ts";
import type { LossOptions } from "../definition/reduction.ts";
import { LossCheckError } from "./loss-check-error.ts";

type Inputs = Readonly<Record<string, Tensor>>;

/** A loss on its inputs, ready to be looked at from all sides. */
export interface LossUnderTest {
  readonly name: string;
  readonly inputs: Inputs;
  /** The inputs by which there is a gradient. */
  readonly by: readonly string[];
  readonly extremes: Readonly<Record<string, readonly number[]>>;
  /** Ends of the inputs that are data. */
  readonly givenExtremes: Readonly<Record<string, readonly number[]>>;
  readonly loss: Loss | undefined;
  readonly reductions: boolean;
  readonly tolerance: number;
  at(inputs: Inputs, options?: LossOptions): Tensor;
}

/** Each property: says what was found, or throws. */
export const properties: Readonly<Record<string, (subject: LossUnderTest) => string>> = {
  value: checkValue,
  gradient: (subject) => checkDerivatives(subject, "gradient", false),
  "second gradient": (subject) => checkDerivatives(subject, "second gradient", true),
  extremes: checkExtremes,
  reductions: checkReductions,
  "sample weights": checkWeights,
  float32: checkFloat32,
};

function failed(
  subject: LossUnderTest,
  property: string,
  expected: string,
  got: string,
  hint?: string,
): LossCheckError {
  const error = new LossCheckError({ where: `checkLoss of ${subject.name}, ${property}`, expected, got, hint });
  error.property = property;
  return error;
}

/** One loss for each element or sample, where the loss can say so. */
function losses(subject: LossUnderTest, inputs: Inputs = subject.inputs): Tensor {
  const y = subject.at(inputs, subject.reductions ? { reduction: "none" } : undefined);
  if (y instanceof Tensor && isFloat(y.dtype)) return y;
  throw failed(subject, "value", "a float tensor", y instanceof Tensor ? `a tensor of ${y.dtype}` : describe(y));
}

function notFinite(x: Tensor): number | undefined {
  return Array.from(x.storage).find((value) => !Number.isFinite(value));
}

function checkValue(subject: LossUnderTest): string {
  const y = noGrad(() => losses(subject));
  const wrong = notFinite(y);
  if (wrong !== undefined) throw failed(subject, "value", "finite losses at the inputs", `${wrong}`);
  return `finite, from ${short(Math.min(...y.storage))} to ${short(Math.max(...y.storage))}`;
}

function checkDerivatives(subject: LossUnderTest, property: string, second: boolean): string {
  const { by, inputs, tolerance, name } = subject;
  if (by.length === 0) return "no input to differentiate by";
  const f = (...xs: Tensor[]) =>
    losses(subject, { ...inputs, ...Object.fromEntries(by.map((role, i) => [role, xs[i]])) });
  const points = by.map((role) => inputs[role]);
  try {
    const report = checkGradients(f, points, { name, tolerance, second });
    return `${report.comparisons.length} derivatives agree with differences, the worst to ${short(report.worst?.error ?? 0)}`;
  } catch (error) {
    if (!(error instanceof GradientCheckError)) throw error;
    const { input, index, analytic, numeric } = error.report.worst!;
    throw failed(
      subject,
      property,
      `a derivative by ${by[input]} at ${formatShape(index)} of ${numeric}, as differences have it`,
      `${analytic}`,
      "Write the loss in tensor operations throughout (item(), detach() and rounding have no gradient), or move inputs off a kink.",
    );
  }
}

/** Every way to choose one of the ends for each input; none where there are no ends. */
function combinations(ends: Readonly<Record<string, readonly number[]>>): Record<string, number>[] {
  const choices = Object.entries(ends).filter(([, list]) => list.length > 0);
  if (choices.length === 0) return [];
  return choices.reduce<Record<string, number>[]>(
    (found, [role, list]) => found.flatMap((so) => list.map((end) => ({ ...so, [role]: end }))),
    [{}],
  );
}

/** The inputs with those that are named filled with one number, or, `mixed`, by turns with it and with what they were. */
function filled(inputs: Inputs, ends: Record<string, number>, mixed: boolean): Inputs {
  const fill = (x: Tensor, end: number) =>
    tensor(
      Float64Array.from(x.storage, (was, i) => (mixed && i % 2 === 1 ? was : end)),
      { shape: x.shape, dtype: x.dtype },
    );
  return {
    ...inputs,
    ...Object.fromEntries(Object.entries(ends).map(([role, end]) => [role, fill(inputs[role], end)])),
  };
}

function checkExtremes(subject: LossUnderTest): string {
  const places = combinations(subject.extremes);
  if (places.length === 0) return "no ends known: pass extremes to look at some";
  let looked = 0;
  for (const ends of places)
    for (const targets of [{}, ...combinations(subject.givenExtremes)])
      for (const dtype of ["float64", "float32"] as const)
        for (const mixed of [false, true]) {
          const so = { ...ends, ...targets };
          const inputs = castAll(filled(subject.inputs, so, mixed), dtype);
          const words = Object.entries(so).map(([role, end]) => `${role} = ${end}`);
          finiteAt(subject, inputs, `${words.join(", ")}${mixed ? " at every other element" : ""} in ${dtype}`);
          looked++;
        }
  const where = Object.entries(subject.extremes).map(([role, list]) => `${role} ${list.join(", ")}`);
  return `finite at ${looked} of them (${where.join("; ")})`;
}

function finiteAt(subject: LossUnderTest, inputs: Inputs, where: string): void {
  const { y, grads } = valueAndGradients(subject, inputs);
  const wrong = notFinite(y);
  if (wrong !== undefined)
    throw failed(subject, "extremes", `finite losses at ${where}`, `${wrong}`, "Clip before log and division.");
  grads.forEach((g, i) => {
    const bad = notFinite(g);
    if (bad !== undefined)
      throw failed(
        subject,
        "extremes",
        `a finite gradient by ${subject.by[i]} at ${where}`,
        `${bad}`,
        "where(…) still multiplies the branch not taken: put a harmless number in before log, sqrt or division.",
      );
  });
}

function valueAndGradients(subject: LossUnderTest, inputs: Inputs): { y: Tensor; grads: Tensor[] } {
  const leaves = subject.by.map((role) => {
    const leaf = inputs[role].detach();
    leaf.requiresGrad = true;
    return leaf;
  });
  const y = losses(subject, { ...inputs, ...Object.fromEntries(subject.by.map((role, i) => [role, leaves[i]])) });
  return { y, grads: y.requiresGrad ? gradients([y.sum()], leaves) : [] };
}

function castAll(inputs: Inputs, dtype: "float32" | "float64"): Inputs {
  return Object.fromEntries(Object.entries(inputs).map(([role, x]) => [role, isFloat(x.dtype) ? x.cast(dtype) : x]));
}

/** Whether a shape is another one with some axes left out. */
function isSubsequence(shape: Shape, whole: Shape): boolean {
  let at = 0;
  for (const length of whole) if (at < shape.length && shape[at] === length) at++;
  return at === shape.length;
}

function checkReductions(subject: LossUnderTest): string {
  if (!subject.reductions) return "not checked: not made by defineLoss";
  return noGrad(() => {
    const each = losses(subject);
    const first = Object.values(subject.inputs)[0];
    if (!isSubsequence(each.shape, first.shape) || (each.rank === 0 && first.rank > 0 && !subject.loss?.whole))
      throw failed(
        subject,
        "reductions",
        `with reduction "none" a loss for each element or sample of ${formatShape(first.shape)}`,
        `losses of shape ${formatShape(each.shape)}`,
        "Leave mean() and sum() over the batch to the reduction.",
      );
    const sum = subject.at(subject.inputs, { reduction: "sum" });
    close(subject, "reductions", 'reduction "sum"', sum, each.sum().item());
    const mean = subject.at(subject.inputs, { reduction: "mean" });
    const own = ownAverage(subject);
    close(subject, "reductions", 'reduction "mean"', mean, own ? own(each).item() : each.sum().item() / each.size);
    return `sum and ${own ? "the loss's own mean" : "mean"} of ${each.size === 1 ? "1 loss" : `${each.size} losses`}, "none" has shape ${formatShape(each.shape)}`;
  });
}

/** The loss's own way to take the mean, where it has one. */
function ownAverage({ loss, inputs }: LossUnderTest): ((losses: Tensor) => Tensor) | undefined {
  const evaluate = loss?.evaluate as ((...xs: Tensor[]) => ReturnType<Loss["evaluate"]>) | undefined;
  const found = evaluate?.(...Object.values(inputs));
  return found instanceof Tensor ? undefined : found?.average;
}

/** Sums of a few numbers in float64 agree to this. */
const sumTolerance = 1e-9;

function close(subject: LossUnderTest, property: string, what: string, actual: Tensor, expected: number): void {
  if (!sameShape(actual.shape, []))
    throw failed(subject, property, `one number for ${what}`, `shape ${formatShape(actual.shape)}`);
  const found = actual.item();
  const isNear =
    Number.isFinite(expected) && Math.abs(found - expected) <= sumTolerance * Math.max(1, Math.abs(expected));
  if (!isNear && !Object.is(found, expected)) throw failed(subject, property, `${expected} for ${what}`, `${found}`);
}

function checkWeights(subject: LossUnderTest): string {
  if (!subject.reductions) return "not checked: not made by defineLoss";
  return noGrad(() => {
    const each = losses(subject);
    if (each.rank === 0) return "none: one loss for the whole batch";
    const perSample = Array.from({ length: each.shape[0] }, (_, i) => each.slice(i).sum().item());
    const weighted = (weights: number[]) =>
      subject.at(subject.inputs, { reduction: "sum", sampleWeight: tensor(weights, { dtype: "float64" }) });
    const cases: [string, (i: number) => number][] = [
      ["weights 2", () => 2],
      ["weight 0 on the first sample", (i) => Number(i > 0)],
      ["weights 1, 1.5, 2, …", (i) => 1 + i / 2],
    ];
    for (const [what, weight] of cases) {
      const expected = perSample.reduce((total, x, i) => total + weight(i) * x, 0);
      close(subject, "sample weights", `the sum with ${what}`, weighted(perSample.map((_, i) => weight(i))), expected);
    }
    return "linear: weight 2 counts twice, weight 0 not at all";
  });
}

/** How near float32 must come to float64, relative to the largest number. */
const float32Tolerance = 1e-4;

function checkFloat32(subject: LossUnderTest): string {
  const double = valueAndGradients(subject, subject.inputs);
  const single = valueAndGradients(subject, castAll(subject.inputs, "float32"));
  if (single.y.dtype !== "float32")
    throw failed(subject, "float32", "float32 losses of float32 predictions", single.y.dtype);
  const pairs: [string, Tensor, Tensor][] = [["the losses", single.y, double.y]];
  double.grads.forEach((g, i) => {
    pairs.push([`the gradient by ${subject.by[i]}`, single.grads[i], g]);
  });
  let worst = 0;
  for (const [what, actual, expected] of pairs) {
    const largest = Math.max(...Array.from(expected.storage, Math.abs), Number.MIN_VALUE);
    const off = Math.max(0, ...Array.from(actual.storage, (x, i) => Math.abs(x - expected.storage[i]))) / largest;
    if (!(off <= float32Tolerance))
      throw failed(
        subject,
        "float32",
        `${what} in float32 as in float64, to ${float32Tolerance} of the largest`,
        `a difference of ${short(off)}`,
        "Look for the difference of two large numbers, and for 1 - p and log(1 + x) where expm1 and log1p would do.",
      );
    worst = Math.max(worst, off);
  }
  return `agrees with float64 to ${short(worst)}`;
}

function short(x: number): string {
  return String(Number(x.toPrecision(3)));
}
