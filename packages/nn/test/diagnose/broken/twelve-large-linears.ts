/** Twelve layers, each of which doubles and more. */
import { Dense, initializers, manualSeed, type Program, Sequential, sines } from "../everything.ts";

export const told = "exploding-gradients";

export function program(): Program {
  manualSeed(19);
  const { x, y } = sines(32);
  const model = new Sequential([
    ...Array.from(
      { length: 12 },
      () => new Dense({ units: 16, kernelInitializer: initializers.randomNormal({ std: 1 }), activation: "relu" }),
    ),
    new Dense({ units: 1 }),
  ]);
  model.compile({ optimizer: "sgd", loss: "mse" });
  return { model, x, y };
}
