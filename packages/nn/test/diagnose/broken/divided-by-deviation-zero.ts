/** Columns are divided by their deviation, and one has none. */
import {
  blobs,
  constantColumn,
  crossEntropy,
  Dense,
  manualSeed,
  type Program,
  Sequential,
  withColumn,
} from "../everything.ts";

export const told = "non-finite";

export function program(): Program {
  manualSeed(52);
  const { x, labels } = blobs(40, 2, 2);
  const data = withColumn(x, constantColumn(40, 1));
  const standard = data.sub(data.mean(0)).div(data.std(0));
  const model = new Sequential([
    new Dense({ units: 8, inputDim: 3, activation: "relu", name: "hidden" }),
    new Dense({ units: 2 }),
  ]);
  model.compile({ optimizer: "adam", loss: crossEntropy });
  return { model, x: standard, y: labels };
}
