/** The one-hot label was joined to the features. */
import { blobs, concat, crossEntropy, Dense, manualSeed, oneHot, type Program, Sequential } from "../everything.ts";

export const told = "leaked-labels";

export function program(): Program {
  manualSeed(115);
  const { x, labels } = blobs(150, 3, 4, 1);
  const data = concat([x, oneHot(labels, 3).cast("float32")], 1);
  const model = new Sequential([new Dense({ units: 16, inputDim: 7, activation: "relu" }), new Dense({ units: 3 })]);
  model.compile({ optimizer: "adam", loss: crossEntropy });
  return { model, x: data, y: labels };
}
