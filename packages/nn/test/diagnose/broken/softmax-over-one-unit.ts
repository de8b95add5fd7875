/** A softmax over a single unit is 1, whatever comes in. */
import { blobs, Dense, manualSeed, type Program, Sequential } from "../everything.ts";

export const told = "softmax-over-one-unit";
export const layer = "out";

export function program(): Program {
  manualSeed(64);
  const { x, labels } = blobs(64, 2, 4);
  const model = new Sequential([
    new Dense({ units: 16, inputDim: 4, activation: "relu" }),
    new Dense({ units: 1, activation: "softmax", name: "out" }),
  ]);
  model.compile({ optimizer: "adam", loss: "binary_crossentropy" });
  return { model, x, y: labels.cast("float32") };
}
