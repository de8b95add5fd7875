/** Age in years beside income in euros. */
import { concat, Dense, manualSeed, type Program, rand, randn, Sequential } from "../everything.ts";

export const told = "unscaled-features";
export const layer = "hidden";

export function program(): Program {
  manualSeed(27);
  const age = rand([80, 1]).mul(50).add(20);
  const income = randn([80, 1]).mul(15000).add(45000);
  const x = concat([age, income], 1);
  const bought = income.greater(50000).cast("float32");
  const model = new Sequential([
    new Dense({ units: 8, inputDim: 2, activation: "relu", name: "hidden" }),
    new Dense({ units: 1, activation: "sigmoid" }),
  ]);
  model.compile({ optimizer: "adam", loss: "binary_crossentropy", metrics: ["accuracy"] });
  return { model, x, y: bought };
}
