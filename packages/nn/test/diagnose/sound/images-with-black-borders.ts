/** Images whose border is 0 in all samples. */
import {
  Conv2d,
  crossEntropy,
  Dense,
  Flatten,
  MaxPool2d,
  manualSeed,
  type Program,
  rand,
  Sequential,
} from "../everything.ts";

export function program(): Program {
  manualSeed(26);
  const x = rand([48, 1, 6, 6]).pad([
    [0, 0],
    [0, 0],
    [2, 2],
    [2, 2],
  ]);
  const y = x.mean([1, 2, 3]).greater(0.18).cast("int32");
  const model = new Sequential([
    new Conv2d({ filters: 8, kernelSize: 3, activation: "relu" }),
    new MaxPool2d({ kernelSize: 2 }),
    new Flatten(),
    new Dense({ units: 2 }),
  ]);
  model.compile({ optimizer: "adam", loss: crossEntropy });
  return { model, x, y };
}
