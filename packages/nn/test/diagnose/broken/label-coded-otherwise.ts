/** A column gives the class under other numbers: 10, 20, 30. */
import { blobs, Dense, manualSeed, type Program, Sequential, withColumn } from "../everything.ts";

export const told = "leaked-labels";

export function program(): Program {
  manualSeed(39);
  const { x, labels } = blobs(120, 3, 4, 1);
  const code = labels.add(1).mul(-1).cast("float32").div(2);
  const data = withColumn(x, code);
  const model = new Sequential([
    new Dense({ units: 16, inputDim: 5, activation: "relu" }),
    new Dense({ units: 3, activation: "softmax" }),
  ]);
  model.compile({ optimizer: "adam", loss: "sparse_categorical_crossentropy" });
  return { model, x: data, y: labels };
}
