/** Pixels from 0 to 255, which the model itself norms first. */
import { BatchNorm, crossEntropy, Dense, manualSeed, type Program, randint, Sequential } from "../everything.ts";

export function program(): Program {
  manualSeed(42);
  const x = randint(0, 256, [64, 30]).cast("float32");
  const y = x.slice(":", [0, 15]).mean(1).greater(127).cast("int32");
  const model = new Sequential([
    new BatchNorm({ inputShape: [30] }),
    new Dense({ units: 16, activation: "relu" }),
    new Dense({ units: 2 }),
  ]);
  model.compile({ optimizer: "adam", loss: crossEntropy });
  return { model, x, y };
}
