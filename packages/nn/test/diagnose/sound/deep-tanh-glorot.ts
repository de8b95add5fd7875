/** Eight layers of tanh as Glorot would have them. */
import { blobs, crossEntropy, Dense, manualSeed, type Program, Sequential, SGD } from "../everything.ts";

export function program(): Program {
  manualSeed(11);
  const { x, labels } = blobs(64, 3, 16);
  const model = new Sequential([
    ...Array.from({ length: 8 }, () => new Dense({ units: 32, activation: "tanh" })),
    new Dense({ units: 3 }),
  ]);
  model.compile({ optimizer: new SGD({ lr: 0.05 }), loss: crossEntropy });
  return { model, x, y: labels };
}
