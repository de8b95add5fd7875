/** All targets of a regression are 1.5. */
import { Dense, full, manualSeed, type Program, randn, Sequential } from "../everything.ts";

export const told = "constant-labels";

export function program(): Program {
  manualSeed(310);
  const x = randn([40, 3]);
  const model = new Sequential([new Dense({ units: 8, inputDim: 3, activation: "relu" }), new Dense({ units: 1 })]);
  model.compile({ optimizer: "adam", loss: "mae" });
  return { model, x, y: full([40, 1], 1.5) };
}
