/** eval() for a look at the test data, and no train() after it. */
import { BatchNorm, Linear, manualSeed, mse, type Program, Sequential, SGD, sines } from "../everything.ts";

export const told = "wrong-mode";

export function program(): Program {
  manualSeed(82);
  const { x, y } = sines(64);
  const model = new Sequential([
    new Linear(2, 16),
    new BatchNorm({ inputShape: [16] }),
    (h) => h.relu(),
    new Linear(16, 1),
  ]);
  model.eval();
  const optimizer = new SGD(model, { lr: 0.05 });
  const loss = () => mse(model.call(x), y);
  const step = () => {
    optimizer.zeroGrad();
    loss().backward();
    optimizer.step();
  };
  return { loss, model, optimizer, step, x, y };
}
