/** An embedding of 500 words, of which a batch has few. */
import {
  crossEntropy,
  Dense,
  Embedding,
  GlobalAvgPool1d,
  manualSeed,
  type Program,
  randint,
  Sequential,
} from "../everything.ts";

export function program(): Program {
  manualSeed(29);
  const x = randint(0, 500, [32, 10]);
  const y = x.slice(":", 0).mod(2);
  const model = new Sequential([
    new Embedding({ inputDim: 500, outputDim: 16 }),
    new GlobalAvgPool1d(),
    new Dense({ units: 16, activation: "relu" }),
    new Dense({ units: 2 }),
  ]);
  model.compile({ optimizer: "adam", loss: crossEntropy });
  return { model, x, y };
}
