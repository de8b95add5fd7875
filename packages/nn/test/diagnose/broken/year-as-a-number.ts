/** The year, about 2000, among features of the order of 1. */
import { manualSeed, mse, type Program, parameter, randint, randn, SGD, withColumn, zeros } from "../everything.ts";

export const told = "unscaled-features";

export function program(): Program {
  manualSeed(29);
  const x = withColumn(randn([60, 3]), randint(1980, 2024, [60, 1]));
  const y = x.slice(":", 0).add(x.slice(":", 1)).unsqueeze(1);
  const w = parameter(randn([4, 1], { std: 0.1 }));
  const b = parameter(zeros([1]));
  const optimizer = new SGD([w, b], { lr: 1e-8 });
  const loss = () => mse(x.matmul(w).add(b), y);
  const step = () => {
    const value = loss();
    optimizer.zeroGrad();
    value.backward();
    optimizer.step();
  };
  return { loss, optimizer, step, x, y };
}
