/** No optimizer: w - lr · grad by hand, and the gradient is never cleared. */
import { manualSeed, type Program, parameter, randn, zeros } from "../everything.ts";

export const told = "missing-zero-grad";

export function program(): Program {
  manualSeed(3);
  const x = randn([50, 1]);
  const y = x.mul(3).add(1);
  const w = parameter(zeros([1, 1]));
  const b = parameter(zeros([1]));
  const loss = () => x.matmul(w).add(b).sub(y).square().mean();
  const step = () => {
    const value = loss();
    value.backward();
    for (const p of [w, b]) p.assign(p.sub(p.grad!.mul(0.1)));
  };
  return { loss, step, x, y };
}
