/** A bias of -10 keeps every relu shut. */
import { blobs, crossEntropy, Dense, initializers, manualSeed, type Program, Sequential } from "../everything.ts";

export const told = "dead-units";
export const layer = "hidden";

export function program(): Program {
  manualSeed(9);
  const { x, labels } = blobs(64, 3, 4);
  const model = new Sequential([
    new Dense({
      units: 16,
      inputDim: 4,
      activation: "relu",
      biasInitializer: initializers.constant(-10),
      name: "hidden",
    }),
    new Dense({ units: 3 }),
  ]);
  model.compile({ optimizer: "adam", loss: crossEntropy });
  return { model, x, y: labels };
}
