/** Convolutions, batch norm, relu, three times. */
import {
  Activation,
  BatchNorm,
  Conv2d,
  crossEntropy,
  Dense,
  GlobalAvgPool2d,
  manualSeed,
  type Program,
  randint,
  randn,
  Sequential,
} from "../everything.ts";

export function program(): Program {
  manualSeed(221);
  const x = randn([16, 3, 8, 8]);
  const y = randint(0, 4, [16]);
  const block = (filters: number) => [
    new Conv2d({ filters, kernelSize: 3, padding: 1 }),
    new BatchNorm({ axis: 1 }),
    new Activation("relu"),
  ];
  const model = new Sequential([
    ...block(8),
    ...block(8),
    ...block(16),
    new GlobalAvgPool2d(),
    new Dense({ units: 4 }),
  ]);
  model.compile({ optimizer: "adam", loss: crossEntropy });
  return { model, x, y };
}
