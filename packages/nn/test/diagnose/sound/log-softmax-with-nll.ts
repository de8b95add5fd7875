/** Log-probabilities, and the loss that takes these. */
import { blobs, Linear, manualSeed, nll, type Program, Sequential } from "../everything.ts";

export function program(): Program {
  manualSeed(6);
  const { x, labels } = blobs(64, 3, 4);
  const model = new Sequential([new Linear(4, 16), (h) => h.relu(), new Linear(16, 3), (h) => h.logSoftmax(-1)]);
  model.compile({ optimizer: "adam", loss: nll });
  return { model, x, y: labels };
}
