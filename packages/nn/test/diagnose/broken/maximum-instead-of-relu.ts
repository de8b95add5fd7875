/** maximum(h, 0) by hand, after a bias of -30. */
import { blobs, crossEntropy, manualSeed, maximum, type Program, parameter, randn, zeros } from "../everything.ts";

export const told = "dead-units";

export function program(): Program {
  manualSeed(301);
  const { x, labels } = blobs(60, 2, 4);
  const w1 = parameter(randn([4, 12], { std: 0.5 }));
  const b1 = parameter(zeros([12]).sub(30));
  const w2 = parameter(randn([12, 2], { std: 0.3 }));
  const loss = () => crossEntropy(maximum(x.matmul(w1).add(b1), 0).matmul(w2), labels);
  return { loss, parameters: { w1, b1, w2 }, x, y: labels };
}
