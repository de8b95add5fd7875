/** x, x² and x³ of numbers from -2 to 2. */
import { concat, Dense, manualSeed, type Program, rand, randn, Sequential, SGD } from "../everything.ts";

export function program(): Program {
  manualSeed(214);
  const t = rand([80, 1]).mul(4).sub(2);
  const x = concat([t, t.square(), t.mul(t.square())], 1);
  const y = t.sin().add(randn([80, 1]).mul(0.1));
  const model = new Sequential([new Dense({ units: 1, inputDim: 3 })]);
  model.compile({ optimizer: new SGD({ lr: 0.02 }), loss: "mse" });
  return { model, x, y };
}
