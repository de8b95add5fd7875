/**
 * Ten classes from digits without labels, by information: a network gives each digit a distribution p over ten clusters.
 *
 * What do clusters and digits tell about each other? I = H(mean of p) - mean of H(p): large where all clusters are in
 * use and each digit is in one for certain. That alone could be had by any cut through the data, so a second term asks
 * for sense: a digit that is moved, turned and stretched a little must stay in its cluster, KL(p ‖ p of the changed) ≈ 0
 * (Krause et al. 2010; Hu et al. 2017). As there, the first entropy counts four times, to keep all clusters in use.
 *
 * In full: 82.0% of the digits are in the right cluster and normalised mutual information is 0.80; k-means reaches
 * 79.2% and 0.74. It depends on the beginning: seeds 2 and 3 come to 82.3% and 77.1%, with 0.80 and 0.76.
 */
import {
  Adam,
  batches,
  crossEntropy,
  Dense,
  drawImage,
  Generator,
  information,
  klDivergence,
  manualSeed,
  readCsv,
  Sequential,
  stack,
  type Tensor,
} from "chainrule";
import { augment } from "./support/augment.ts";
import { clusteringAccuracy, normalizedMutualInformation } from "./support/clustering.ts";
import { kMeans } from "./support/k-means.ts";
import { pca } from "./support/pca.ts";

const quick = process.argv.includes("--quick");
const epochs = quick ? 20 : 60;
// The labels are for judging only.
const { features, target: digits } = await readCsv(new URL("data/digits.csv", import.meta.url));
const x = features.div(16);

manualSeed(1);
const generator = new Generator(1);
const model = new Sequential([
  new Dense({ units: 128, inputDim: 64, activation: "relu" }),
  new Dense({ units: 128, activation: "relu" }),
  new Dense({ units: 10 }),
]);
const optimizer = new Adam(model, { lr: 0.002 });

for (let epoch = 1; epoch <= epochs; epoch++)
  for (const [images] of batches(x, { batchSize: 128, generator })) {
    const logits = model.call(images);
    const p = logits.softmax(-1);
    // H(p) is the cross-entropy of p with itself, which takes logits and stays finite.
    const [use, doubt] = [information.entropy(p.mean(0)), crossEntropy(logits, p)];
    const changed = model.call(augment(images, generator, { shift: 1, turn: 20 })).logSoftmax(-1);
    const disagreement = klDivergence(changed, p.detach(), { logInput: true });
    const loss = disagreement.mul(2).sub(use.mul(4).sub(doubt));
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
  }

const logits = model.predict(x);
const clusters = logits.argmax(-1);
const [use, doubt] = [
  information.entropy(logits.softmax(-1).mean(0)).item(),
  crossEntropy(logits, logits.softmax(-1)).item(),
];
console.log(
  `H(mean of p) ${use.toFixed(2)} of log 10 = 2.30 nats, mean of H(p) ${doubt.toFixed(2)}: I = ${(use - doubt).toFixed(2)}\n`,
);

const byMeans = (z: Tensor) => kMeans(z, 10, { generator: new Generator(1) }).labels;
console.log("                      accuracy  normalised mutual information");
const found = {
  "k-means": byMeans(x),
  "PCA, then k-means": byMeans(pca(x, 16).project(x)),
  "by information": clusters,
};
for (const [name, labels] of Object.entries(found)) {
  const scores = [clusteringAccuracy(labels, digits), normalizedMutualInformation(labels, digits)];
  console.log(`${name.padEnd(20)}  ${(100 * scores[0]).toFixed(1)}%     ${scores[1].toFixed(2)}`);
}
const accuracy = 100 * clusteringAccuracy(clusters, digits);
console.log(`\naccuracy by information ${accuracy.toFixed(1)}% (goal: at least ${quick ? 72 : 80}%)`);

console.log("\nThree digits of which each cluster is surest:\n");
const sheet = Array.from({ length: 10 }, (_, cluster) =>
  x.gather(logits.softmax(-1).slice([0, x.shape[0]], cluster).topK(3).indices).reshape(24, 8),
);
const side = stack(sheet).permute(1, 0, 2).reshape(24, 80);
console.log(drawImage(side, undefined, { min: 0, max: 1 }));

/* Output of --quick:
 * …
 *
 *                       accuracy  normalised mutual information
 * k-means               79.2%     0.74
 * PCA, then k-means     78.9%     0.74
 * …
 *
 * accuracy by information 80.9% (goal: at least 72%)
 *
 * Three digits of which each cluster is surest:
 *
 * …
 */
