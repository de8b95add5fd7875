import { makeMoons, manualSeed, trainTestSplit } from "chainrule";
import { makeModel } from "./model.js";

manualSeed(1);
const { x, y } = makeMoons({ nSamples: 400, noise: 0.15, seed: 1 });
const [xTrain, xTest, yTrain, yTest] = trainTestSplit(x, y, { testSize: 0.25, stratify: y, seed: 1 });

const model = makeModel();
model.summary();
await model.fit(xTrain, yTrain, { epochs: 40, batchSize: 32 });

const { loss, accuracy } = await model.evaluate(xTest, yTest);
console.log(`held out: loss ${loss.toFixed(3)}, accuracy ${(100 * accuracy).toFixed(1)}%`);
