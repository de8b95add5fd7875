/** A class of my own with a softmax over its single output. */
import { blobs, Linear, Model, manualSeed, type Program, type Tensor } from "../everything.ts";

export const told = "softmax-over-one-unit";

export function program(): Program {
  manualSeed(83);
  const { x, labels } = blobs(64, 2, 4);
  class Net extends Model {
    hidden = new Linear(4, 8);
    out = new Linear(8, 1);
    forward(x: Tensor) {
      return this.out.call(this.hidden.call(x).tanh()).softmax(-1);
    }
  }
  const model = new Net();
  model.compile({ optimizer: "adam", loss: "binary_crossentropy" });
  return { model, x, y: labels.cast("float32").unsqueeze(1) };
}
