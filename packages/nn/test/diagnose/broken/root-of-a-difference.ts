/** A loss with the square root of a difference that may be negative. */
import { manualSeed, type Program, parameter, randn, sines } from "../everything.ts";

export const told = "non-finite";

export function program(): Program {
  manualSeed(120);
  const { x, y } = sines(32);
  const w = parameter(randn([2, 1]));
  const loss = () => x.matmul(w).sub(y).sqrt().mean();
  return { loss, parameters: { w }, x, y };
}
