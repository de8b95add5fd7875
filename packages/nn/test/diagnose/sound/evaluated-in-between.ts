/** Evaluation in a callback, dropout and batch norm in the model. */
import {
  Activation,
  BatchNorm,
  blobs,
  crossEntropy,
  Dense,
  Dropout,
  manualSeed,
  type Program,
  Sequential,
} from "../everything.ts";

export function program(): Program {
  manualSeed(41);
  const { x, labels } = blobs(96, 3, 6);
  const model = new Sequential([
    new Dense({ units: 32, inputDim: 6 }),
    new BatchNorm(),
    new Activation("relu"),
    new Dropout(0.3),
    new Dense({ units: 3 }),
  ]);
  model.compile({ optimizer: "adam", loss: crossEntropy });
  const callbacks = [{ onEpochEnd: async () => void (await model.evaluate(x, labels)) }];
  return { model, x, y: labels, train: { epochs: 3, callbacks } };
}
