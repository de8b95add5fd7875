/** softmax(0), because 0 is the first class. */
import { blobs, Linear, manualSeed, oneHot, type Program, Sequential } from "../everything.ts";

export const told = "softmax-over-batch";

export function program(): Program {
  manualSeed(81);
  const { x, labels } = blobs(48, 4, 4);
  const model = new Sequential([new Linear(4, 16), (h) => h.relu(), new Linear(16, 4), (h) => h.softmax(0)]);
  model.compile({ optimizer: "adam", loss: "categorical_crossentropy" });
  return { model, x, y: oneHot(labels, 4).cast("float32") };
}
