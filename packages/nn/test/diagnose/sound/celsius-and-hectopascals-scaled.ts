/** Columns of very different units, standardised. */
import { concat, Dense, manualSeed, type Program, rand, randn, Sequential } from "../everything.ts";

export function program(): Program {
  manualSeed(227);
  const raw = concat([randn([90, 1]).mul(8).add(15), randn([90, 1]).mul(9).add(1013), rand([90, 1]).mul(100)], 1);
  const x = raw.sub(raw.mean(0)).div(raw.std(0));
  const y = x.slice(":", 0).sub(x.slice(":", 1)).greater(0).cast("float32").unsqueeze(1);
  const model = new Sequential([
    new Dense({ units: 8, inputDim: 3, activation: "relu" }),
    new Dense({ units: 1, activation: "sigmoid" }),
  ]);
  model.compile({ optimizer: "adam", loss: "binary_crossentropy" });
  return { model, x, y };
}
