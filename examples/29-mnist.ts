/**
 * A convolutional network of MNIST's size: 28 x 28 pixels, two convolutions with pooling, 114,000 parameters.
 *
 * With the four IDX files of MNIST, or of another data set in its form (Fashion-MNIST, KMNIST), in a folder:
 * `pnpm example 29 --mnist <folder>`. Without them it learns scikit-learn's digits of 8 x 8 pixels, made three times as large: there are
 * 1437 to learn from, and MNIST has 60,000.
 *
 * In full, on those digits: 99.2% of the 360 held out (with seeds 2 and 3, 98.6% and 98.3%).
 */
import { parseArgs } from "node:util";
import {
  Adam,
  Conv2d,
  cosineDecay,
  Dense,
  Dropout,
  drawImage,
  Flatten,
  loadMnist,
  MaxPool2d,
  manualSeed,
  Sequential,
  type Tensor,
  upsample2d,
} from "chainrule";
import { loadDigits } from "./support/digits.ts";

const { quick = false, mnist } = parseArgs({
  options: { quick: { type: "boolean" }, mnist: { type: "string" } },
  allowPositionals: true,
}).values;

/** 8 x 8 pixels as 28 x 28, [n, 1, 28, 28]: each three times as large, with a frame of two. */
const enlarged = (digits: Tensor) =>
  upsample2d(digits.reshape(-1, 1, 8, 8), 3, { mode: "bilinear" }).pad([
    [0, 0],
    [0, 0],
    [2, 2],
    [2, 2],
  ]);

async function read() {
  if (mnist === undefined) {
    const { xTrain, xTest, yTrain, yTest } = await loadDigits();
    return { x: enlarged(xTrain), y: yTrain, xTest: enlarged(xTest), yTest };
  }
  const { train, test } = await loadMnist(mnist);
  return { x: train.images.unsqueeze(1), y: train.labels, xTest: test.images.unsqueeze(1), yTest: test.labels };
}
const { x, y, xTest, yTest } = await read();
console.log(
  `${x.shape[0]} images of ${x.shape.slice(2).join(" x ")} pixels to learn from, ${xTest.shape[0]} held out; the first:`,
);
console.log(drawImage(x.slice(0).slice(0)));

manualSeed(1);
const model = new Sequential([
  new Conv2d({ filters: 16, kernelSize: 5, padding: "same", activation: "relu", inputShape: x.shape.slice(1) }),
  new MaxPool2d({ kernelSize: 2 }),
  new Conv2d({ filters: 32, kernelSize: 5, padding: "same", activation: "relu" }),
  new MaxPool2d({ kernelSize: 2 }),
  new Flatten(),
  new Dropout(0.3),
  new Dense({ units: 64, activation: "relu" }),
  new Dense({ units: 10 }),
]);
const [epochs, batchSize] = [quick ? 3 : mnist ? 4 : 12, 32];
const lr = cosineDecay({ lr: 0.004, steps: epochs * Math.ceil(x.shape[0] / batchSize) });
model.compile({ optimizer: new Adam({ lr }), loss: "crossEntropy", metrics: ["accuracy"] });
model.summary();
await model.fit(x, y, { epochs, batchSize });

const { loss, accuracy } = await model.evaluate(xTest, yTest);
console.log(
  `\ncross-entropy ${loss.toFixed(3)} nats, accuracy ${(100 * accuracy).toFixed(1)}% (goal: at least ${quick ? 92 : 98}%)`,
);

/* Output of --quick:
 * 1437 images of 28 x 28 pixels to learn from, 360 held out; the first:
 * …
 *  Total params: 114,314 (446.54 KB)
 *  Trainable params: 114,314 (446.54 KB)
 *  Non-trainable params: 0 (0.00 B)
 *
 * cross-entropy 0.142 nats, accuracy 96.1% (goal: at least 92%)
 */
