/**
 * Connectionist temporal classification: a sequence of labels against a longer sequence of predictions, unaligned.
 */
import {
  concat,
  full,
  OptionError,
  ShapeError,
  stack,
  type Tensor,
  type TensorLike,
  tensor,
  ValueError,
  where,
} from "@chainrule/core";
import { describe, formatShape, guard, placeOf, sameShape } from "@chainrule/core/internal";
import { defineLoss } from "../definition/define-loss.ts";
import { areClassesIn } from "../inputs/class-targets.ts";
import { checkEach } from "../inputs/values.ts";

interface CtcOptions {
  inputLengths?: TensorLike;
  targetLengths?: TensorLike;
  blank?: number;
  timeMajor?: boolean;
  zeroInfinity?: boolean;
}

const logZero = Number.NEGATIVE_INFINITY;

/**
 * CTC loss, ℓ = -log Σ_paths Π_t p_t(path_t) over all paths that give the labels once repetitions are merged and
 * blanks taken out.
 *
 * Summed by the forward recursion in log space: α_t(s) = log p_t(s) + log[e^α_t-1(s) + e^α_t-1(s-1) + e^α_t-1(s-2)],
 * over the labels with blanks between them, the last term only where no blank and no repetition would be skipped.
 * A target too long for its input costs Infinity (its gradient is 0).
 *
 * Shape: predictions [N, T, C], targets [N, S], losses [N]. As in PyTorch, the mean first divides each loss by its
 * target's length (at least 1).
 *
 * @param prediction logits, or log-probabilities, which stay what they are.
 * @param target labels; where `targetLengths` is not given, each ends before the first blank or negative number.
 * @param options `inputLengths` and `targetLengths` [N], by default all of T, and up to the padding; `blank`, by
 *   default class 0 (-1 is the last, as in Keras); `timeMajor`: predictions are [T, N, C], as in PyTorch;
 *   `zeroInfinity`: impossible targets cost 0.
 * @throws ShapeError, and ValueError for labels that are no class or blank, and lengths that do not fit.
 *
 * Source: Graves et al., "Connectionist Temporal Classification", ICML 2006; PyTorch's `ctc_loss`.
 *
 * @example
 * ctc(zeros([1, 2, 2]), [[1]]); // -log(3/4) = 0.2877: of 4 paths, "11", "1-" and "-1"
 */
export const ctc = defineLoss<CtcOptions>(
  "ctc",
  (prediction, target, { inputLengths, targetLengths, blank = 0, timeMajor = false, zeroInfinity = false }) => {
    const batchFirst = timeMajor ? prediction.transpose(0, 1) : prediction;
    const steps = inputLengths === undefined ? null : toInt32(inputLengths);
    const logP = (steps ? untilEnd(batchFirst, steps) : batchFirst).logSoftmax(-1);
    const blankIndex = blank < 0 ? blank + logP.shape[2] : blank;
    const labels = target.cast("int32");
    const lengths = targetLengths === undefined ? countLabels(labels, blankIndex) : toInt32(targetLengths);
    const states = withBlanks(labels, lengths, blankIndex);
    const alpha = forwardRecursion(logP, states, blankIndex, steps);
    // A path ends in the last label or in the blank after it.
    const fromEnd = lengths.mul(2).unsqueeze(-1).sub(positions(states));
    const ends = fromEnd.equal(0).logicalOr(fromEnd.equal(1));
    const costs = where(ends, alpha, logZero).logSumExp(-1).neg();
    const losses = zeroInfinity ? where(costs.isInfinite(), 0, costs) : costs;
    return { losses, average: (scaled) => scaled.div(lengths.clamp(1).cast(scaled.dtype)).mean() };
  },
  {
    options: ["inputLengths", "targetLengths", "blank", "timeMajor", "zeroInfinity"],
    reduces: ({ timeMajor = false }) => (timeMajor ? [0, 2] : [1, 2]),
    aliases: ["ctc", "ctc_loss"],
    inputs: { prediction: "logit", target: "sequence" },
    check: checkSequences,
    sample: (normal) => ({
      inputs: {
        prediction: Array.from({ length: 2 }, () => Array.from({ length: 4 }, () => [normal(), normal(), normal()])),
        target: [
          [1, 2],
          [1, 0],
        ],
      },
    }),
  },
);

/** The predictions [N, T, C], harmless in the steps after the end, which do not count. */
function untilEnd(prediction: Tensor, lengths: Tensor): Tensor {
  const isStep = positions(prediction).less(lengths.unsqueeze(-1)).unsqueeze(-1);
  return where(isStep, prediction, 0);
}

/** log α after the last step, [N, states]; a sequence that has ended keeps its own. */
function forwardRecursion(logP: Tensor, states: Tensor, blank: number, inputLengths: Tensor | null): Tensor {
  const [batch, steps] = logP.shape;
  const count = states.shape[1];
  const everyStep = states.unsqueeze(1).broadcastTo([batch, steps, count]);
  const emissions = logP.takeAlongAxis(everyStep, -1);
  const maySkip = states.notEqual(blank).logicalAnd(states.notEqual(shift(states, 2, blank)));
  let alpha = where(positions(states).less(2), emissions.slice(":", 0), logZero);
  for (let t = 1; t < steps; t++) {
    const skipped = where(maySkip, shift(alpha, 2, logZero), logZero);
    const arrived = stack([alpha, shift(alpha, 1, logZero), skipped]).logSumExp(0);
    const next = arrived.add(emissions.slice(":", t));
    alpha = inputLengths ? where(inputLengths.greater(t).unsqueeze(-1), next, alpha) : next;
  }
  return alpha;
}

