/** The predictions start a thousand times larger than what is to be predicted. */
import { Dense, initializers, manualSeed, type Program, Sequential, sines } from "../everything.ts";

export const told = "initial-loss";

export function program(): Program {
  manualSeed(8);
  const { x, y } = sines(64);
  const model = new Sequential([
    new Dense({ units: 32, inputDim: 2, activation: "relu", kernelInitializer: initializers.randomNormal({ std: 5 }) }),
    new Dense({ units: 1, kernelInitializer: initializers.randomNormal({ std: 5 }), name: "out" }),
  ]);
  model.compile({ optimizer: "adam", loss: "mse" });
  return { model, x, y };
}
