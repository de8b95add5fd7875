/** Counts of words: most are 0, and most words are in few texts. */
import { bernoulli, crossEntropy, Dense, manualSeed, type Program, randint, Sequential } from "../everything.ts";

export function program(): Program {
  manualSeed(28);
  const x = bernoulli(0.02, [64, 300], { dtype: "float32" }).mul(randint(1, 4, [64, 300]).cast("float32"));
  const y = x.slice(":", [0, 40]).sum(1).greater(0).cast("int32");
  const model = new Sequential([new Dense({ units: 16, inputDim: 300, activation: "relu" }), new Dense({ units: 2 })]);
  model.compile({ optimizer: "adam", loss: crossEntropy });
  return { model, x, y };
}
