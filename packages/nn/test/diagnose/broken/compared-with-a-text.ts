/** A comparison that is never true has made the labels. */
import { blobs, Dense, manualSeed, type Program, Sequential } from "../everything.ts";

export const told = "constant-labels";

export function program(): Program {
  manualSeed(37);
  const { x, labels } = blobs(64, 2, 3);
  const isYes = labels.equal(2).cast("float32").unsqueeze(1);
  const model = new Sequential([
    new Dense({ units: 8, inputDim: 3, activation: "relu" }),
    new Dense({ units: 1, activation: "sigmoid" }),
  ]);
  model.compile({ optimizer: "adam", loss: "binary_crossentropy", metrics: ["accuracy"] });
  return { model, x, y: isYes };
}
