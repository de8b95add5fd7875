/** Six layers that start with weights of deviation 0.01. */
import { Dense, initializers, manualSeed, type Program, Sequential, sines } from "../everything.ts";

export const told = "vanishing-gradients";

export function program(): Program {
  manualSeed(17);
  const { x, y } = sines(64);
  const small = initializers.randomNormal({ std: 0.01 });
  const model = new Sequential([
    ...Array.from({ length: 6 }, () => new Dense({ units: 32, activation: "relu", kernelInitializer: small })),
    new Dense({ units: 1, kernelInitializer: small }),
  ]);
  model.compile({ optimizer: "sgd", loss: "mse" });
  return { model, x, y };
}
