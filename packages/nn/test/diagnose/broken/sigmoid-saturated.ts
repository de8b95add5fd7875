/** A bias of 12 before every sigmoid of the hidden layer. */
import { Dense, initializers, manualSeed, type Program, Sequential, sines } from "../everything.ts";

export const told = "saturated-units";
export const layer = "hidden";

export function program(): Program {
  manualSeed(14);
  const { x, y } = sines(64);
  const model = new Sequential([
    new Dense({
      units: 20,
      inputDim: 2,
      activation: "sigmoid",
      biasInitializer: initializers.constant(12),
      name: "hidden",
    }),
    new Dense({ units: 1 }),
  ]);
  model.compile({ optimizer: "adam", loss: "mse" });
  return { model, x, y };
}
