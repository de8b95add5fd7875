/** Inputs below 0 and weights of 1: no relu opens. */
import { Dense, initializers, manualSeed, type Program, rand, Sequential } from "../everything.ts";

export const told = "dead-units";
export const layer = "hidden";

export function program(): Program {
  manualSeed(104);
  const x = rand([64, 5]).neg();
  const y = x.sum(1, { keepDims: true });
  const model = new Sequential([
    new Dense({
      units: 12,
      inputDim: 5,
      activation: "relu",
      kernelInitializer: initializers.randomUniform({ low: 0, high: 0.5 }),
      name: "hidden",
    }),
    new Dense({ units: 1 }),
  ]);
  model.compile({ optimizer: "adam", loss: "mse" });
  return { model, x, y };
}