/** Each row moved to the right by `by`, with `value` coming in. */
function shift(rows: Tensor, by: number, value: number): Tensor {
  return rows
    .pad(
      [
        [0, 0],
        [by, 0],
      ],
      value,
    )
    .slice(":", [0, rows.shape[1]]);
}

/** 0, 1, 2, … along the second axis, in int32. */
function positions(rows: Tensor): Tensor {
  return tensor(Int32Array.from({ length: rows.shape[1] }, (_, i) => i));
}

/** blank, label, blank, label, …, blank, with blanks for the padding as well: [N, 2 S + 1]. */
function withBlanks(labels: Tensor, lengths: Tensor, blank: number): Tensor {
  const [batch, most] = labels.shape;
  const present = positions(labels).less(lengths.unsqueeze(-1));
  const blanks = full([batch, most], blank, { dtype: "int32" });
  const pairs = stack([blanks, where(present, labels, blanks)], -1).reshape(batch, 2 * most);
  return concat([pairs, full([batch, 1], blank, { dtype: "int32" })], 1);
}

/** How many labels each target has before its padding. */
function countLabels(labels: Tensor, blank: number): Tensor {
  return labels.notEqual(blank).logicalAnd(labels.greaterEqual(0)).sum(-1);
}

function toInt32(lengths: TensorLike): Tensor {
  return tensor(lengths, { dtype: "int32" });
}

/** Shapes, lengths and labels that belong together. */
function checkSequences(name: string, [prediction, target]: readonly Tensor[], options: CtcOptions): void {
  const { blank = 0, timeMajor = false } = options;
  const layout = timeMajor ? "[T, N, C]" : "[N, T, C]";
  const [batch, steps] = timeMajor ? [prediction.shape[1], prediction.shape[0]] : prediction.shape;
  if (prediction.rank !== 3 || target.rank !== 2 || target.shape[0] !== batch || steps === 0)
    throw new ShapeError({
      where: name,
      expected: `predictions ${layout} of at least one step, and targets [N, S]`,
      got: `${formatShape(prediction.shape)} and ${formatShape(target.shape)}`,
      hint: "PyTorch's order, time first, is timeMajor: true; a single sequence needs a batch axis, unsqueeze(0).",
    });
  const classes = prediction.shape[2];
  if (!Number.isInteger(blank) || blank < -classes || blank >= classes)
    throw new OptionError({
      where: name,
      expected: `a blank from ${-classes} to ${classes - 1}`,
      got: describe(blank),
    });
  checkLengths(name, "inputLengths", options.inputLengths, batch, 1, steps);
  const lengths = checkLengths(name, "targetLengths", options.targetLengths, batch, 0, target.shape[1]);
  checkLabels(name, target, classes, blank < 0 ? blank + classes : blank, lengths);
}

function checkLengths(
  name: string,
  what: string,
  given: TensorLike | undefined,
  batch: number,
  least: number,
  most: number,
) {
  if (given === undefined) return null;
  const lengths = tensor(given, { dtype: "float64" });
  if (!sameShape(lengths.shape, [batch]))
    throw new ShapeError({ where: name, expected: `${what} of shape [${batch}]`, got: formatShape(lengths.shape) });
  const contains = (length: number) => Number.isInteger(length) && length >= least && length <= most;
  const holds = (x: Tensor) => areClassesIn(x.sub(least), most - least + 1);
  const expected = `${what} that are whole numbers from ${least} to ${most}`;
  checkEach(lengths, { contains, holds }, (length) => new ValueError({ where: name, expected, got: `${length}` }));
  return lengths;
}

function checkLabels(name: string, target: Tensor, classes: number, blank: number, lengths: Tensor | null) {
  const refuse = (at: number) =>
    new ValueError({
      where: name,
      expected: `labels that are whole numbers from 0 to ${classes - 1} without the blank, ${blank}, and padding only at the end`,
      got: `${target.storage[at]} at ${formatShape(placeOf(at, target))}`,
      hint: "Another class can be the blank: blank: -1 is the last.",
    });
  guard(
    lengths ? [target, lengths] : [target],
    () => {
      const wrong = firstWrongLabel(target, classes, blank, lengths);
      if (wrong >= 0) throw refuse(wrong);
    },
    () => wrongLabels(target.detach(), classes, blank, lengths),
  );
}

/** Where the first label is that is none, or comes after padding; -1 where all are right. */
function firstWrongLabel(target: Tensor, classes: number, blank: number, lengths: Tensor | null): number {
  const most = target.shape[1];
  const labels = target.storage;
  const ended = new Array<boolean>(target.shape[0]).fill(false);
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i];
    const row = Math.floor(i / most);
    if (lengths && i % most >= lengths.storage[row]) continue;
    const padding = !lengths && (label < 0 || label === blank);
    if (padding) ended[row] = true;
    const isLabel = Number.isInteger(label) && label >= 0 && label < classes && label !== blank;
    if (!padding && (!isLabel || ended[row])) return i;
  }
  return -1;
}

/** The same in tensor operations: true for every label that is none, and for what follows padding. */
function wrongLabels(target: Tensor, classes: number, blank: number, lengths: Tensor | null): Tensor {
  const areLabels = areClassesIn(target, classes).logicalAnd(target.notEqual(blank));
  if (lengths) return positions(target).less(lengths.unsqueeze(-1)).logicalAnd(areLabels.logicalNot());
  const padding = target.less(0).logicalOr(target.equal(blank));
  const most = target.shape[1];
  if (most === 0) return padding;
  const afterPadding = concat([full([target.shape[0], 1], 0, { dtype: "bool" }), padding.slice(":", [0, most - 1])], 1);
  return padding.logicalNot().logicalAnd(areLabels.logicalNot().logicalOr(afterPadding));
}
