/** A fifth of the labels are wrong. */
import { bernoulli, blobs, crossEntropy, Dense, manualSeed, type Program, Sequential, where } from "../everything.ts";

export function program(): Program {
  manualSeed(222);
  const { x, labels } = blobs(200, 2, 3, 4);
  const flip = bernoulli(0.2, [200]);
  const y = where(flip, labels.mul(-1).add(1), labels);
  const model = new Sequential([new Dense({ units: 16, inputDim: 3, activation: "relu" }), new Dense({ units: 2 })]);
  model.compile({ optimizer: "adam", loss: crossEntropy });
  return { model, x, y, train: { epochs: 5 } };
}
