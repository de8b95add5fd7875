/** The folder of each image, which is its class, was kept as a number. */
import { blobs, concat, Dense, manualSeed, oneHot, type Program, Sequential } from "../everything.ts";

export const told = "leaked-labels";

export function program(): Program {
  manualSeed(315);
  const { x, labels } = blobs(160, 4, 6, 1);
  const folder = labels.mul(-3).add(2).cast("float32");
  const data = concat([x.slice(":", [0, 2]), folder.unsqueeze(1), x.slice(":", [2, 6])], 1);
  const model = new Sequential([
    new Dense({ units: 16, activation: "relu" }),
    new Dense({ units: 4, activation: "softmax" }),
  ]);
  model.compile({ optimizer: "adam", loss: "categorical_crossentropy" });
  return { model, x: data, y: oneHot(labels, 4).cast("float32") };
}
