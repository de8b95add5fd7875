/**
 * Four labels in ten are wrong. Generalised cross-entropy learns from the rest; plain cross-entropy learns the errors too.
 */
import {
  Adam,
  crossEntropy,
  Dense,
  Generator,
  generalizedCrossEntropy,
  manualSeed,
  plotLines,
  readCsv,
  Sequential,
  tensor,
  trainTestSplit,
} from "chainrule";

const quick = process.argv.includes("--quick");
const epochs = Number(process.env.E ?? (quick ? 20 : 60));
const S = Number(process.env.S ?? 1);
const { features, target } = await readCsv(new URL("data/digits.csv", import.meta.url));
const [xTrain, xTest, yTrain, yTest] = trainTestSplit(features.div(16), target, { testSize: 0.2, stratify: target, seed: S });
const generator = new Generator(S);
const labels = yTrain.toTypedArray();
const wrong = Int32Array.from(labels, (label) => (generator.bernoulli(0.4) ? (label + generator.integer(1, 10)) % 10 : label));
console.log(`wrong ${wrong.filter((l, i) => l !== labels[i]).length / wrong.length}`);
const noisy = tensor(wrong);
const losses = {
  plain: crossEntropy,
  gce: generalizedCrossEntropy.with({ q: 0.7, fromLogits: true }),
};
const curves: Record<string, number[]> = {};
for (const [name, loss] of Object.entries(losses)) {
  manualSeed(S);
  const model = new Sequential([
    new Dense({ units: 256, inputDim: 64, activation: "relu" }),
    new Dense({ units: 10 }),
  ]);
  model.compile({ optimizer: new Adam({ lr: 0.002 }), loss, metrics: ["accuracy"] });
  const t = process.cpuUsage().user;
  const { history } = await model.fit(xTrain, noisy, { epochs, batchSize: 64, validationData: [xTest, yTest] });
  console.log(name, (process.cpuUsage().user - t) / 1e6, "on noisy", history.accuracy.at(-1), "clean train", (await model.evaluate(xTrain, yTrain)).accuracy, "test", history.val_accuracy.at(-1), "best", Math.max(...history.val_accuracy));
  curves[name] = history.val_accuracy;
}
console.log(plotLines(curves));
