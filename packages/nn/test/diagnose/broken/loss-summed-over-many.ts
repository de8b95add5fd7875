/** The loss is a sum over 500 samples, and the rate is that of a mean. */
import { blobs, crossEntropy, Dense, manualSeed, type Program, Sequential, SGD, type Tensor } from "../everything.ts";

export const told = "update-ratio";

export function program(): Program {
  manualSeed(25);
  const { x, labels } = blobs(500, 4, 10);
  const model = new Sequential([new Dense({ units: 32, inputDim: 10, activation: "relu" }), new Dense({ units: 4 })]);
  model.compile({
    optimizer: new SGD({ lr: 0.1 }),
    loss: (p: Tensor, t: Tensor) => crossEntropy(p, t, { reduction: "sum" }),
  });
  return { model, x, y: labels };
}
