/** A ring around a disc, and enough units. */
import { Dense, manualSeed, type Program, randn, Sequential } from "../everything.ts";

export function program(): Program {
  manualSeed(412);
  const x = randn([200, 2]);
  const y = x.square().sum(1).greater(1.4).cast("float32").unsqueeze(1);
  const model = new Sequential([
    new Dense({ units: 24, inputDim: 2, activation: "relu" }),
    new Dense({ units: 1, activation: "sigmoid" }),
  ]);
  model.compile({ optimizer: "adam", loss: "binary_crossentropy" });
  return { model, x, y };
}
