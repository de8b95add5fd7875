/** Divided by 255 in the loader, and once more before training. */
import { Conv2d, crossEntropy, Dense, Flatten, manualSeed, type Program, randint, Sequential } from "../everything.ts";

export const told = "unscaled-features";
export const layer = "conv";

export function program(): Program {
  manualSeed(28);
  const x = randint(0, 256, [32, 1, 8, 8]).cast("float32").div(255).div(255);
  const labels = x
    .mean([1, 2, 3])
    .greater(0.5 / 255)
    .cast("int32");
  const model = new Sequential([
    new Conv2d({ filters: 4, kernelSize: 3, activation: "relu", name: "conv" }),
    new Flatten(),
    new Dense({ units: 2 }),
  ]);
  model.compile({ optimizer: "adam", loss: crossEntropy });
  return { model, x, y: labels };
}
