/** A loop by hand in which the gradients of all steps pile up. */
import { Dense, manualSeed, mse, type Program, Sequential, SGD, sines } from "../everything.ts";

export const told = "missing-zero-grad";

export function program(): Program {
  manualSeed(1);
  const { x, y } = sines(64);
  const model = new Sequential([new Dense({ units: 16, inputDim: 2, activation: "tanh" }), new Dense({ units: 1 })]);
  const optimizer = new SGD(model, { lr: 0.01 });
  const loss = () => mse(model.call(x), y);
  const step = () => {
    const value = loss();
    value.backward();
    optimizer.step();
  };
  return { loss, model, optimizer, step, x, y };
}
