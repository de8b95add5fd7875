/** Logistic regression from zero weights, by hand. */
import { binaryCrossEntropyWithLogits, blobs, manualSeed, type Program, parameter, SGD, zeros } from "../everything.ts";

export function program(): Program {
  manualSeed(14);
  const { x, labels } = blobs(100, 2, 4);
  const y = labels.cast("float32");
  const w = parameter(zeros([4]));
  const b = parameter(zeros([]));
  const optimizer = new SGD([w, b], { lr: 0.3 });
  const loss = () => binaryCrossEntropyWithLogits(x.matmul(w).add(b), y);
  const step = () => {
    const value = loss();
    optimizer.zeroGrad();
    value.backward();
    optimizer.step();
  };
  return { loss, optimizer, step, x, y };
}
