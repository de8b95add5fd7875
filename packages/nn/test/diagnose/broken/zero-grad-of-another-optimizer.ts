/** zeroGrad of the optimizer of the other network. */
import { Adam, Linear, manualSeed, mse, type Program, Sequential, sines } from "../everything.ts";

export const told = "missing-zero-grad";

export function program(): Program {
  manualSeed(101);
  const { x, y } = sines(48);
  const model = new Sequential([new Linear(2, 8), (h) => h.tanh(), new Linear(8, 1)]);
  const other = new Linear(2, 1);
  const [optimizer, otherOptimizer] = [new Adam(model, { lr: 0.01 }), new Adam(other, { lr: 0.01 })];
  const loss = () => mse(model.call(x), y);
  const step = () => {
    otherOptimizer.zeroGrad();
    loss().backward();
    optimizer.step();
  };
  return { loss, model, optimizer, step, x, y };
}
