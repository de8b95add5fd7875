/** The mean over the samples where that over the features was meant: all samples become one. */
import { blobs, crossEntropy, Linear, Model, manualSeed, type Program, type Tensor } from "../everything.ts";

export const told = "constant-predictions";

export function program(): Program {
  manualSeed(46);
  const { x, labels } = blobs(64, 2, 6);
  class Net extends Model {
    hidden = new Linear(6, 8);
    out = new Linear(8, 2);
    forward(x: Tensor) {
      const h = this.hidden.call(x).relu();
      return this.out.call(h.mean(0, { keepDims: true }).broadcastTo(h.shape));
    }
  }
  const model = new Net();
  model.compile({ optimizer: "adam", loss: crossEntropy });
  return { model, x, y: labels };
}
