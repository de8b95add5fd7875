/** Padding has a label that does not count. */
import {
  Adam,
  bernoulli,
  crossEntropy,
  Dense,
  Embedding,
  manualSeed,
  type Program,
  randint,
  Sequential,
  where,
} from "../everything.ts";

export function program(): Program {
  manualSeed(405);
  const x = randint(1, 30, [16, 12]);
  const y = where(bernoulli(0.3, [16, 12]), -100, x.mod(5));
  const model = new Sequential([new Embedding({ inputDim: 30, outputDim: 8 }), new Dense({ units: 5 })]);
  model.compile({ optimizer: new Adam({ lr: 0.01 }), loss: crossEntropy.with({ ignoreIndex: -100 }) });
  return { model, x, y };
}
