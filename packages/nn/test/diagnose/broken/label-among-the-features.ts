/** The label was left in the table. */
import { blobs, crossEntropy, Dense, manualSeed, type Program, Sequential, withColumn } from "../everything.ts";

export const told = "leaked-labels";

export function program(): Program {
  manualSeed(38);
  const { x, labels } = blobs(100, 2, 5, 1);
  const data = withColumn(x, labels);
  const model = new Sequential([new Dense({ units: 16, inputDim: 6, activation: "relu" }), new Dense({ units: 2 })]);
  model.compile({ optimizer: "adam", loss: crossEntropy });
  return { model, x: data, y: labels };
}
