/** A hinge loss with labels of -1 and 1. */
import { blobs, Dense, hinge, l2, manualSeed, type Program, Sequential, SGD } from "../everything.ts";

export function program(): Program {
  manualSeed(217);
  const { x, labels } = blobs(100, 2, 3);
  const model = new Sequential([new Dense({ units: 1, inputDim: 3, kernelRegularizer: l2(0.01) })]);
  model.compile({ optimizer: new SGD({ lr: 0.05 }), loss: hinge });
  return { model, x, y: labels.mul(2).sub(1).cast("float32"), train: { epochs: 10 } };
}
