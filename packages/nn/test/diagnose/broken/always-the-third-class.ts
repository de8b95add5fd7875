/** One-hot targets that are [0, 0, 1] in every row. */
import { blobs, Dense, full, manualSeed, oneHot, type Program, Sequential } from "../everything.ts";

export const told = "constant-labels";

export function program(): Program {
  manualSeed(114);
  const { x } = blobs(50, 3, 5);
  const y = oneHot(full([50], 2, { dtype: "int32" }), 3).cast("float32");
  const model = new Sequential([
    new Dense({ units: 16, inputDim: 5, activation: "relu" }),
    new Dense({ units: 3, activation: "softmax" }),
  ]);
  model.compile({ optimizer: "adam", loss: "categorical_crossentropy" });
  return { model, x, y };
}
