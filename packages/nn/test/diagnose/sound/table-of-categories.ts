/** Three categories as one-hot columns, of which the label depends by chance. */
import { concat, Dense, manualSeed, oneHot, type Program, rand, randint, Sequential } from "../everything.ts";

export function program(): Program {
  manualSeed(408);
  const kinds = randint(0, 3, [240]);
  const sexes = randint(0, 2, [240]);
  const x = concat([oneHot(kinds, 3).cast("float32"), oneHot(sexes, 2).cast("float32")], 1);
  const y = rand([240])
    .less(sexes.cast("float32").mul(0.5).add(kinds.cast("float32").mul(0.1)).add(0.15))
    .cast("float32");
  const model = new Sequential([
    new Dense({ units: 8, inputDim: 5, activation: "relu" }),
    new Dense({ units: 1, activation: "sigmoid" }),
  ]);
  model.compile({ optimizer: "adam", loss: "binary_crossentropy" });
  return { model, x, y };
}
