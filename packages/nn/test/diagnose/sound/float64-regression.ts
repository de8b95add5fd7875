/** A regression in float64, by hand. */
import { manualSeed, mse, type Program, parameter, randn, SGD, zeros } from "../everything.ts";

export function program(): Program {
  manualSeed(51);
  const x = randn([60, 2], { dtype: "float64" });
  const y = x.slice(":", 0).mul(2).sub(x.slice(":", 1));
  const w = parameter(zeros([2], { dtype: "float64" }));
  const optimizer = new SGD([w], { lr: 0.1 });
  const loss = () => mse(x.matmul(w), y);
  const step = () => {
    const value = loss();
    optimizer.zeroGrad();
    value.backward();
    optimizer.step();
  };
  return { loss, optimizer, step, x, y };
}
