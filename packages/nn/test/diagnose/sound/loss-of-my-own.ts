/** A quantile loss in three lines. */
import { Adam, Dense, manualSeed, maximum, type Program, Sequential, sines, type Tensor } from "../everything.ts";

export function program(): Program {
  manualSeed(38);
  const { x, y } = sines(64);
  const model = new Sequential([new Dense({ units: 16, inputDim: 2, activation: "tanh" }), new Dense({ units: 1 })]);
  model.compile({
    optimizer: new Adam({ lr: 0.01 }),
    loss: (p: Tensor, t: Tensor) => {
      const e = t.sub(p);
      return maximum(e.mul(0.9), e.mul(-0.1)).mean();
    },
  });
  return { model, x, y };
}
