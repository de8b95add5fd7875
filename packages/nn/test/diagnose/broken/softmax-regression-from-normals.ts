/** Weights of a softmax regression drawn as they come: deviation 1 for 64 inputs. */
import { blobs, crossEntropy, manualSeed, type Program, parameter, randn, SGD, zeros } from "../everything.ts";

export const told = "initial-loss";

export function program(): Program {
  manualSeed(102);
  const { x, labels } = blobs(200, 10, 64, 2);
  const w = parameter(randn([64, 10]));
  const b = parameter(zeros([10]));
  const optimizer = new SGD([w, b], { lr: 0.1 });
  const loss = () => crossEntropy(x.matmul(w).add(b), labels);
  const step = () => {
    optimizer.zeroGrad();
    loss().backward();
    optimizer.step();
  };
  return { loss, optimizer, step, x, y: labels };
}
