/**
 * `explainGradient`: why one number has the gradient that it has.
 */
import { DTypeError, GraphError, Tensor, Value, ValueError } from "@chainrule/core";
import {
  checkCount,
  checkOptions,
  describe,
  formatShape,
  nodeOf,
  observeBackward,
  recorded,
} from "@chainrule/core/internal";
import { checkResult } from "../backward/explain-backward.ts";
import { namesOf } from "../backward/from-tensor.ts";
import { type ExplainOptions, readOptions } from "../backward/options.ts";
import { GradientExplanation } from "./gradient-explanation.ts";
import { sharesOfValue } from "./of-value.ts";
import { sharesOf, size } from "./shares.ts";
import type { GradientShare } from "./types.ts";

/** How to explain the gradient of one number. */
export interface ExplainGradientOptions extends Pick<ExplainOptions, "names" | "gradient"> {
  /** How many shares are told one by one; 20 by default. The others are added up. */
  readonly maxShares?: number;
}

const optionNames = ["names", "gradient", "maxShares"];

/**
 * Tells why one number of a tensor has its gradient: which samples of the batch contribute, by which ways through the
 * computation, and how much each, the largest first. Together they are the gradient, up to rounding.
 *
 * A share is the sum, over the elements through which the number works, of how the element changes with it, times the
 * gradient that came to the element from above along this way. A layer of the library and a loss are one station of a way;
 * other operations are one each. A sample is a row of the inputs, followed through the computation; where rows have been
 * joined, as by a mean over the batch, there is none.
 *
 * @param result the loss: a tensor, before `backward` or after it, or a `Value`.
 * @param of what the loss was made of: a weight, an input with a gradient, a tensor in between, or a `Value`.
 * @param index where in it the number is: `[2, 3]`, or for a vector `2`; nothing for one number alone.
 * @throws GraphError for a tensor that the result was not made of, for a graph that is forgotten, and where a hook changes
 *   gradients on their way.
 * @throws ValueError for an index that is not there.
 *
 * @example
 * const x = tensor([[1, 2], [3, 4]]);
 * const w = parameter([[0.5], [0]]);
 * const loss = x.matmul(w).square().sum();
 * const { gradient, shares } = explainGradient(loss, w, [1, 0]);
 * gradient; // 2 · 0.5 · 2 + 2 · 1.5 · 4 = 14
 * shares.map(({ sample, share }) => [sample, share]); // [[1, 12], [0, 2]]
 */
export function explainGradient(
  result: Tensor | Value,
  of: Tensor | Value,
  index: readonly number[] | number = [],
  options: ExplainGradientOptions = {},
): GradientExplanation {
  const where = "explainGradient";
  checkOptions(where, options, optionNames);
  const { maxShares = 20 } = options;
  checkCount(where, "maxShares", maxShares);
  const { names } = readOptions(where, { names: options.names });
  const place = typeof index === "number" ? [index] : index;
  if (result instanceof Value && of instanceof Value) return ofValue(where, result, of, place, maxShares);
  if (!(result instanceof Tensor) || !(of instanceof Tensor))
    throw new DTypeError({
      where,
      expected: "a loss and what it was made of, both tensors or both Values",
      got: `${describe(result)} and ${describe(of)}`,
    });
  const seed = checkResult(where, result, options);
  const at = placeIn(where, of, place);
  const computation = recorded(where, result);
  const id = computation.findIndex(({ node }) => node === nodeOf(of));
  if (id < 0 || !computation[id].tensor.requiresGrad) throw noPart(where, of);
  const called = namesOf(computation, names);
  const gradient = gradientAt(where, result, of, seed, at);
  const { uses, shares } = sharesOf(computation, called, { id, place: at, seed });
  return new GradientExplanation({
    kind: "gradient",
    result: called[called.length - 1],
    name: called[id],
    index: [...place],
    value: computation[id].tensor.toTypedArray()[at],
    gradient,
    uses,
    ...arranged(shares, maxShares),
  });
}

function ofValue(where: string, result: Value, of: Value, index: readonly number[], maxShares: number) {
  if (index.length > 0)
    throw new ValueError({ where, expected: "no index for a Value, which is one number", got: formatShape(index) });
  const found = sharesOfValue(result, of);
  if (found === null)
    throw new GraphError({ where, expected: "a Value that the result was made of", got: `${of}, which it was not` });
  const { uses, shares, name, result: called } = found;
  const total = arranged(shares, maxShares);
  return new GradientExplanation({
    kind: "gradient",
    result: called,
    name,
    index: [],
    value: of.data,
    gradient: total.sum,
    uses,
    ...total,
  });
}

/** The place in row-major order. @throws ValueError for an index that is not there. */
function placeIn(where: string, x: Tensor, index: readonly number[]): number {
  const isThere =
    Array.isArray(index) &&
    index.length === x.rank &&
    index.every((i, axis) => Number.isInteger(i) && i >= 0 && i < x.shape[axis]);
  if (isThere) return index.reduce((place, i, axis) => place * x.shape[axis] + i, 0);
  throw new ValueError({
    where,
    expected: `an index into ${formatShape(x.shape)}, one whole number from 0 for each axis`,
    got: Array.isArray(index) ? formatShape(index) : describe(index),
  });
}

function noPart(where: string, of: Tensor): GraphError {
  return new GraphError({
    where,
    expected: "a tensor with a gradient that the loss was made of",
    got: `one of shape ${formatShape(of.shape)} that has no part in it`,
    hint: "Was it detached, or the loss computed from another one? It must be the weight itself, not a copy.",
  });
}

/** As `backward` leaves it. @throws GraphError where a hook changed a gradient: then shares would not add up to it. */
function gradientAt(where: string, result: Tensor, of: Tensor, seed: Tensor | undefined, place: number): number {
  let found = 0;
  observeBackward(result, seed, {
    onGradient(node, arrived, gradient) {
      if (gradient !== arrived)
        throw new GraphError({
          where,
          expected: "gradients that are the sums of what was sent",
          got: "one that a hook (onGradient) changed",
          hint: "Remove the hook to see the ways and samples; explainBackward shows what it does.",
        });
      if (node === nodeOf(of)) found = gradient.toTypedArray()[place];
    },
    onSent() {},
  });
  return found;
}

function arranged(all: readonly GradientShare[], maxShares: number) {
  const sorted = [...all].sort((a, b) => size(b.share) - size(a.share));
  const told = sorted.filter(({ share }) => share !== 0).slice(0, maxShares);
  const rest = sorted.filter((each) => !told.includes(each));
  const total = (list: readonly GradientShare[]) => list.reduce((sum, { share }) => sum + share, 0);
  return { shares: told, more: { count: rest.length, share: total(rest) }, sum: total(sorted) };
}
