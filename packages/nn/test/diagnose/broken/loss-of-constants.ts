/** The loss compares the targets with themselves. */
import { Dense, manualSeed, type Program, Sequential, sines, type Tensor } from "../everything.ts";

export const told = "constant-loss";

export function program(): Program {
  manualSeed(72);
  const { x, y } = sines(64);
  const model = new Sequential([new Dense({ units: 16, inputDim: 2, activation: "relu" }), new Dense({ units: 1 })]);
  model.compile({ optimizer: "adam", loss: (_p: Tensor, t: Tensor) => t.sub(t).square().mean() });
  return { model, x, y };
}
