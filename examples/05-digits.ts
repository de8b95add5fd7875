/**
 * A multilayer perceptron learns to read: 1797 handwritten digits of 8 x 8 pixels, a fifth of them held out.
 *
 * The last layer gives logits, and the loss turns them into the cross-entropy without ever leaving safe numbers.
 */
import { mkdir, writeFile } from "node:fs/promises";
import {
  Adam,
  crossEntropy,
  Dense,
  Dropout,
  manualSeed,
  metrics,
  readCsv,
  reliabilitySvg,
  Sequential,
  trainingReport,
  trainTestSplit,
} from "chainrule";

manualSeed(1);
const { features, target } = await readCsv(new URL("data/digits.csv", import.meta.url));
const pixels = features.div(16);
const [xTrain, xTest, yTrain, yTest] = trainTestSplit(pixels, target, { testSize: 0.2, stratify: target, seed: 1 });

const model = new Sequential([
  new Dense({ units: 128, inputDim: 64, activation: "relu" }),
  new Dropout(0.3),
  new Dense({ units: 64, activation: "relu" }),
  new Dropout(0.15),
  new Dense({ units: 10 }),
]);
model.compile({ optimizer: new Adam({ lr: 0.002 }), loss: "crossEntropy", metrics: ["accuracy"] });
model.summary();

const history = await model.fit(xTrain, yTrain, { epochs: 30, batchSize: 32 });

const { loss, accuracy } = await model.evaluate(xTest, yTest);
console.log(
  `\nheld out: cross-entropy ${loss.toFixed(3)} nats, accuracy ${(100 * accuracy).toFixed(1)}% (goal: at least 97%)\n`,
);
const scores = model.predict(xTest);
const confusion = metrics.confusionMatrix(scores, yTest);
console.log(metrics.formatConfusionMatrix(confusion));

const report = trainingReport(history, {
  title: "Digits",
  confusion,
  charts: [reliabilitySvg(metrics.calibrationCurve(scores.softmax(1), yTest, { bins: 10 }))],
  mistakes: {
    loss: crossEntropy(scores, yTest, { reduction: "none" }),
    right: yTest,
    predicted: scores.argmax(1),
    images: xTest.reshape([-1, 8, 8]),
  },
});
await mkdir(new URL("../out/", import.meta.url), { recursive: true });
await writeFile(new URL("../out/05-digits.html", import.meta.url), report);
console.log("\nCurves, calibration and the worst mistakes: out/05-digits.html");

/* Output:
 * Model: "sequential"
 * ┌─────────────────────┬──────────────┬─────────┐
 * │ Layer (type)        │ Output Shape │ Param # │
 * ├─────────────────────┼──────────────┼─────────┤
 * │ dense (Dense)       │ [null, 128]  │   8,320 │
 * │ dropout (Dropout)   │ [null, 128]  │       0 │
 * │ dense_1 (Dense)     │ [null, 64]   │   8,256 │
 * │ dropout_1 (Dropout) │ [null, 64]   │       0 │
 * │ dense_2 (Dense)     │ [null, 10]   │     650 │
 * └─────────────────────┴──────────────┴─────────┘
 *  Total params: 17,226 (67.29 KB)
 *  Trainable params: 17,226 (67.29 KB)
 *  Non-trainable params: 0 (0.00 B)
 *
 * held out: cross-entropy 0.072 nats, accuracy 97.8% (goal: at least 97%)
 *
 * true \ predicted   0   1   2   3   4   5   6   7   8   9
 *                0  36   0   0   0   0   0   0   0   0   0
 *                1   0  36   0   0   0   0   0   0   0   1
 *                2   0   0  35   0   0   0   0   0   0   0
 *                3   0   0   0  36   0   1   0   0   0   0
 *                4   0   0   0   0  34   0   0   0   0   2
 *                5   0   0   0   0   0  36   0   0   0   0
 *                6   0   0   0   0   0   1  35   0   0   0
 *                7   0   0   0   0   0   0   0  36   0   0
 *                8   0   2   0   0   0   0   0   0  33   0
 *                9   0   0   0   0   0   0   0   0   1  35
 *
 * Curves, calibration and the worst mistakes: out/05-digits.html
 */
