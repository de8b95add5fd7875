/** Depthwise and pointwise convolutions with relu6. */
import {
  Conv2d,
  crossEntropy,
  Dense,
  GlobalAvgPool2d,
  manualSeed,
  type Program,
  rand,
  randint,
  Sequential,
} from "../everything.ts";

export function program(): Program {
  manualSeed(402);
  const x = rand([12, 4, 8, 8]);
  const y = randint(0, 3, [12]);
  const model = new Sequential([
    new Conv2d({ filters: 4, kernelSize: 3, groups: 4, padding: 1, activation: "relu6" }),
    new Conv2d({ filters: 8, kernelSize: 1, activation: "relu6" }),
    new GlobalAvgPool2d(),
    new Dense({ units: 3 }),
  ]);
  model.compile({ optimizer: "adam", loss: crossEntropy });
  return { model, x, y };
}
