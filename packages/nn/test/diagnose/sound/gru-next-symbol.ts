/** A GRU that foretells the next of a dozen symbols. */
import { crossEntropy, Dense, Embedding, GRU, manualSeed, type Program, randint, Sequential } from "../everything.ts";

export function program(): Program {
  manualSeed(31);
  const text = randint(0, 12, [24, 17]);
  const model = new Sequential([
    new Embedding({ inputDim: 12, outputDim: 8 }),
    new GRU({ units: 24, returnSequences: true }),
    new Dense({ units: 12 }),
  ]);
  model.compile({ optimizer: "adam", loss: crossEntropy });
  return { model, x: text.slice(":", [0, 16]), y: text.slice(":", [1, 17]) };
}
