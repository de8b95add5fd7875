/** exp of numbers above 88 is infinite in float32, and infinity by infinity is NaN. */
import { blobs, Linear, Model, manualSeed, type Program, type Tensor } from "../everything.ts";

export const told = "non-finite";

export function program(): Program {
  manualSeed(53);
  const { x, labels } = blobs(32, 3, 4);
  class Net extends Model {
    out = new Linear(4, 3);
    forward(x: Tensor) {
      const e = this.out.call(x.mul(500)).exp();
      return e.div(e.sum(-1, { keepDims: true }));
    }
  }
  const model = new Net();
  model.compile({ optimizer: "adam", loss: "sparse_categorical_crossentropy" });
  return { model, x, y: labels };
}
