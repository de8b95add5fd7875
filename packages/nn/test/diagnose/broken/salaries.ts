/** Salaries of 50,000 and Adam at 0.01, by hand. */
import { Adam, Linear, manualSeed, mse, type Program, randn, Sequential } from "../everything.ts";

export const told = "unscaled-targets";

export function program(): Program {
  manualSeed(123);
  const x = randn([80, 3]);
  const y = x.slice(":", [0, 1]).mul(12000).add(50000);
  const model = new Sequential([new Linear(3, 16), (h) => h.relu(), new Linear(16, 1)]);
  const optimizer = new Adam(model, { lr: 0.01 });
  const loss = () => mse(model.call(x), y);
  const step = () => {
    optimizer.zeroGrad();
    loss().backward();
    optimizer.step();
  };
  return { loss, model, optimizer, step, x, y };
}
