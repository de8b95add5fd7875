/** No softmax at the end, and a loss that takes probabilities. */
import { blobs, Dense, manualSeed, type Program, Sequential } from "../everything.ts";

export const told = "logits-into-probability-loss";
export const layer = "out";

export function program(): Program {
  manualSeed(63);
  const { x, labels } = blobs(64, 3, 4);
  const model = new Sequential([
    new Dense({ units: 16, inputDim: 4, activation: "relu" }),
    new Dense({ units: 3, name: "out" }),
  ]);
  model.compile({ optimizer: "adam", loss: "sparse_categorical_crossentropy" });
  return { model, x, y: labels };
}
