/** The logarithm of counts, some of which are 0. */
import { Dense, manualSeed, type Program, randint, Sequential, sines } from "../everything.ts";

export const told = "non-finite";

export function program(): Program {
  manualSeed(305);
  const { x } = sines(64);
  const y = randint(0, 5, [64, 1]).cast("float32").log();
  const model = new Sequential([new Dense({ units: 8, inputDim: 2, activation: "tanh" }), new Dense({ units: 1 })]);
  model.compile({ optimizer: "adam", loss: "mse" });
  return { model, x, y };
}
