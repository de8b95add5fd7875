/** The softmax is hidden behind a reshape. */
import { blobs, crossEntropy, Linear, Model, manualSeed, type Program, type Tensor } from "../everything.ts";

export const told = "softmax-before-logits-loss";

export function program(): Program {
  manualSeed(62);
  const { x, labels } = blobs(64, 3, 4);
  class Net extends Model {
    hidden = new Linear(4, 16);
    out = new Linear(16, 3);
    forward(x: Tensor) {
      return this.out.call(this.hidden.call(x).relu()).softmax(-1).reshape([-1, 1, 3]).squeeze(1);
    }
  }
  const model = new Net();
  model.compile({ optimizer: "adam", loss: crossEntropy });
  return { model, x, y: labels };
}
