/** Four samples at a time, sorted, in order. */
import { Adam, Dense, linspace, manualSeed, type Program, Sequential } from "../everything.ts";

export function program(): Program {
  manualSeed(414);
  const x = linspace(-2, 2, 32).unsqueeze(1);
  const y = x.mul(x).sub(1);
  const model = new Sequential([new Dense({ units: 16, inputDim: 1, activation: "relu" }), new Dense({ units: 1 })]);
  model.compile({ optimizer: new Adam({ lr: 0.01 }), loss: "mse" });
  return { model, x, y, train: { epochs: 3, batchSize: 4, shuffle: false } };
}
