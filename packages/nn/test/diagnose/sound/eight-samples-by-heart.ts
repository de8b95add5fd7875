/** Eight samples with labels by lot, to be learned by heart. */
import { Adam, crossEntropy, Dense, manualSeed, type Program, randint, randn, Sequential } from "../everything.ts";

export function program(): Program {
  manualSeed(40);
  const x = randn([8, 4]);
  const y = randint(0, 2, [8]);
  const model = new Sequential([new Dense({ units: 64, inputDim: 4, activation: "relu" }), new Dense({ units: 2 })]);
  model.compile({ optimizer: new Adam({ lr: 0.01 }), loss: crossEntropy });
  return { model, x, y, train: { epochs: 100 } };
}
