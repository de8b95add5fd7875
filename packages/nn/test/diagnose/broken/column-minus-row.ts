/** Predictions [64, 1] minus targets [64] are a table of 64 by 64. */
import { Adam, Linear, manualSeed, type Program, Sequential, sines } from "../everything.ts";

export const told = "accidental-broadcast";

export function program(): Program {
  manualSeed(70);
  const { x, y } = sines(64);
  const targets = y.squeeze(1);
  const model = new Sequential([new Linear(2, 16), (h) => h.relu(), new Linear(16, 1)]);
  const optimizer = new Adam(model, { lr: 0.01 });
  const loss = () => model.call(x).sub(targets).square().mean();
  const step = () => {
    const value = loss();
    optimizer.zeroGrad();
    value.backward();
    optimizer.step();
  };
  return { loss, model, optimizer, step, x, y };
}
