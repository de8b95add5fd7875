/** Fifteen layers of tanh with weights of deviation 0.05. */
import { blobs, Dense, initializers, manualSeed, type Program, Sequential } from "../everything.ts";

export const told = "vanishing-gradients";

export function program(): Program {
  manualSeed(107);
  const { x, labels } = blobs(64, 2, 8);
  const model = new Sequential([
    ...Array.from(
      { length: 15 },
      () => new Dense({ units: 32, activation: "tanh", kernelInitializer: initializers.randomNormal({ std: 0.05 }) }),
    ),
    new Dense({ units: 1, activation: "sigmoid" }),
  ]);
  model.compile({ optimizer: "adam", loss: "binary_crossentropy" });
  return { model, x, y: labels.cast("float32") };
}
