/** One in twenty is positive, and counts more. */
import { binaryCrossEntropyWithLogits, Dense, manualSeed, type Program, randn, Sequential } from "../everything.ts";

export function program(): Program {
  manualSeed(22);
  const x = randn([200, 4]);
  const y = x.slice(":", [0, 1]).greater(1.65).cast("float32");
  const model = new Sequential([new Dense({ units: 16, inputDim: 4, activation: "tanh" }), new Dense({ units: 1 })]);
  model.compile({ optimizer: "adam", loss: binaryCrossEntropyWithLogits.with({ posWeight: 19 }) });
  return { model, x, y, train: { epochs: 3 } };
}
