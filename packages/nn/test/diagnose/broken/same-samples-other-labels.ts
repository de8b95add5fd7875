/** Each sample is there twice, with another label. */
import { Adam, blobs, concat, crossEntropy, Dense, manualSeed, type Program, Sequential } from "../everything.ts";

export const told = "cannot-overfit";

export function program(): Program {
  manualSeed(44);
  const { x, labels } = blobs(40, 2, 4);
  const model = new Sequential([new Dense({ units: 32, inputDim: 4, activation: "relu" }), new Dense({ units: 2 })]);
  model.compile({ optimizer: new Adam({ lr: 0.01 }), loss: crossEntropy });
  return { model, x: concat([x, x]), y: concat([labels, labels.mul(-1).add(1)]) };
}
