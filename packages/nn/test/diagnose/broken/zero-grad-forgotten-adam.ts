/** zeroGrad was forgotten, and Adam hides it for a while. */
import { Adam, blobs, crossEntropy, manualSeed, type Program, parameter, randn, zeros } from "../everything.ts";

export const told = "missing-zero-grad";

export function program(): Program {
  manualSeed(2);
  const { x, labels } = blobs(60, 3);
  const w = parameter(randn([2, 3], { std: 0.1 }));
  const b = parameter(zeros([3]));
  const optimizer = new Adam([w, b], { lr: 0.05 });
  const loss = () => crossEntropy(x.matmul(w).add(b), labels);
  const step = () => {
    const value = loss();
    value.backward();
    optimizer.step();
  };
  return { loss, optimizer, step, x, y: labels };
}
