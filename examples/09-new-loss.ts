/**
 * A new loss in ten lines: defined, checked, and used by its name in `fit`, on a line with outliers.
 */
import { checkLoss, Dense, defineLoss, Generator, manualSeed, mse, Sequential, tensor } from "chainrule";

// Tukey's biweight: a squared error near 0, constant beyond c, so that outliers pull no more (Beaton & Tukey 1974).
const tukey = defineLoss("tukey", (prediction, target, { c = 4.685 } = {}) => {
  const scaled = prediction.sub(target).div(c);
  const inside = scaled.square().neg().add(1).maximum(0);
  return inside
    .pow(3)
    .neg()
    .add(1)
    .mul((c * c) / 6);
});
console.log(String(checkLoss(tukey)));

// y = 2 x + 1 with small noise, but every tenth point is 15 off.
const generator = new Generator(1);
const xs = Array.from({ length: 200 }, () => generator.uniform(-2, 2));
const ys = xs.map((x, i) => 2 * x + 1 + generator.normal(0, 0.2) + (i % 10 === 0 ? 15 : 0));
const [x, y] = [tensor(xs).reshape(-1, 1), tensor(ys).reshape(-1, 1)];

for (const loss of [mse, tukey]) {
  manualSeed(1);
  const model = new Sequential([new Dense({ units: 1, inputDim: 1 })]);
  model.compile({ optimizer: "adam", loss });
  model.optimizer.lr = 0.05;
  await model.fit(x, y, { epochs: 60, batchSize: 20 });
  const [slope, intercept] = model.parameters().map((p) => p.item());
  console.log(`${loss.lossName.padEnd(5)} finds y = ${slope.toFixed(2)} x + ${intercept.toFixed(2)}`);
}

/* Output:
 * tukey: sound at prediction [4, 3], target [4, 3]
 *   value            finite, from 0.00498 to 2.89
 *   gradient         12 derivatives agree with differences, the worst to 9.47e-11
 *   second gradient  24 derivatives agree with differences, the worst to 9.47e-11
 *   extremes         finite at 48 of them (prediction -1000, 0, 1000)
 *   reductions       sum and mean of 12 losses, "none" has shape [4, 3]
 *   sample weights   linear: weight 2 counts twice, weight 0 not at all
 *   float32          agrees with float64 to 1.24e-7
 * mse   finds y = 1.78 x + 2.53
 * tukey finds y = 1.99 x + 1.01
 */
