/** One of the columns is 7.25 in every row. */
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

export const told = "constant-features";

export function program(): Program {
  manualSeed(32);
  const { x, labels } = blobs(100, 2, 3);
  const data = withColumn(x, constantColumn(100, 7.25));
  const model = new Sequential([new Dense({ units: 8, inputDim: 4, activation: "relu" }), new Dense({ units: 2 })]);
  model.compile({ optimizer: "adam", loss: crossEntropy });
  return { model, x: data, y: labels };
}
