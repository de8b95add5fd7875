/** Twelve layers of relu, initialised for relu. */
import { blobs, crossEntropy, Dense, manualSeed, type Program, Sequential } from "../everything.ts";

export function program(): Program {
  manualSeed(10);
  const { x, labels } = blobs(128, 4, 16);
  const model = new Sequential([
    ...Array.from({ length: 12 }, () => new Dense({ units: 64, activation: "relu", kernelInitializer: "he_normal" })),
    new Dense({ units: 4 }),
  ]);
  model.compile({ optimizer: "adam", loss: crossEntropy });
  return { model, x, y: labels };
}
