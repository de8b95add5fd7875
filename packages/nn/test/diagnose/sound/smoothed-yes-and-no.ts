/** Binary cross-entropy with smoothed labels, after training. */
import { Adam, binaryCrossEntropy, blobs, Dense, manualSeed, type Program, Sequential } from "../everything.ts";

export function program(): Program {
  manualSeed(203);
  const { x, labels } = blobs(80, 2, 4, 6);
  const model = new Sequential([
    new Dense({ units: 16, inputDim: 4, activation: "relu" }),
    new Dense({ units: 1, activation: "sigmoid" }),
  ]);
  model.compile({ optimizer: new Adam({ lr: 0.01 }), loss: binaryCrossEntropy.with({ labelSmoothing: 0.1 }) });
  return { model, x, y: labels.cast("float32"), train: { epochs: 30 } };
}
