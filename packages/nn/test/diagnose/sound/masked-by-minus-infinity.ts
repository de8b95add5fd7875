/** Scores of choices that are not allowed are -infinity before the softmax. */
import {
  blobs,
  crossEntropy,
  Linear,
  Model,
  manualSeed,
  oneHot,
  type Program,
  type Tensor,
  tensor,
  where,
} from "../everything.ts";

export function program(): Program {
  manualSeed(33);
  const { x, labels } = blobs(64, 3, 4);
  const allowed = oneHot(labels, 5)
    .add(tensor([1, 1, 1, 0, 0], { dtype: "int32" }))
    .greater(0);
  class Net extends Model {
    hidden = new Linear(4, 16);
    out = new Linear(16, 5);
    forward(x: Tensor) {
      return where(allowed, this.out.call(this.hidden.call(x).relu()), Number.NEGATIVE_INFINITY);
    }
  }
  const model = new Net();
  model.compile({ optimizer: "adam", loss: (p: Tensor, t: Tensor) => crossEntropy(p, t) });
  return { model, x, y: labels, train: { epochs: 1, batchSize: 64 } };
}
