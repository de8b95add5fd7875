/** Pixels from 0 to 255 go in as they are. */
import { crossEntropy, Dense, manualSeed, type Program, randint, Sequential } from "../everything.ts";

export const told = "unscaled-features";
export const layer = "hidden";

export function program(): Program {
  manualSeed(26);
  const x = randint(0, 256, [64, 100]).cast("float32");
  const labels = x.slice(":", [0, 50]).mean(1).greater(x.mean(1)).cast("int32");
  const model = new Sequential([
    new Dense({ units: 32, inputDim: 100, activation: "relu", name: "hidden" }),
    new Dense({ units: 2 }),
  ]);
  model.compile({ optimizer: "adam", loss: crossEntropy });
  return { model, x, y: labels };
}
