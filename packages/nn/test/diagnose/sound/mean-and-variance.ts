/** A model that says how sure it is. */
import { Adam, gaussianNll, Linear, manualSeed, type Program, Sequential, sines } from "../everything.ts";

export function program(): Program {
  manualSeed(216);
  const { x, y } = sines(64, 0.3);
  const trunk = new Sequential([new Linear(2, 24), (h) => h.tanh(), new Linear(24, 2)]);
  const optimizer = new Adam(trunk, { lr: 0.01 });
  const loss = () => {
    const out = trunk.call(x);
    return gaussianNll(out.slice(":", [0, 1]), y, out.slice(":", [1, 2]).softplus().add(0.01));
  };
  const step = () => {
    optimizer.zeroGrad();
    loss().backward();
    optimizer.step();
  };
  return { loss, model: trunk, optimizer, step, x, y };
}
