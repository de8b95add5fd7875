/** A rate that starts near 0 and rises for 1000 steps. */
import { Adam, blobs, crossEntropy, Dense, manualSeed, type Program, Sequential } from "../everything.ts";

export function program(): Program {
  manualSeed(206);
  const { x, labels } = blobs(64, 3, 8);
  const model = new Sequential([new Dense({ units: 32, inputDim: 8, activation: "relu" }), new Dense({ units: 3 })]);
  model.compile({
    optimizer: new Adam({ lr: (step: number) => 0.001 * Math.min(1, (step + 1) / 100000) }),
    loss: crossEntropy,
  });
  return { model, x, y: labels };
}
