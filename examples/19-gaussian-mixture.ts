/**
 * A mixture of normal distributions, fitted twice from the same start: by gradient ascent on the log-likelihood, and by
 * expectation-maximisation (EM). They find the same.
 *
 * p(x) = Σ_k w_k N(x; μ_k, Σ_k). The mean of -log p(x) is the cross-entropy between the data and the model. EM makes it
 * smaller by formulas made for this model (Dempster, Laird & Rubin 1977), the gradient by a rule that serves for all.
 * For that, whatever is learned must be free to take any value: the weights are a softmax, the inverse of each
 * covariance is A Aᵀ, with A lower triangular and e^… on its diagonal.
 *
 * In full: the same cross-entropy, means and weights to more than 9 digits; 99.7% of the points are in the right cluster.
 * k-means, to which all clusters are balls of one size, finds 70.5%.
 */
import {
  Adam,
  concat,
  cosineDecay,
  drawBoundary,
  einsum,
  Generator,
  manualSeed,
  parameter,
  randn,
  stack,
  type Tensor,
  tensor,
  zeros,
} from "chainrule";
import { clusteringAccuracy, normalizedMutualInformation } from "./support/clustering.ts";
import { kMeans } from "./support/k-means.ts";
import { pca } from "./support/pca.ts";

const quick = process.argv.includes("--quick");
const dtype = "float64";
const double = (values: number[] | number[][] | number[][][]) => tensor(values, { dtype });
const columns = (table: Tensor) => table.split(table.shape[1], 1).map((column) => column.squeeze(1));

// ---- 600 points in three clusters of different size, long and aslant.
manualSeed(1);
const clusters = [
  {
    n: 300,
    mean: [0, 0],
    stretch: [
      [2, 1.2],
      [0, 0.4],
    ],
  },
  {
    n: 200,
    mean: [0, 2.5],
    stretch: [
      [1.5, 0.7],
      [0, 0.4],
    ],
  },
  {
    n: 100,
    mean: [2.5, -1.5],
    stretch: [
      [0.6, -0.4],
      [0, 0.6],
    ],
  },
];
const x = concat(
  clusters.map(({ n, mean, stretch }) => randn([n, 2], { dtype }).matmul(double(stretch)).add(double(mean))),
);
const truth = tensor(Int32Array.from(clusters.flatMap(({ n }, k) => new Array<number>(n).fill(k))));

/** log [w_k N(x; μ_k, Σ_k)] for each point and each k, [n, 3]; P is the inverse of Σ. */
function logShares(points: Tensor, logWeights: Tensor, means: Tensor, P: Tensor, logDetP: Tensor): Tensor {
  const away = points.cast(dtype).unsqueeze(1).sub(means);
  const squares = einsum("nki,kij,nkj->nk", away, P, away);
  return logWeights.add(logDetP.sub(squares).div(2)).sub(Math.log(2 * Math.PI));
}
/** -log p(x), averaged over the points. */
const crossEntropy = (shares: Tensor) => shares.logSumExp(1).mean().neg();

// ---- The start of both: the centres of k-means, equal weights, and balls of size 1.
const start = kMeans(x, 3, { generator: new Generator(1) });

// ---- EM: whose point is it (E)? Then count, average and measure (M).
let [weights, means] = [zeros([3], { dtype }).softmax(), start.centres];
let covariances = double(
  [0, 1, 2].map(() => [
    [1, 0],
    [0, 1],
  ]),
);
function sharesByEm(): Tensor {
  const [a, b, , d] = columns(covariances.reshape(3, 4));
  const determinants = a.mul(d).sub(b.square());
  const inverses = stack([stack([d, b.neg()], 1), stack([b.neg(), a], 1)], 1).div(determinants.reshape(3, 1, 1));
  return logShares(x, weights.log(), means, inverses, determinants.log().neg());
}
const emCurve: number[] = [];
for (let step = 0; step < 200; step++) {
  const shares = sharesByEm();
  emCurve.push(crossEntropy(shares).item());
  const p = shares.softmax(1);
  const counts = p.sum(0);
  weights = counts.div(x.shape[0]);
  means = p.T.matmul(x).div(counts.unsqueeze(1));
  const away = x.unsqueeze(1).sub(means);
  covariances = einsum("nk,nki,nkj->kij", p, away, away).div(counts.reshape(3, 1, 1));
}

