/** A straight line for a ring around a disc. */
import { Adam, Dense, manualSeed, type Program, randn, Sequential } from "../everything.ts";

export const told = "cannot-overfit";

export function program(): Program {
  manualSeed(124);
  const x = randn([200, 2]);
  const y = x.square().sum(1).greater(1.4).cast("float32").unsqueeze(1);
  const model = new Sequential([new Dense({ units: 1, inputDim: 2, activation: "sigmoid" })]);
  model.compile({ optimizer: new Adam({ lr: 0.05 }), loss: "binary_crossentropy" });
  return { model, x, y };
}
