/**
 * Losses that are 0 once a margin is kept: hinges, and distances between pairs and triplets.
 */
import { ShapeError, sub, type Tensor, type TensorLike, where } from "@chainrule/core";
import { formatShape, sameShape } from "@chainrule/core/internal";
import { defineLoss } from "../definition/define-loss.ts";
import type { NoOptions } from "../definition/loss.ts";
import { checkSameShape } from "../inputs/shapes.ts";
import { asDistribution, selectTarget } from "./class-losses.ts";

/** -1 or 1; 0 stands for -1, as in Keras. */
export function sideOf(target: Tensor): Tensor {
  return where(target.equal(0), -1, target);
}

/** How much is missing to a margin of 1 on the right side. */
function hingeTerm(prediction: Tensor, target: Tensor): Tensor {
  return sub(1, sideOf(target).mul(prediction)).relu();
}

/**
 * Hinge loss, ℓ = max(0, 1 - y f): the support vector machine's.
 *
 * Shape: predictions, targets and losses the same.
 *
 * @param prediction f: any number; its sign is the decision.
 * @param target y: -1 or 1, or 0 or 1.
 * @throws ShapeError where shapes differ; ValueError for other targets.
 *
 * Source: Cortes & Vapnik 1995; Keras's `hinge`.
 *
 * @example
 * hinge([0.5, -2], [1, -1]); // (0.5 + 0) / 2 = 0.25
 */
export const hinge = defineLoss<NoOptions>("hinge", hingeTerm, {
  options: [],
  inputs: { prediction: "real", target: "sign" },
});

/**
 * Squared hinge loss, ℓ = max(0, 1 - y f)².
 *
 * Shape: predictions, targets and losses the same.
 *
 * @param target y: -1 or 1, or 0 or 1.
 * @throws ShapeError where shapes differ; ValueError for other targets.
 *
 * Source: Keras's `squared_hinge`.
 *
 * @example
 * squaredHinge([0.5, -2], [1, -1]); // 0.125
 */
export const squaredHinge = defineLoss<NoOptions>("squaredHinge", (f, y) => hingeTerm(f, y).square(), {
  options: [],
  aliases: ["squared_hinge"],
  inputs: { prediction: "real", target: "sign" },
});

interface AxisOption {
  axis?: number;
}

/**
 * Hinge loss over classes, ℓ = max(0, 1 + max_c (1 - y_c) f_c - Σ_c y_c f_c): the right class must lead the best wrong
 * one (and 0) by 1.
 *
 * Shape: predictions [.., C, ..], targets labels or one-hot; losses: without the class axis.
 *
 * @param options `axis`, by default the last.
 * @throws ShapeError, and ValueError for labels that are no class.
 *
 * Source: Keras's `categorical_hinge`.
 *
 * @example
 * categoricalHinge([[0.5, 2, 0.1]], [0]); // 1 + 2 - 0.5 = 2.5
 */
export const categoricalHinge = defineLoss<AxisOption>(
  "categoricalHinge",
  (prediction, target, { axis = -1 }) => {
    const wrong = sub(1, asDistribution(target, prediction, axis));
    const right = wrong.equal(0);
    const best = where(right, 0, wrong.mul(where(right, 0, prediction))).max(axis);
    return best
      .sub(selectTarget(prediction, target, axis))
      .add(1)
      .relu();
  },
  {
    options: ["axis"],
    aliases: ["categorical_hinge"],
    inputs: { prediction: "real", target: "labelOrDistribution" },
  },
);

/** Throws unless there is one number for each pair of vectors. */
function checkPerPair(name: string, what: string, numbers: Tensor, { shape, rank }: Tensor, axis: number): void {
  const expected = rank === 0 ? [] : shape.toSpliced(axis < 0 ? axis + rank : axis, 1);
  if (rank === 0 || !sameShape(numbers.shape, expected))
    throw new ShapeError({
      where: name,
      expected: `vectors, and one number for each pair, ${formatShape(expected)}`,
      got: `vectors of shape ${formatShape(shape)} and ${what} of shape ${formatShape(numbers.shape)}`,
    });
}

/** Throws unless there are vectors of one shape, and one number for each pair of them. */
export function checkPairs(name: string, first: Tensor, second: Tensor, similar: Tensor, axis: number): void {
  checkSameShape(name, "second", second, first, "first");
  checkPerPair(name, "similar", similar, first, axis);
}

