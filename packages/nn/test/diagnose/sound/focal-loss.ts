/** A focal loss of rare positives. */
import { binaryFocal, Dense, manualSeed, type Program, randn, Sequential } from "../everything.ts";

export function program(): Program {
  manualSeed(204);
  const x = randn([160, 4]);
  const y = x.slice(":", [0, 1]).greater(1.3).cast("float32");
  const model = new Sequential([new Dense({ units: 16, inputDim: 4, activation: "relu" }), new Dense({ units: 1 })]);
  model.compile({ optimizer: "adam", loss: binaryFocal.with({ fromLogits: true, gamma: 2 }) });
  return { model, x, y };
}
