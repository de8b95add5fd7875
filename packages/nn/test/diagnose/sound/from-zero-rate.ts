/** A cosine that starts at rate 0. */
import { Adam, Dense, manualSeed, type Program, Sequential, sines } from "../everything.ts";

export function program(): Program {
  manualSeed(413);
  const { x, y } = sines(64);
  const model = new Sequential([new Dense({ units: 16, inputDim: 2, activation: "tanh" }), new Dense({ units: 1 })]);
  model.compile({
    optimizer: new Adam({ lr: (step: number) => 0.005 * (1 - Math.cos((Math.PI * step) / 100)) }),
    loss: "mse",
  });
  return { model, x, y };
}
