/**
 * The numbers of this room, by the library.
 */
import { parameter, type Tensor, tensor } from "@chainrule/core";
import {
  binaryCrossEntropy,
  binaryCrossEntropyWithLogits,
  type CrossEntropyExplanation,
  crossEntropy,
  explainCrossEntropy,
  information,
  mse,
} from "@chainrule/losses";

export type Unit = "nats" | "bits";

/** What p and q say together, in nats. */
export interface Measures {
  readonly explained: CrossEntropyExplanation;
  readonly entropy: number;
  readonly crossEntropy: number;
  /** KL(p ‖ q) and KL(q ‖ p). */
  readonly kl: number;
  readonly klBack: number;
  readonly jensenShannon: number;
  /** The events that q calls impossible and p does not. */
  readonly impossible: readonly number[];
}

const double = (numbers: readonly number[]) => tensor(numbers, { dtype: "float64" });

/** All measures of two distributions. */
export function measure(p: readonly number[], q: readonly number[], labels: readonly string[]): Measures {
  const [truth, guess] = [double(p), double(q)];
  const explained = explainCrossEntropy(truth, guess, { labels });
  return {
    explained,
    entropy: explained.entropy.nats,
    crossEntropy: explained.crossEntropy.nats,
    kl: explained.klDivergence.nats,
    klBack: information.klDivergence(guess, truth).item(),
    jensenShannon: information.jensenShannon(truth, guess).item(),
    impossible: p.flatMap((each, i) => (each > 0 && q[i] === 0 ? [i] : [])),
  };
}

/** Nats in a unit. */
export function inUnit(nats: number, unit: Unit): number {
  return unit === "bits" ? nats / Math.LN2 : nats;
}

/** Logits whose softmax is q, with a mean of 0 over those that are finite; -Infinity where q is 0. */
export function logitsOf(q: readonly number[]): number[] {
  const logs = q.map(Math.log);
  const finite = logs.filter(Number.isFinite);
  const mean = finite.reduce((a, b) => a + b, 0) / finite.length;
  return logs.map((log) => log - mean);
}

/** The loss of logits and its gradient, by the backward pass. */
export function lossOfLogits(
  logits: readonly number[],
  p: readonly number[],
  temperature = 1,
): { loss: number; gradient: number[]; q: number[] } {
  const z = parameter(double(logits).reshape([1, logits.length]));
  const scaled = z.div(temperature);
  const loss = crossEntropy(scaled, double(p).reshape([1, p.length]));
  loss.backward();
  const numbers = (x: Tensor) => Array.from(x.toTypedArray());
  return { loss: loss.item(), gradient: numbers(z.grad!), q: numbers(scaled.detach().softmax(-1)) };
}

/** H(p, q at each of these temperatures). */
export function lossesByTemperature(
  logits: readonly number[],
  p: readonly number[],
  temperatures: readonly number[],
): number[] {
  const rows = temperatures.map((temperature) => logits.map((z) => z / temperature));
  const losses = crossEntropy(
    tensor(rows, { dtype: "float64" }),
    tensor(
      temperatures.map(() => [...p]),
      { dtype: "float64" },
    ),
    {
      reduction: "none",
    },
  );
  return Array.from(losses.toTypedArray());
}

/** Losses with label smoothing of three classes, the right one of which is ahead of the others by these margins. */
export function smoothedLosses(margins: readonly number[], labelSmoothing: number): number[] {
  const logits = tensor(
    margins.map((margin) => [margin, 0, 0]),
    { dtype: "float64" },
  );
  const losses = crossEntropy(
    logits,
    margins.map(() => 0),
    { labelSmoothing, reduction: "none" },
  );
  return Array.from(losses.toTypedArray());
}

/** The least that a smoothed loss of three classes can be, the entropy of its target, and the margin where it is. */
export function smoothedFloor(labelSmoothing: number): { loss: number; margin: number } {
  const other = labelSmoothing / 3;
  const own = 1 - labelSmoothing + other;
  return { loss: information.entropy(double([own, other, other])).item(), margin: Math.log(own / other) };
}

export const formulas = ["textbook", "clipped", "logits"] as const;
export type FormulaName = (typeof formulas)[number];

const byName: Readonly<Record<FormulaName, (z: Tensor, y: Tensor) => Tensor>> = {
  textbook: (z, y) => {
    const p = z.sigmoid();
    const yes = y.mul(p.log());
    const no = y.neg().add(1).mul(p.neg().add(1).log());
    return yes.add(no).neg();
  },
  clipped: (z, y) => binaryCrossEntropy(z.sigmoid(), y, { reduction: "none" }),
  logits: (z, y) => binaryCrossEntropyWithLogits(z, y, { reduction: "none" }),
};

/** Losses and their gradients by logits. */
export interface Curve {
  readonly losses: readonly number[];
  readonly gradients: readonly number[];
}

/** Binary cross-entropy by one of the three formulas, as floats of this size compute it. */
export function byFormula(name: FormulaName, zs: readonly number[], y: number, dtype: "float32" | "float64"): Curve {
  return curve(byName[name], zs, y, dtype);
}

/** Squared error and cross-entropy of sigmoid(logit) where 1 is right. */
export function ofMistake(logits: readonly number[]): { squared: Curve; crossEntropy: Curve } {
  return {
    squared: curve((z, y) => mse(z.sigmoid(), y, { reduction: "none" }), logits, 1, "float64"),
    crossEntropy: curve(byName.logits, logits, 1, "float64"),
  };
}

function curve(
  f: (z: Tensor, y: Tensor) => Tensor,
  at: readonly number[],
  y: number,
  dtype: "float32" | "float64",
): Curve {
  const z = parameter(tensor(at, { dtype }));
  const losses = f(
    z,
    tensor(
      at.map(() => y),
      { dtype },
    ),
  );
  losses.sum().backward();
  return { losses: Array.from(losses.toTypedArray()), gradients: Array.from(z.grad!.toTypedArray()) };
}

/** So many places from one number to another. */
export function spread(from: number, to: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => from + ((to - from) * i) / (count - 1));
}