interface TripletOptions {
  margin?: number;
  distance?: (first: Tensor, second: Tensor) => Tensor;
  p?: number;
  swap?: boolean;
  axis?: number;
}

/**
 * Triplet loss, ℓ = max(0, |a - p| - |a - n| + margin): an anchor nearer to its like than to another, by a margin.
 *
 * Shape: anchor, positive and negative [N, D]; losses [N]. The derivative of a distance of 0 is taken as 0.
 *
 * @param options `margin`, by default 1; `p` of the norm, by default 2; `swap`: take the distance from positive to
 *   negative where it is smaller (Balntas et al. 2016); `axis` of the vectors, by default the last; `distance` of one's
 *   own in place of |x - y|, from two tensors [N, D] to [N].
 * @throws ShapeError where shapes differ, and for a distance of another shape.
 *
 * Source: Schroff et al., "FaceNet", 2015; PyTorch's `triplet_margin_loss` (which adds 1e-6 to differences) and, with
 * `distance`, `triplet_margin_with_distance_loss`.
 *
 * @example
 * triplet([[0, 0]], [[3, 4]], [[6, 8]], { margin: 6 }); // 5 - 10 + 6 = 1
 * triplet([[0, 0]], [[3, 4]], [[6, 8]], { distance: (x, y) => x.sub(y).abs().max(-1), margin: 6 }); // 4 - 8 + 6 = 2
 */
export const triplet = defineLoss<
  TripletOptions,
  readonly [anchor: TensorLike, positive: TensorLike, negative: TensorLike]
>(
  "triplet",
  (anchor, positive, negative, { margin = 1, p = 2, swap = false, axis = -1, distance }) => {
    const between = distance ?? ((x, y) => x.sub(y).norm(axis, { p }));
    const near = between(anchor, positive);
    const far = between(anchor, negative);
    const other = swap ? far.minimum(between(positive, negative)) : far;
    if (distance) checkPerPair("triplet", "distances", near, anchor, axis);
    return near.sub(other).add(margin).relu();
  },
  {
    options: ["margin", "p", "swap", "axis", "distance"],
    aliases: ["triplet", "triplet_margin_loss"],
    inputs: { anchor: "real", positive: "real", negative: "real" },
    given: [],
  },
);

interface ContrastiveOptions {
  margin?: number;
  axis?: number;
}

/**
 * Contrastive loss of pairs, ℓ = y d²/2 + (1 - y) max(0, margin - d)²/2, with d = |first - second|: the like together,
 * the unlike at least a margin apart.
 *
 * Shape: first and second [N, D], similar and losses [N].
 *
 * @param similar y: 1 for pairs that belong together, 0 for others (the paper has them the other way round).
 * @param options `margin`, by default 1; `axis` of the vectors, by default the last.
 * @throws ShapeError where shapes differ; ValueError for a y other than 0 and 1.
 *
 * Source: Hadsell, Chopra & LeCun, "Dimensionality Reduction by Learning an Invariant Mapping", CVPR 2006.
 *
 * @example
 * contrastive([[0, 0], [0, 0]], [[0, 2], [0, 0.5]], [1, 0]); // (2 + 0.125) / 2 = 1.0625
 */
export const contrastive = defineLoss<
  ContrastiveOptions,
  readonly [first: TensorLike, second: TensorLike, similar: TensorLike]
>(
  "contrastive",
  (first, second, similar, { margin = 1, axis = -1 }) => {
    const distance = first.sub(second).norm(axis);
    const together = similar.mul(distance.square());
    const apart = sub(1, similar).mul(sub(margin, distance).relu().square());
    return together.add(apart).div(2);
  },
  {
    options: ["margin", "axis"],
    inputs: { first: "real", second: "real", similar: "truth" },
    given: ["similar"],
    check: (name, [first, second, similar], { axis = -1 }) => checkPairs(name, first, second, similar, axis),
    sample: (normal) => ({
      inputs: {
        first: Array.from({ length: 4 }, () => [normal(), normal(), normal()]),
        second: Array.from({ length: 4 }, () => [normal(), normal(), normal()]),
        similar: [1, 0, 1, 0],
      },
      options: { margin: 5 },
    }),
  },
);
