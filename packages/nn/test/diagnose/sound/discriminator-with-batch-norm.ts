/** A discriminator of real and made samples. */
import {
  Adam,
  BatchNorm,
  binaryCrossEntropyWithLogits,
  concat,
  Dense,
  LeakyReLU,
  manualSeed,
  type Program,
  randn,
  Sequential,
  zeros,
} from "../everything.ts";

export function program(): Program {
  manualSeed(48);
  const real = randn([32, 4]).mul(0.5).add(1);
  const made = randn([32, 4]);
  const x = concat([real, made]);
  const y = concat([zeros([32, 1]).add(0.9), zeros([32, 1])]);
  const model = new Sequential([
    new Dense({ units: 32, inputDim: 4 }),
    new BatchNorm(),
    new LeakyReLU(),
    new Dense({ units: 1 }),
  ]);
  model.compile({ optimizer: new Adam({ lr: 0.0002, betas: [0.5, 0.999] }), loss: binaryCrossEntropyWithLogits });
  return { model, x, y };
}
