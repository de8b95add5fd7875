/** Every weight starts at 0.1. */
import { Dense, initializers, manualSeed, type Program, Sequential, sines } from "../everything.ts";

export const told = "symmetric-weights";
export const layer = "hidden";

export function program(): Program {
  manualSeed(49);
  const { x, y } = sines(64);
  const model = new Sequential([
    new Dense({
      units: 12,
      inputDim: 2,
      activation: "relu",
      kernelInitializer: initializers.constant(0.1),
      name: "hidden",
    }),
    new Dense({ units: 1, kernelInitializer: initializers.constant(0.1) }),
  ]);
  model.compile({ optimizer: "sgd", loss: "mse" });
  return { model, x, y };
}
