/** Gradients of four parts of a batch, added up before each step. */
import { blobs, crossEntropy, Linear, manualSeed, type Program, Sequential, SGD } from "../everything.ts";

export function program(): Program {
  manualSeed(15);
  const { x, labels } = blobs(64, 3, 4);
  const model = new Sequential([new Linear(4, 16), (h) => h.relu(), new Linear(16, 3)]);
  const optimizer = new SGD(model, { lr: 0.1 });
  const loss = () => crossEntropy(model.call(x), labels);
  const step = () => {
    optimizer.zeroGrad();
    for (let i = 0; i < 64; i += 16) {
      const part = crossEntropy(model.call(x.slice([i, i + 16])), labels.slice([i, i + 16])).div(4);
      part.backward();
    }
    optimizer.step();
  };
  return { loss, model, optimizer, step, x, y: labels };
}