// ---- The gradient: a softmax of logits for the weights, and A = [[e^a, 0], [corner, e^d]] for each inverse covariance.
const logits = parameter(zeros([3], { dtype }));
const centres = parameter(start.centres);
const diagonals = parameter(zeros([3, 2], { dtype }));
const corners = parameter(zeros([3], { dtype }));
function sharesByGradient(points = x): Tensor {
  const [a, d] = columns(diagonals.exp());
  const A = stack([stack([a, zeros([3], { dtype })], 1), stack([corners, d], 1)], 1);
  return logShares(points, logits.logSoftmax(), centres, A.matmul(A.transpose()), diagonals.sum(1).mul(2));
}
const steps = quick ? 400 : 800;
const optimizer = new Adam([logits, centres, diagonals, corners], { lr: cosineDecay({ lr: 0.05, steps }) });
const curve: number[] = [];
for (let step = 0; step < steps; step++) {
  const loss = crossEntropy(sharesByGradient());
  optimizer.zeroGrad();
  loss.backward();
  optimizer.step();
  curve.push(loss.item());
}

console.log("cross-entropy between data and model, in nats a point");
console.log("step       EM  gradient");
for (const step of [0, 10, 50, 199])
  console.log(`${String(step + 1).padStart(4)}  ${emCurve[step].toFixed(5)}  ${curve[step].toFixed(5).padStart(8)}`);

const farthest = (a: Tensor, b: Tensor) => a.sub(b).abs().max().item().toFixed(6);
console.log(`\nEM and ${steps} steps along the gradient differ`);
const [byEm, byGradient] = [sharesByEm(), sharesByGradient()];
console.log(`  in cross-entropy by ${farthest(crossEntropy(byEm), crossEntropy(byGradient))} (goal: at most 0.000001)`);
console.log(`  in means by ${farthest(means, centres)} (goal: at most 0.0001)`);
console.log(`  in weights by ${farthest(weights, logits.softmax())} (goal: at most 0.0001)`);

const principal = kMeans(pca(x, 1).project(x), 3, { generator: new Generator(1) });
console.log("\n                                  accuracy  normalised mutual information");
for (const [name, found] of Object.entries({
  "k-means": start.labels,
  "k-means on the first component": principal.labels,
  "mixture by EM": byEm.argmax(1),
  "mixture by gradient": byGradient.argmax(1),
})) {
  const [accuracy, information] = [clusteringAccuracy(found, truth), normalizedMutualInformation(found, truth)];
  console.log(`${name.padEnd(32)}  ${(100 * accuracy).toFixed(1)}%     ${information.toFixed(2)}`);
}
const accuracy = 100 * clusteringAccuracy(byGradient.argmax(1), truth);
console.log(`\naccuracy of the mixture ${accuracy.toFixed(1)}% (goal: at least 98%)\n`);
console.log(drawBoundary((points) => sharesByGradient(points), { x, y: byGradient.argmax(1) }));

/* Output of --quick:
 * cross-entropy between data and model, in nats a point
 * step       EM  gradient
 *    1  4.14785   4.14785
 *   11  3.51025   3.83308
 *   51  3.40197   3.43316
 *  200  3.40197   3.40197
 *
 * EM and 400 steps along the gradient differ
 *   in cross-entropy by 0.000000 (goal: at most 0.000001)
 *   in means by 0.000000 (goal: at most 0.0001)
 *   in weights by 0.000000 (goal: at most 0.0001)
 *
 *                                   accuracy  normalised mutual information
 * k-means                           70.5%     0.48
 * k-means on the first component    48.3%     0.14
 * mixture by EM                     99.7%     0.98
 * mixture by gradient               99.7%     0.98
 *
 * accuracy of the mixture 99.7% (goal: at least 98%)
 *
 * ┌────────────────────────────────────────────────────────────┐
 * …
 * └────────────────────────────────────────────────────────────┘
 * …
 */
