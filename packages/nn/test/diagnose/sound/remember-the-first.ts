/** A recurrence that is to say what the first number was. */
import { Adam, crossEntropy, Dense, GRU, manualSeed, type Program, randint, Sequential } from "../everything.ts";

export function program(): Program {
  manualSeed(212);
  const x = randint(0, 2, [64, 8, 1]).cast("float32");
  const y = x.slice(":", 0, 0).cast("int32");
  const model = new Sequential([new GRU({ units: 12 }), new Dense({ units: 2 })]);
  model.compile({ optimizer: new Adam({ lr: 0.01 }), loss: crossEntropy });
  return { model, x, y };
}
