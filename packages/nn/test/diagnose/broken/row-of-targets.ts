/** Targets [64] against outputs [64, 1] in a loss of my own. */
import { manualSeed, type Program, parameter, randn, sines } from "../everything.ts";

export const told = "accidental-broadcast";

export function program(): Program {
  manualSeed(80);
  const { x, y } = sines(64);
  const targets = y.squeeze(1);
  const w = parameter(randn([2, 1], { std: 0.1 }));
  const loss = () => x.matmul(w).sub(targets).abs().mean();
  return { loss, parameters: { w }, x, y: targets };
}
