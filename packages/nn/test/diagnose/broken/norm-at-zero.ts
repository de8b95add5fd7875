/** The length of a vector that is 0. */
import { manualSeed, type Program, parameter, randn, SGD, zeros } from "../everything.ts";

export const told = "non-finite";

export function program(): Program {
  manualSeed(306);
  const w = parameter(zeros([5]));
  const x = randn([20, 5]);
  const loss = () => x.matmul(w).square().mean().add(w.square().sum().sqrt().mul(0.01));
  return { loss, parameters: { w }, optimizer: new SGD([w], { lr: 0.1 }), x };
}
