/**
 * Contrastive learning: knowing again what is the same, and labels for only a few.
 *
 * Each digit is changed twice, moved, turned and stretched a little. InfoNCE asks an encoder: which of the 256 second
 * pictures belongs to this first one? That is a cross-entropy over the batch, and it needs no labels (van den Oord et al.
 * 2018, Chen et al. 2020). To answer, the encoder must find what stays, and that is much of what a digit is. A linear
 * probe then shows how much: logistic regression on its output, with five labels a digit, beside the same on pixels and
 * on principal components.
 *
 * In full: 87.1% on the encoder's output, 84.2% on pixels, 80.4% on components. Its output
 * also clusters better: k-means finds 80.2% there and a normalised mutual information of 0.78, on pixels 79.5% and 0.75.
 */
import {
  Adam,
  batches,
  Dense,
  Generator,
  infoNCE,
  manualSeed,
  metrics,
  Sequential,
  type Tensor,
  trainTestSplit,
} from "chainrule";
import { augment } from "./support/augment.ts";
import { clusteringAccuracy, normalizedMutualInformation } from "./support/clustering.ts";
import { loadDigits } from "./support/digits.ts";
import { kMeans } from "./support/k-means.ts";
import { pca } from "./support/pca.ts";

const quick = process.argv.includes("--quick");
const epochs = quick ? 16 : 50;
const { xTrain, xTest, yTrain, yTest } = await loadDigits();

// ---- The encoder, and a projection that is thrown away afterwards.
manualSeed(1);
const encoder = new Sequential([
  new Dense({ units: 256, inputDim: 64, activation: "relu" }),
  new Dense({ units: 64, activation: "relu" }),
]);
const projection = new Dense({ units: 32, inputDim: 64 });
const optimizer = new Adam([...encoder.parameters(), ...projection.parameters()], { lr: 0.003 });
const generator = new Generator(1);
const view = (images: Tensor) => augment(images, generator, { shift: 1, turn: 20, stretch: 0.15 });

console.log("InfoNCE, in nats (guessing among 256 costs 5.55):");
for (let epoch = 1; epoch <= epochs; epoch++) {
  let sum = 0;
  for (const [images] of batches(xTrain, { batchSize: 256, dropLast: true, generator })) {
    const [first, second] = [view(images), view(images)].map((x) => projection.call(encoder.call(x)));
    const loss = infoNCE(first, second, { temperature: 0.5, symmetric: true });
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
    sum += loss.item();
  }
  if (epoch === 1 || epoch === epochs)
    console.log(`  epoch ${epoch}: ${(sum / Math.floor(xTrain.shape[0] / 256)).toFixed(2)}`);
}

// ---- Linear probes, each on five labels a digit, and the mean over several choices of these.
const components = pca(xTrain, 16);
const encodings: Record<string, [train: Tensor, test: Tensor]> = {
  pixels: [xTrain, xTest],
  "16 principal components": [components.project(xTrain), components.project(xTest)],
  "contrastive encoder": [encoder.predict(xTrain), encoder.predict(xTest)],
};

/** The mean accuracy of logistic regression on 50 labels, five of each digit. */
async function probe(train: Tensor, test: Tensor): Promise<number> {
  const choices = quick ? [1, 2] : [1, 2, 3, 4, 5];
  // One scale for all columns, so that each input has the same chance and keeps its proportions.
  const scaled = (x: Tensor) => x.sub(train.mean(0)).div(train.var(0).mean().sqrt());
  let sum = 0;
  for (const seed of choices) {
    manualSeed(seed);
    const [, x, , y] = trainTestSplit(train, yTrain, { testSize: 50, stratify: yTrain, seed });
    const model = new Sequential([new Dense({ units: 10, kernelRegularizer: "l2" })]);
    model.compile({ optimizer: new Adam({ lr: 0.01 }), loss: "crossEntropy" });
    await model.fit(scaled(x), y, { epochs: 100, batchSize: 50 });
    sum += metrics.accuracy(model.predict(scaled(test)), yTest);
  }
  return sum / choices.length;
}

const percent = (share: number) => `${(100 * share).toFixed(1)}%`;
const probed: number[] = [];
console.log("\n                         five labels a digit  k-means: accuracy  normalised mutual information");
for (const [name, [train, test]] of Object.entries(encodings)) {
  probed.push(await probe(train, test));
  const { labels } = kMeans(train, 10, { generator: new Generator(1), restarts: quick ? 3 : 10 });
  const scores = [percent(clusteringAccuracy(labels, yTrain)), normalizedMutualInformation(labels, yTrain).toFixed(2)];
  console.log(
    `${name.padEnd(23)}  ${percent(probed[probed.length - 1]).padEnd(19)}  ${scores[0].padEnd(17)}  ${scores[1]}`,
  );
}
const [onPixels, , onEncodings] = probed;
console.log(`\naccuracy on the encoder's output ${percent(onEncodings)} (goal: at least ${quick ? 84 : 85}%)`);
const gain = 100 * (onEncodings - onPixels);
console.log(`gained on pixels: ${gain.toFixed(1)} points (goal: at least ${quick ? 0.5 : 1.5})`);

/* Output of --quick:
 * InfoNCE, in nats (guessing among 256 costs 5.55):
 *   epoch 1: 5.22
 *   epoch 16: 4.20
 *
 *                          five labels a digit  k-means: accuracy  normalised mutual information
 * pixels                   86.4%                75.9%              0.75
 * 16 principal components  82.1%                68.3%              0.72
 * contrastive encoder      89.2%                80.9%              0.78
 *
 * accuracy on the encoder's output 89.2% (goal: at least 84%)
 * …
 */
