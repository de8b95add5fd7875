/** The length of a difference that is 0: its slope is 0 / 0. */
import { manualSeed, type Program, parameter, randn, SGD } from "../everything.ts";

export const told = "non-finite";

export function program(): Program {
  manualSeed(54);
  const x = randn([20, 3]);
  const w = parameter(randn([3, 3], { std: 0.5 }));
  const optimizer = new SGD([w], { lr: 0.1 });
  const loss = () => {
    const a = x.matmul(w);
    const distances = a.unsqueeze(0).sub(a.unsqueeze(1)).square().sum(-1).sqrt();
    return distances.mean().sub(1).square();
  };
  return { loss, parameters: { w }, optimizer, x };
}
