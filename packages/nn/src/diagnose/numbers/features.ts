/**
 * What goes into the first layer: numbers far from 1, and columns that never change.
 */
import { isFloat, type Tensor } from "@chainrule/core";
import type { DiagnosisContext } from "../program/context.ts";
import type { Rule } from "../program/rule.ts";
import { dependsOnParameters, type Product, productsOf } from "./products.ts";
import { channelsOf, columnsOf, deviation, mean, rms, rowsAreEqual, short } from "./statistics.ts";

/**
 * Inputs should be about 0 on average and 1 in deviation (LeCun et al. 1998, "Efficient BackProp", 4.3). With weights drawn
 * for that, what a unit gets is about as large as the root mean square of its inputs: 15 is far into saturation, and the
 * largest step that gradient descent can take is 225 times shorter. Lengths in centimetres, digits from 0 to 16 and the
 * like stay below.
 */
const large = 15;
/** As far below: pixels that are divided by 255 twice are 0.004 at most; a row of word frequencies has larger numbers. */
const small = 0.02;
/** Deviations of two columns that differ more than this: the smaller column is as good as absent. */
const apart = 1e3;
/** Fewer rows may agree in a column by chance. */
const fewestRows = 32;
const fewestEqualRows = 8;
/** A constant that is small beside the inputs is what centring leaves of a column of zeros. */
const noticeable = 0.1;
/** Where more columns than this share do not change, they are pixels of a background. */
const background = 0.1;

const key = {};

interface Input extends Pick<Product, "node"> {
  readonly tensor: Tensor;
  readonly axis: number;
}

/** What goes into products with weights as it comes from the data: whatever has been normed or embedded is left out. */
function inputsOf(context: DiagnosisContext): readonly Input[] {
  return context.once(key, () => {
    const seen = new Set<Tensor>();
    return productsOf(context).flatMap(({ node, data, depth, featureAxis }) => {
      const { tensor } = data;
      if (depth !== 1 || seen.has(tensor) || !isFloat(tensor.dtype) || tensor.size === 0 || tensor.rank < 2) return [];
      seen.add(tensor);
      if (dependsOnParameters(data)) return [];
      return [{ node, tensor, axis: featureAxis }];
    });
  });
}

export const unscaledFeatures: Rule = {
  name: "unscaled-features",
  explanation:
    "Weights and learning rates are made for inputs of about 1: features that are much larger saturate or drown the others, and much smaller ones are not seen.",
  kind: "numbers",
  *check(context) {
    for (const { node, tensor, axis } of inputsOf(context)) {
      const channels = channelsOf(tensor, axis);
      const sizes = channels.map(rms);
      const whole = rms(tensor.storage);
      const place = { layer: node.layer?.title, line: node.line() };
      const fix =
        "Scale the inputs: new StandardScaler().fit(x).transform(x), or x.div(255) for pixels, and the same for what is predicted later.";
      const most = indexOfMost(sizes);
      if (whole > large)
        yield {
          evidence: `The inputs are of the order of ${short(whole)}, feature ${most} the largest with mean ${short(mean(channels[most]))} and deviation ${short(deviation(channels[most]))}.`,
          fix,
          ...place,
        };
      else if (whole > 0 && largestOf(tensor) < small)
        yield {
          evidence: `No input is larger than ${short(largestOf(tensor))}.`,
          fix: "Scale the inputs to a deviation of about 1: new StandardScaler().fit(x).transform(x). Were they divided twice?",
          ...place,
        };
      else if (tensor.rank === 2) {
        const dense = channels
          .map((channel, i) => ({ i, size: deviation(channel), channel }))
          .filter(
            ({ size, channel }) =>
              size > 1e-6 * Math.abs(mean(channel)) &&
              size > 0 &&
              channel.filter((x) => x === 0).length < channel.length / 2,
          );
        if (dense.length < 2) continue;
        const [least, greatest] = [
          dense.reduce((a, b) => (b.size < a.size ? b : a)),
          dense.reduce((a, b) => (b.size > a.size ? b : a)),
        ];
        if (greatest.size > apart * least.size)
          yield {
            evidence: `Feature ${greatest.i} has a deviation of ${short(greatest.size)}, feature ${least.i} one of ${short(least.size)}.`,
            fix,
            ...place,
          };
      }
    }
  },
};

export const constantFeatures: Rule = {
  name: "constant-features",
  explanation:
    "What is the same in every sample tells nothing of any: something went wrong when it was read, or it can be left out.",
  kind: "numbers",
  *check(context) {
    for (const { node, tensor } of inputsOf(context)) {
      const rows = tensor.shape[0];
      const place = { layer: node.layer?.title, line: node.line() };
      const columns = columnsOf(tensor);
      const { inputs } = context.program;
      const cameEqual = inputs.length > 0 ? inputs.every(rowsAreEqual) : rms(tensor.storage) > 0;
      if (rows >= fewestEqualRows && columns.length > 1 && cameEqual && rowsAreEqual(tensor)) {
        yield {
          evidence: `All ${rows} samples are the same: ${short(tensor.storage[0])}, ${short(tensor.storage[1])}, ….`,
          fix: "Look at how x is filled: print x.slice([0, 3]).",
          ...place,
        };
        continue;
      }
      if (rows < fewestRows || tensor.rank !== 2) continue;
      const constants = columns.flatMap((column, j) =>
        deviation(column) <= 1e-6 * Math.abs(mean(column)) ? [{ j, value: column[0] }] : [],
      );
      // A column of ones is a bias, one of zeros a category that is not there, and many columns a background.
      const size = rms(tensor.storage);
      const odd = constants.filter(
        ({ j, value }) =>
          ![0, 1, -1].includes(value) &&
          Math.abs(value) > noticeable * size &&
          !constants.some((other) => other.j !== j && Math.abs(other.value - value) <= 1e-6 * Math.abs(value)),
      );
      if (odd.length > Math.max(2, columns.length * background)) continue;
      if (odd.length > 0)
        yield {
          evidence: `${odd
            .map(({ j, value }) => `Feature ${j} is ${short(value)}`)
            .slice(0, 3)
            .join(", ")} in all ${rows} samples.`,
          fix: "Leave the column out, or look at how it was read.",
          ...place,
        };
    }
  },
};

function indexOfMost(numbers: readonly number[]): number {
  return numbers.reduce((best, x, i) => (x > numbers[best] ? i : best), 0);
}

function largestOf({ storage }: Tensor): number {
  let most = 0;
  for (let i = 0; i < storage.length; i++) most = Math.max(most, Math.abs(storage[i]));
  return most;
}
