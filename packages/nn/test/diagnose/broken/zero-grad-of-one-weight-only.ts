/** Only the first weight is cleared. */
import { Linear, manualSeed, mse, type Program, SGD, sines } from "../everything.ts";

export const told = "missing-zero-grad";

export function program(): Program {
  manualSeed(4);
  const { x, y } = sines(40);
  const hidden = new Linear(2, 8);
  const out = new Linear(8, 1);
  const optimizer = new SGD([...hidden.parameters(), ...out.parameters()], { lr: 0.02, momentum: 0.9 });
  const loss = () => mse(out.call(hidden.call(x).relu()), y);
  const step = () => {
    for (const p of hidden.parameters()) p.zeroGrad();
    const value = loss();
    value.backward();
    optimizer.step();
  };
  return { loss, optimizer, step, x, y };
}
