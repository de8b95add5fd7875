/**
 * k-means: the baseline of clustering.
 */
import { type Generator, noGrad, oneHot, stack, type Tensor, where } from "chainrule";

export interface Clusters {
  /** The middles of the clusters, [k, d]. */
  centres: Tensor;
  /** The cluster of each row, [n]. */
  labels: Tensor;
  /** The sum of squared distances from the rows to their centres. */
  inertia: number;
}

/** Squared distances between rows, [n, d] and [k, d] to [n, k]. */
export function squaredDistances(x: Tensor, centres: Tensor): Tensor {
  const cross = x.matmul(centres.T).mul(2);
  return x.square().sum(1, { keepDims: true }).sub(cross).add(centres.square().sum(1)).maximum(0);
}

/**
 * Cuts rows into k clusters: each row belongs to the nearest centre, each centre is the mean of its rows.
 *
 * @param x rows, [n, d].
 * @param options `restarts`: how often it begins anew, of which the best is kept.
 *
 * Source: Lloyd 1982; centres to begin with from Arthur & Vassilvitskii, "k-means++", 2007.
 */
export function kMeans(
  x: Tensor,
  k: number,
  { generator, restarts = 10 }: { generator: Generator; restarts?: number },
) {
  return noGrad(() => {
    const runs = Array.from({ length: restarts }, () => improve(x, spreadOut(x, k, generator)));
    return runs.reduce((best, run) => (run.inertia < best.inertia ? run : best));
  });
}

/** k rows, each drawn in proportion to its squared distance from those before. */
function spreadOut(x: Tensor, k: number, generator: Generator): Tensor {
  const centres = [x.slice(generator.integer(0, x.shape[0]))];
  while (centres.length < k) {
    const distances = squaredDistances(x, stack(centres)).min(1).toArray(1);
    let left = generator.uniform() * distances.reduce((sum, distance) => sum + distance, 0);
    let drawn = 0;
    while (drawn < distances.length - 1 && left >= distances[drawn]) left -= distances[drawn++];
    centres.push(x.slice(drawn));
  }
  return stack(centres);
}

/** Moves the centres until no row changes its cluster any more. */
function improve(x: Tensor, start: Tensor): Clusters {
  let centres = start;
  let before: Tensor | undefined;
  for (;;) {
    const distances = squaredDistances(x, centres);
    const labels = distances.argmin(1);
    if (before && labels.equal(before).all().item()) return { centres, labels, inertia: distances.min(1).sum().item() };
    before = labels;
    const members = oneHot(labels, centres.shape[0]).cast(x.dtype);
    const counts = members.sum(0).unsqueeze(1);
    // A centre without rows stays where it is.
    centres = where(counts.equal(0), centres, members.T.matmul(x).div(counts.maximum(1)));
  }
}
