/**
 * Many labels at once: which of the ten digits are in a picture of up to three? Four labels in five are "not there", and the asymmetric
 * loss does not let them decide.
 *
 * Binary cross-entropy asks each label by itself, and adds up. What is easy, the many digits that are not there, together weighs more
 * than what is hard. The asymmetric loss multiplies the cost of an absent label by q^4, where q is how wrong the network is about it,
 * and forgets those below 0.05 altogether (Ridnik et al. 2021): more of the digits that are there are found, and, at a
 * threshold of 0.5, more that are not; but the order is better as well, which average precision measures at all thresholds.
 *
 * In full: it finds 95.7% of the digits, binary cross-entropy 91.5%; average precision 0.981 against 0.978.
 */
import {
  Adam,
  asymmetric,
  binaryCrossEntropyWithLogits,
  Dense,
  Generator,
  manualSeed,
  metrics,
  Sequential,
  type Tensor,
  tensor,
} from "chainrule";
import { loadDigits } from "./support/digits.ts";

const quick = process.argv.includes("--quick");
const { xTrain, xTest, yTrain, yTest } = await loadDigits();

/** Pictures of 16 x 16 pixels with one to three digits in four places, and for each which of the ten are there. */
function makeScenes(digits: Tensor, classes: Tensor, count: number, generator: Generator): [Tensor, Tensor] {
  const [pixels, names] = [digits.toTypedArray(), classes.toTypedArray()];
  const [x, y] = [new Float32Array(count * 256), new Float32Array(count * 10)];
  for (let scene = 0; scene < count; scene++)
    for (const place of generator.permutation(4).slice(0, generator.integer(1, 4))) {
      const digit = generator.integer(0, names.length);
      const corner = scene * 256 + 128 * (place >> 1) + 8 * (place & 1);
      for (let row = 0; row < 8; row++)
        x.set(pixels.subarray(digit * 64 + row * 8, digit * 64 + row * 8 + 8), corner + 16 * row);
      y[scene * 10 + names[digit]] = 1;
    }
  return [tensor(x, { shape: [count, 256] }), tensor(y, { shape: [count, 10] })];
}
const generator = new Generator(1);
const [x, y] = makeScenes(xTrain, yTrain, quick ? 3000 : 12000, generator);
const [xHeldOut, yHeldOut] = makeScenes(xTest, yTest, 1000, generator);
console.log(`${x.shape[0]} pictures to learn from; ${(100 * y.mean().item()).toFixed(1)}% of their labels hold`);

async function train(loss: typeof asymmetric | typeof binaryCrossEntropyWithLogits) {
  manualSeed(1);
  const model = new Sequential([
    new Dense({ units: 256, inputDim: 256, activation: "relu" }),
    new Dense({ units: 10 }),
  ]);
  model.compile({ optimizer: new Adam({ lr: 0.002 }), loss });
  await model.fit(x, y, { epochs: quick ? 15 : 20, batchSize: 64 });
  return model.predict(xHeldOut).sigmoid();
}
const byBinary = await train(binaryCrossEntropyWithLogits);
const byAsymmetric = await train(asymmetric.with({ fromLogits: true }));

console.log("\n                      found  right of those  average precision");
function judge(name: string, p: Tensor) {
  const [guess, truth] = [p.reshape(-1), yHeldOut.reshape(-1)];
  const found = {
    recall: 100 * metrics.recall(guess, truth),
    precision: 100 * metrics.precision(guess, truth),
    average: metrics.averagePrecision(guess, truth),
  };
  const { recall, precision, average } = found;
  console.log(
    `${name.padEnd(20)}  ${recall.toFixed(1)}%  ${precision.toFixed(1).padStart(13)}%  ${average.toFixed(3).padStart(17)}`,
  );
  return found;
}
const [binary, better] = [judge("binary cross-entropy", byBinary), judge("asymmetric", byAsymmetric)];

console.log(
  `\nmore of the digits found by ${(better.recall - binary.recall).toFixed(1)} points (goal: at least ${quick ? 5 : 2})`,
);
console.log(
  `and ranked better: ${(1000 * (better.average - binary.average)).toFixed(1)} thousandths of average precision (goal: at least ${quick ? 5 : 1})`,
);

/* Output of --quick:
 * 3000 pictures to learn from; 18.6% of their labels hold
 *
 *                       found  right of those  average precision
 * binary cross-entropy  82.9%           86.6%              0.924
 * asymmetric            93.2%           75.5%              0.940
 *
 * more of the digits found by 10.2 points (goal: at least 5)
 * and ranked better: 16.6 thousandths of average precision (goal: at least 5)
 */
