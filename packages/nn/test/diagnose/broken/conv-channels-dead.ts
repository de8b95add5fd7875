/** Channels of a convolution that are 0 everywhere. */
import {
  Conv2d,
  crossEntropy,
  Dense,
  Flatten,
  initializers,
  manualSeed,
  type Program,
  rand,
  randint,
  Sequential,
} from "../everything.ts";

export const told = "dead-units";
export const layer = "conv";

export function program(): Program {
  manualSeed(12);
  const x = rand([32, 1, 8, 8]);
  const labels = randint(0, 2, [32]);
  const model = new Sequential([
    new Conv2d({
      filters: 6,
      kernelSize: 3,
      activation: "relu",
      name: "conv",
      biasInitializer: initializers.constant(-6),
    }),
    new Flatten(),
    new Dense({ units: 2 }),
  ]);
  model.compile({ optimizer: "adam", loss: crossEntropy });
  return { model, x, y: labels };
}
