/** Six Linear layers with the initial weights of PyTorch. */
import { blobs, crossEntropy, Linear, manualSeed, type Program, Sequential } from "../everything.ts";

export function program(): Program {
  manualSeed(220);
  const { x, labels } = blobs(64, 3, 12);
  const model = new Sequential([
    new Linear(12, 64),
    (h) => h.relu(),
    new Linear(64, 64),
    (h) => h.relu(),
    new Linear(64, 64),
    (h) => h.relu(),
    new Linear(64, 64),
    (h) => h.relu(),
    new Linear(64, 64),
    (h) => h.relu(),
    new Linear(64, 3),
  ]);
  model.compile({ optimizer: "adam", loss: crossEntropy });
  return { model, x, y: labels };
}
