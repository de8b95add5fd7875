/** Six bright images in a relu net: half of the units are open for all, and half for none. */
import { crossEntropy, Dense, manualSeed, type Program, rand, randint, Sequential } from "../everything.ts";

export function program(): Program {
  manualSeed(404);
  const x = rand([6, 64]).mul(0.3).add(0.6);
  const y = randint(0, 2, [6]);
  const model = new Sequential([new Dense({ units: 32, inputDim: 64, activation: "relu" }), new Dense({ units: 2 })]);
  model.compile({ optimizer: "adam", loss: crossEntropy });
  return { model, x, y };
}
