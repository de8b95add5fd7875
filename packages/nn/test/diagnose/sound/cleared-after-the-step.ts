/** zeroGrad at the end of the step is as good as at its start. */
import { Adam, Linear, manualSeed, mse, type Program, Sequential, sines } from "../everything.ts";

export function program(): Program {
  manualSeed(16);
  const { x, y } = sines(64);
  const model = new Sequential([new Linear(2, 16), (h) => h.tanh(), new Linear(16, 1)]);
  const optimizer = new Adam(model, { lr: 0.01 });
  const loss = () => mse(model.call(x), y);
  const step = () => {
    const value = loss();
    value.backward();
    optimizer.step();
    optimizer.zeroGrad();
  };
  return { loss, model, optimizer, step, x, y };
}
