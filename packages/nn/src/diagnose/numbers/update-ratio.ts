/**
 * Updates that are too large or too small for the weights, with a learning rate that would fit.
 */
import { noGrad, type Parameter, type Tensor } from "@chainrule/core";
import { Optimizer } from "../../optimizers/index.ts";
import type { DiagnosisContext } from "../program/context.ts";
import type { Rule } from "../program/rule.ts";
import { hasLearned, isUntrained } from "./reference.ts";
import { length, short } from "./statistics.ts";

/**
 * Karpathy ("Building makemore, part 3") takes updates of a thousandth of the weights for healthy. Adam at 0.05 on small
 * weights makes a tenth and learns; what changes weights by a third of their size a step does so if the loss falls.
 */
const tooLarge = 0.3;
/**
 * Where it cannot be seen whether the loss falls. Gradient descent on a quadratic loss is stable as long as what an update
 * promises, lr |g|², is no more than four times the loss; ten times is beyond doubt. And the optimizers that divide by the
 * size of the gradient change a weight by about the rate, however far it has to go: one that is larger than the weights
 * throws them away.
 */
const overshoot = 10;
const surelyTooLarge = 1;

function isSurely(ratio: number, context: DiagnosisContext): boolean {
  const { optimizer } = context;
  return (
    promised(context) > overshoot * Math.abs(context.lossValue) ||
    (optimizer !== null && optimizer.name !== "SGD" && ratio > surelyTooLarge)
  );
}

/** The loss of the same batch is this many times as large after one of the next three steps. */
const worse = 2;
/** Where no gradient is longer than this share of its weights, an update is small because of it, whatever the rate. */
const tinyGradient = 1e-5;
/** A hundredth of what is healthy: a weight takes 100,000 steps to change by its own size. */
const tooSmall = 1e-5;
const lastDigit = 1e-6;
/** What a rate is taken to that would fit: Karpathy's thousandth for updates that are too large, and for those too small. */
const healthy = 3e-3;

const lookAhead = 3;

export const updateRatio: Rule = {
  name: "update-ratio",
  explanation:
    "A step should change weights by about a thousandth of their size: much more throws away what is there, and much less is not seen.",
  kind: "numbers",
  *check(context) {
    const { optimizer } = context;
    // Who says 0 means it.
    if (optimizer?.lr === 0) return;
    const ratios = ratiosOf(context.updates);
    if (ratios.length === 0) return;
    const most = ratios.reduce((a, b) => (b.ratio > a.ratio ? b : a));
    if (!Number.isFinite(most.ratio)) return;
    if (most.ratio > tooLarge) {
      const before = context.lossValue;
      const after = lossAfter(context);
      if (!(after === null ? isSurely(most.ratio, context) : after > worse * before + 0.1 || Number.isNaN(after)))
        return;
      yield {
        evidence: `One step changes ${most.name} by ${short(most.ratio)} times its size${after === null ? "" : `, and the loss of this batch goes from ${short(before)} to ${short(after)}`}.`,
        fix: fixFor(optimizer, most.ratio),
      };
      return;
    }
    const isStarting = optimizer?.schedule != null;
    if (most.ratio < tooSmall && !isStarting && !hasLearned(context) && isUntrained(context) && hasGradient(context))
      yield {
        evidence:
          most.ratio === 0
            ? `One step at a rate of ${short(optimizer?.lr ?? 0)} changes no weight at all: what it adds is less than the last digit of float32, 6e-8 of a number.`
            : `One step changes no weight by more than ${short(most.ratio)} of its size (${most.name}): it would take ${short(1 / most.ratio)} steps to change one by all of it.`,
        fix: fixFor(optimizer, most.ratio),
      };
  },
};

interface Ratio {
  readonly name: string;
  readonly ratio: number;
}

type Update = { readonly name: string; readonly parameter: Parameter; readonly before: Tensor; readonly after: Tensor };

/**
 * By how much each weight changes, as a share of its size. Weights that start at 0 are taken for as large as those that are
 * drawn, 1/√in; biases, which start at 0 and may stay there, are left out.
 */
function ratiosOf(updates: readonly Update[]): readonly Ratio[] {
  const found = updates.flatMap(({ name, parameter, before, after }): Ratio[] => {
    if (!parameter.requiresGrad || parameter.rank < 2) return [];
    const change = after.storage.map((x: number, i: number) => x - before.storage[i]) as Float32Array;
    const fanIn = Math.max(
      1,
      parameter.shape.slice(1).reduce((a, b) => a * b, 1),
      parameter.shape[0],
    );
    const natural = Math.sqrt(parameter.size / fanIn);
    return [{ name, ratio: length(change) / Math.max(length(before.storage), natural) }];
  });
  return found;
}

/** The largest loss of the same batch in the next steps; null where none can be taken. */
function lossAfter(context: DiagnosisContext): number | null {
  const { program } = context;
  // The user's program runs in fit as often as training needs it.
  if (context.hasTakenStep) return null;
  return context.trial(() => {
    const step = program.step ?? stepWith(context);
    if (!step) return null;
    let largest = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < lookAhead; i++) {
      step();
      const loss = noGrad(() => program.compute().item());
      largest = Math.max(largest, loss);
    }
    return largest;
  });
}

function stepWith({ optimizer, program }: DiagnosisContext): (() => void) | null {
  if (!optimizer) return null;
  return () => {
    optimizer.zeroGrad();
    program.compute().backward();
    optimizer.step();
  };
}

/** Whether the gradient of a weight is large enough for another rate to help. */
function hasGradient(context: DiagnosisContext): boolean {
  return [...context.parameters.values()].some((parameter) => {
    const gradient = context.gradientOf(parameter);
    return (
      parameter.rank > 1 &&
      gradient !== null &&
      length(gradient.storage) > tinyGradient * length(context.valueOf(parameter).storage)
    );
  });
}

/** By how much the update lowers the loss, if it goes on as steeply as it begins: -Σ g Δw. */
function promised(context: DiagnosisContext): number {
  let sum = 0;
  for (const { parameter, before, after } of context.updates) {
    const gradient = context.gradientOf(parameter)?.storage;
    if (!gradient) continue;
    for (let i = 0; i < gradient.length; i++) sum -= gradient[i] * (after.storage[i] - before.storage[i]);
  }
  return sum;
}

/** A rate at which the update would be healthy: that of most rules is in proportion to the rate. */
function fixFor(optimizer: Optimizer | null, ratio: number): string {
  if (!(optimizer instanceof Optimizer) || !(optimizer.lr > 0))
    return "Change the learning rate so that an update is about 0.001 of the weights.";
  // An update near the last digit of float32 says little of its size.
  const usual = optimizer.name === "SGD" ? 0.01 : 0.001;
  const rate = ratio < lastDigit ? usual : Number(((optimizer.lr * healthy) / ratio).toPrecision(1));
  return `Take a learning rate of about ${short(rate)} in place of ${short(optimizer.lr)}: new ${optimizer.name}({ lr: ${rate} }); findLearningRate looks for the best.`;
}
