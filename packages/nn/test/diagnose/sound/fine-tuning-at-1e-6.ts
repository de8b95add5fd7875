/** A trained model goes on at a rate of 1e-6. */
import { Adam, blobs, crossEntropy, Dense, manualSeed, type Program, Sequential } from "../everything.ts";

export function program(): Program {
  manualSeed(223);
  const { x, labels } = blobs(96, 3, 6, 6);
  const model = new Sequential([new Dense({ units: 24, inputDim: 6, activation: "relu" }), new Dense({ units: 3 })]);
  const first = new Adam(model, { lr: 0.02 });
  for (let i = 0; i < 60; i++) {
    first.zeroGrad();
    crossEntropy(model.call(x), labels).backward();
    first.step();
  }
  model.compile({ optimizer: new Adam({ lr: 1e-6 }), loss: crossEntropy });
  return { model, x, y: labels };
}
