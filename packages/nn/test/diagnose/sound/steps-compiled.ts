/** The readme's loop, compiled by jit. */
import { blobs, crossEntropy, jit, manualSeed, type Program, parameter, randn, SGD, zeros } from "../everything.ts";

export function program(): Program {
  manualSeed(52);
  const { x, labels } = blobs(100, 2, 2);
  const w1 = parameter(randn([2, 16]));
  const w2 = parameter(randn([16, 2], { std: 0.25 }));
  const b = parameter(zeros([16]));
  const optimizer = new SGD([w1, b, w2], { lr: 0.5 });
  const loss = () => crossEntropy(x.matmul(w1).add(b).tanh().matmul(w2), labels);
  const step = jit(() => {
    const value = loss();
    optimizer.zeroGrad();
    value.backward();
    optimizer.step();
    return value;
  });
  return { loss, optimizer, step, x, y: labels };
}
