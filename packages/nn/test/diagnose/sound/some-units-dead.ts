/** Three of twenty-four relus never open, which harms nobody. */
import { blobs, crossEntropy, Dense, manualSeed, type Program, Sequential, tensor } from "../everything.ts";

export function program(): Program {
  manualSeed(37);
  const { x, labels } = blobs(64, 3, 6);
  const hidden = new Dense({ units: 24, inputDim: 6, activation: "relu" });
  const model = new Sequential([hidden, new Dense({ units: 3 })]);
  hidden.bias!.assign(tensor(Array.from({ length: 24 }, (_, i) => (i < 3 ? -9 : 0))));
  model.compile({ optimizer: "adam", loss: crossEntropy });
  return { model, x, y: labels };
}
