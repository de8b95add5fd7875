/** Twenty steps at a rate that was too large have pushed the units to where their slope is 0; now a smaller one is to help. */
import { Dense, manualSeed, mse, type Program, Sequential, SGD, sines } from "../everything.ts";

export const told = "dead-units";
export const layer = "hidden";

export function program(): Program {
  manualSeed(11);
  const { x, y } = sines(64);
  const targets = y.add(10);
  const model = new Sequential([
    new Dense({ units: 24, inputDim: 2, activation: "relu", name: "hidden" }),
    new Dense({ units: 1 }),
  ]);
  const large = new SGD(model, { lr: 0.2 });
  for (let i = 0; i < 20; i++) {
    large.zeroGrad();
    mse(model.call(x), targets).backward();
    large.step();
  }
  model.compile({ optimizer: new SGD({ lr: 0.01 }), loss: "mse" });
  return { model, x, y: targets };
}
