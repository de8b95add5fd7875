/** zeroGrad once, before the loop. */
import { Dense, manualSeed, mse, type Program, RMSprop, Sequential, sines } from "../everything.ts";

export const told = "missing-zero-grad";

export function program(): Program {
  manualSeed(316);
  const { x, y } = sines(48);
  const model = new Sequential([new Dense({ units: 8, inputDim: 2, activation: "relu" }), new Dense({ units: 1 })]);
  const optimizer = new RMSprop(model, { lr: 0.003 });
  optimizer.zeroGrad();
  const loss = () => mse(model.call(x), y);
  const step = () => {
    loss().backward();
    optimizer.step();
  };
  step();
  step();
  return { loss, model, optimizer, step, x, y };
}
