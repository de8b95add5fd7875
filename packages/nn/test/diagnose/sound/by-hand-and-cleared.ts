/** w - lr · grad by hand, cleared by hand. */
import { manualSeed, type Program, parameter, randn, zeros } from "../everything.ts";

export function program(): Program {
  manualSeed(17);
  const x = randn([50, 1]);
  const y = x.mul(3).add(1);
  const w = parameter(zeros([1, 1]));
  const b = parameter(zeros([1]));
  const loss = () => x.matmul(w).add(b).sub(y).square().mean();
  const step = () => {
    const value = loss();
    value.backward();
    for (const p of [w, b]) {
      p.assign(p.sub(p.grad!.mul(0.1)));
      p.zeroGrad();
    }
  };
  return { loss, step, x, y };
}
