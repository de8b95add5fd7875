/** Few units are to be on at a time: a penalty sees to it. */
import { Adam, Dense, l1, manualSeed, type Program, randn, Sequential } from "../everything.ts";

export function program(): Program {
  manualSeed(35);
  const x = randn([64, 6]);
  const model = new Sequential([
    new Dense({ units: 64, inputDim: 6, activation: "relu", activityRegularizer: l1(0.01) }),
    new Dense({ units: 6 }),
  ]);
  model.compile({ optimizer: new Adam({ lr: 0.01 }), loss: "mse" });
  return { model, x, y: x, train: { epochs: 10 } };
}
