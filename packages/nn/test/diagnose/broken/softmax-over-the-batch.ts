/** The softmax goes along the batch. */
import { blobs, Linear, Model, manualSeed, type Program, type Tensor } from "../everything.ts";

export const told = "softmax-over-batch";

export function program(): Program {
  manualSeed(65);
  const { x, labels } = blobs(64, 3, 4);
  class Net extends Model {
    hidden = new Linear(4, 16);
    out = new Linear(16, 3);
    forward(x: Tensor) {
      return this.out.call(this.hidden.call(x).relu()).softmax(0);
    }
  }
  const model = new Net();
  model.compile({ optimizer: "adam", loss: "sparse_categorical_crossentropy" });
  return { model, x, y: labels };
}
