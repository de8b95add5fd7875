/** A straight line through a cloud explains a third of it, and cannot do better. */
import { Dense, manualSeed, type Program, randn, Sequential, SGD } from "../everything.ts";

export function program(): Program {
  manualSeed(46);
  const x = randn([128, 3]);
  const y = x.slice(":", [0, 1]).add(randn([128, 1]).mul(1.4));
  const model = new Sequential([new Dense({ units: 1, inputDim: 3 })]);
  model.compile({ optimizer: new SGD({ lr: 0.05 }), loss: "mse" });
  return { model, x, y, train: { epochs: 20 } };
}
