/** Categories as one-hot floats, some of which are in no sample of the batch. */
import { Adam, crossEntropy, Dense, manualSeed, oneHot, type Program, randint, Sequential } from "../everything.ts";

export function program(): Program {
  manualSeed(24);
  const kinds = randint(0, 30, [64]);
  const x = oneHot(kinds, 40).cast("float32");
  const y = kinds.mod(3);
  const model = new Sequential([new Dense({ units: 32, inputDim: 40, activation: "relu" }), new Dense({ units: 3 })]);
  model.compile({ optimizer: new Adam({ lr: 0.01 }), loss: crossEntropy });
  return { model, x, y };
}
