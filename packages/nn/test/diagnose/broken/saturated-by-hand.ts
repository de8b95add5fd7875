/** The same in tensors alone: tanh of numbers of the order of fifty. */
import { blobs, crossEntropy, manualSeed, type Program, parameter, randn, SGD } from "../everything.ts";

export const told = "saturated-units";

export function program(): Program {
  manualSeed(15);
  const { x, labels } = blobs(50, 2, 8);
  const w1 = parameter(randn([8, 16], { std: 20 }));
  const w2 = parameter(randn([16, 2], { std: 0.1 }));
  const optimizer = new SGD([w1, w2], { lr: 0.1 });
  const loss = () => crossEntropy(x.matmul(w1).tanh().matmul(w2), labels);
  const step = () => {
    const value = loss();
    optimizer.zeroGrad();
    value.backward();
    optimizer.step();
  };
  return { loss, optimizer, step, x, y: labels };
}
