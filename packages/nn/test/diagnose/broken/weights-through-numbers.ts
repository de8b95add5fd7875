/** The loss is put together from plain numbers. */
import { Linear, manualSeed, type Program, Sequential, SGD, scalar, sines } from "../everything.ts";

export const told = "constant-loss";

export function program(): Program {
  manualSeed(79);
  const { x, y } = sines(32);
  const model = new Sequential([new Linear(2, 8), (h) => h.tanh(), new Linear(8, 1)]);
  const optimizer = new SGD(model, { lr: 0.1 });
  const loss = () => {
    const p = model.call(x).toTypedArray();
    const t = y.toTypedArray();
    let sum = 0;
    for (let i = 0; i < p.length; i++) sum += (p[i] - t[i]) ** 2;
    return scalar(sum / p.length);
  };
  return { loss, model, optimizer, x, y };
}
