/** The model was put in evaluation mode and stays there. */
import { Adam, blobs, crossEntropy, Dense, Dropout, manualSeed, type Program, Sequential } from "../everything.ts";

export const told = "wrong-mode";

export function program(): Program {
  manualSeed(71);
  const { x, labels } = blobs(64, 2, 4);
  const model = new Sequential([
    new Dense({ units: 16, inputDim: 4, activation: "relu" }),
    new Dropout(0.5),
    new Dense({ units: 2 }),
  ]);
  model.eval();
  const optimizer = new Adam(model, { lr: 0.01 });
  const loss = () => crossEntropy(model.call(x), labels);
  const step = () => {
    const value = loss();
    optimizer.zeroGrad();
    value.backward();
    optimizer.step();
  };
  return { loss, model, optimizer, step, x, y: labels };
}
