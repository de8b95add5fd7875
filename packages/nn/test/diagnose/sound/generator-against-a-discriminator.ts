/** The step of a generator: its samples are to be taken for real, so all targets are 1. */
import {
  Adam,
  binaryCrossEntropyWithLogits,
  Linear,
  manualSeed,
  ones,
  type Program,
  randn,
  Sequential,
} from "../everything.ts";

export function program(): Program {
  manualSeed(201);
  const noise = randn([32, 4]);
  const generator = new Sequential([new Linear(4, 16), (h) => h.relu(), new Linear(16, 2)]);
  const discriminator = new Sequential([new Linear(2, 16), (h) => h.relu(), new Linear(16, 1)]);
  const optimizer = new Adam(generator, { lr: 0.001 });
  const loss = () => binaryCrossEntropyWithLogits(discriminator.call(generator.call(noise)), ones([32, 1]));
  const step = () => {
    generator.zeroGrad();
    loss().backward();
    optimizer.step();
    discriminator.zeroGrad();
  };
  return { loss, model: generator, optimizer, step };
}
