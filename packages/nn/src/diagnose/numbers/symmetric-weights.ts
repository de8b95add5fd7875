/**
 * Units of one layer that are all the same, and stay so.
 */
import type { Rule } from "../program/rule.ts";
import { productsOf } from "./products.ts";
import { short } from "./statistics.ts";

export const symmetricWeights: Rule = {
  name: "symmetric-weights",
  explanation:
    "Units that start with the same weights and get the same gradient stay the same for ever: the layer is as good as one unit wide.",
  kind: "numbers",
  *check(context) {
    const seen = new Set<unknown>();
    const deepest = Math.max(0, ...productsOf(context).map(({ depth }) => depth));
    for (const { weight, node, depth } of productsOf(context)) {
      if (seen.has(weight) || depth === deepest || weight.rank !== 2) continue;
      seen.add(weight);
      const gradient = context.gradientOf(weight);
      const { storage } = context.valueOf(weight);
      if (!gradient || !weight.requiresGrad) continue;
      const out = node.output.tensor.shape.at(-1) ?? 0;
      const axis = weight.shape[1] === out ? 1 : 0;
      if (
        weight.shape[axis] < 2 ||
        !isSameAlong(storage, weight.shape, axis) ||
        !isSameAlong(gradient.storage, weight.shape, axis)
      )
        continue;
      yield {
        evidence: `All ${weight.shape[axis]} units have the same weights (${short(storage[0])} the first) and get the same gradient.`,
        fix: 'Draw the weights: kernelInitializer: "glorot_uniform", which is the default, or parameter(randn(shape, { std: 0.1 })). Only biases may start at 0.',
        layer: node.layer?.title,
        line: node.line(),
      };
    }
  },
};

/** Whether the numbers of a matrix differ along one axis nowhere, but for rounding. */
function isSameAlong(numbers: ArrayLike<number>, [rows, columns]: readonly number[], axis: number): boolean {
  let largest = 0;
  for (let i = 0; i < numbers.length; i++) largest = Math.max(largest, Math.abs(numbers[i]));
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) {
      const first = axis === 1 ? numbers[i * columns] : numbers[j];
      if (Math.abs(numbers[i * columns + j] - first) > 1e-6 * largest) return false;
    }
  return true;
}
