/** The mean of embeddings of words. */
import { Adam, Dense, Embedding, manualSeed, type Program, randint, Sequential } from "../everything.ts";

export function program(): Program {
  manualSeed(415);
  const x = randint(0, 100, [40, 6]);
  const y = x.slice(":", 0).less(50).cast("float32");
  const model = new Sequential([
    new Embedding({ inputDim: 100, outputDim: 8 }),
    (h) => h.mean(1),
    new Dense({ units: 1, activation: "sigmoid" }),
  ]);
  model.compile({ optimizer: new Adam({ lr: 0.01 }), loss: "binary_crossentropy" });
  return { model, x, y };
}
