/** All weights are ones. */
import { blobs, crossEntropy, manualSeed, ones, type Program, parameter, SGD } from "../everything.ts";

export const told = "symmetric-weights";

export function program(): Program {
  manualSeed(121);
  const { x, labels } = blobs(60, 2, 2);
  const w1 = parameter(ones([2, 10]));
  const w2 = parameter(ones([10, 2]).mul(0.1));
  const optimizer = new SGD([w1, w2], { lr: 0.1 });
  const loss = () => crossEntropy(x.matmul(w1).tanh().matmul(w2), labels);
  const step = () => {
    optimizer.zeroGrad();
    loss().backward();
    optimizer.step();
  };
  return { loss, optimizer, step, x, y: labels };
}
