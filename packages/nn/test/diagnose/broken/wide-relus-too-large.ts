/** Ten layers of 64 relus with weights of deviation 0.6. */
import { blobs, crossEntropy, Dense, initializers, manualSeed, type Program, Sequential } from "../everything.ts";

export const told = "exploding-gradients";

export function program(): Program {
  manualSeed(109);
  const { x, labels } = blobs(64, 3, 16);
  const model = new Sequential([
    ...Array.from(
      { length: 10 },
      () => new Dense({ units: 64, activation: "relu", kernelInitializer: initializers.randomNormal({ std: 0.6 }) }),
    ),
    new Dense({ units: 3 }),
  ]);
  model.compile({ optimizer: "adam", loss: crossEntropy });
  return { model, x, y: labels };
}
