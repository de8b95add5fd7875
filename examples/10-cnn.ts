/**
 * A convolutional network learns to read digits: small kernels look for strokes, the same ones everywhere in the image.
 *
 * Such a network also learns from copies of the images that are moved by one pixel: a moved 7 is a 7 all the same, and
 * 1437 images are few. A fifth of the digits is held out; the complete run reads 99.7% of them (with seeds 2 and 3,
 * 100% and 98.9%).
 *
 * The same script learns MNIST, if you have its four IDX files: `pnpm example 10 --mnist <folder>`. That takes minutes.
 */
import { parseArgs } from "node:util";
import {
  Adam,
  BatchNorm,
  Conv2d,
  concat,
  cosineDecay,
  Dense,
  Dropout,
  drawImage,
  Flatten,
  loadMnist,
  MaxPool2d,
  manualSeed,
  readCsv,
  Sequential,
  type Tensor,
  takeRows,
  trainTestSplit,
} from "chainrule";

const { quick = false, mnist } = parseArgs({
  options: { quick: { type: "boolean" }, mnist: { type: "string" } },
  allowPositionals: true,
}).values;
manualSeed(1);

async function readDigits() {
  const { features, target } = await readCsv(new URL("data/digits.csv", import.meta.url));
  const pixels = features.div(16).reshape(-1, 8, 8);
  return trainTestSplit(pixels, target, { testSize: 0.2, stratify: target, seed: 1 });
}

async function readMnist(folder: string) {
  const { train, test } = await loadMnist(folder);
  return [train.images, test.images, train.labels, test.labels];
}

/** The images moved by whole pixels, with background coming in. */
function moved(images: Tensor, [down, right]: readonly [number, number]): Tensor {
  const [, , height, width] = images.shape;
  const framed = images.pad([
    [0, 0],
    [0, 0],
    [1, 1],
    [1, 1],
  ]);
  return framed.slice(":", ":", [1 - down, 1 - down + height], [1 - right, 1 - right + width]);
}

const [trainImages, testImages, trainLabels, yTest] = mnist ? await readMnist(mnist) : await readDigits();
const moves = mnist
  ? ([[0, 0]] as const)
  : ([
      [0, 0],
      [0, 1],
      [0, -1],
      [1, 0],
      [-1, 0],
    ] as const);
// Images have channels: one here, of greys.
const xTrain = concat(moves.map((move) => moved(trainImages.unsqueeze(1), move)));
const yTrain = concat(moves.map(() => trainLabels));
const xTest = testImages.unsqueeze(1);

const model = new Sequential([
  new Conv2d({ filters: 16, kernelSize: 3, padding: "same", activation: "relu", inputShape: xTrain.shape.slice(1) }),
  new BatchNorm({ axis: 1 }),
  new MaxPool2d({ kernelSize: 2 }),
  new Conv2d({ filters: 32, kernelSize: 3, padding: "same", activation: "relu" }),
  new BatchNorm({ axis: 1 }),
  new Flatten(),
  new Dropout(0.4),
  new Dense({ units: 64, activation: "relu" }),
  new Dropout(0.4),
  new Dense({ units: 10 }),
]);
const [epochs, batchSize] = [quick || mnist ? 2 : 6, 32];
const lr = cosineDecay({ lr: 0.003, steps: epochs * Math.ceil(xTrain.shape[0] / batchSize) });
model.compile({ optimizer: new Adam({ lr }), loss: "crossEntropy", metrics: ["accuracy"] });
model.summary();

await model.fit(xTrain, yTrain, { epochs, batchSize });

const { loss, accuracy } = await model.evaluate(xTest, yTest);
console.log(`\n${xTrain.shape[0]} images to learn from, ${xTest.shape[0]} held out:`);
console.log(
  `cross-entropy ${loss.toFixed(3)} nats, accuracy ${(100 * accuracy).toFixed(1)}% (goal: at least ${quick ? 97 : 98.5}%)`,
);

const said = model.predict(xTest).argmax(-1);
const wrong = [...said.notEqual(yTest).toTypedArray().entries()].flatMap(([i, differs]) => (differs ? [i] : []));
const width = xTest.shape[3] + 3;
const shown = wrong.slice(0, Math.floor(60 / width));
if (shown.length > 0) {
  const inWords = shown.map((i) => `a ${yTest.at(i)} taken for a ${said.at(i)}`);
  console.log(`\nIts mistakes (${shown.length} of ${wrong.length}): ${inWords.join(", ")}\n`);
  const row = takeRows(testImages, shown)
    .pad([
      [0, 0],
      [0, 0],
      [0, 3],
    ])
    .transpose(0, 1);
  console.log(drawImage(row.reshape(row.shape[0], -1)));
}

/* Output of --quick:
 * Model: "sequential"
 * ┌──────────────────────────┬──────────────────┬─────────┐
 * │ Layer (type)             │ Output Shape     │ Param # │
 * ├──────────────────────────┼──────────────────┼─────────┤
 * │ conv2d (Conv2d)          │ [null, 16, 8, 8] │     160 │
 * │ batch_norm (BatchNorm)   │ [null, 16, 8, 8] │      64 │
 * │ max_pool2d (MaxPool2d)   │ [null, 16, 4, 4] │       0 │
 * │ conv2d_1 (Conv2d)        │ [null, 32, 4, 4] │   4,640 │
 * │ batch_norm_1 (BatchNorm) │ [null, 32, 4, 4] │     128 │
 * │ flatten (Flatten)        │ [null, 512]      │       0 │
 * │ dropout (Dropout)        │ [null, 512]      │       0 │
 * │ dense (Dense)            │ [null, 64]       │  32,832 │
 * │ dropout_1 (Dropout)      │ [null, 64]       │       0 │
 * │ dense_1 (Dense)          │ [null, 10]       │     650 │
 * └──────────────────────────┴──────────────────┴─────────┘
 *  Total params: 38,474 (150.29 KB)
 *  Trainable params: 38,378 (149.91 KB)
 *  Non-trainable params: 96 (384.00 B)
 *
 * 7185 images to learn from, 360 held out:
 * cross-entropy 0.043 nats, accuracy 99.4% (goal: at least 97%)
 *
 * …
 */
