/** A scale that starts at 0 and cannot leave it. */
import { blobs, crossEntropy, Linear, Model, manualSeed, type Program, type Tensor } from "../everything.ts";

export const told = "constant-predictions";

export function program(): Program {
  manualSeed(47);
  const { x, labels } = blobs(64, 2, 3);
  class Net extends Model {
    hidden = new Linear(3, 8);
    out = new Linear(8, 2);
    forward(x: Tensor) {
      return this.out.call(this.hidden.call(x.mul(0)).relu());
    }
  }
  const model = new Net();
  model.compile({ optimizer: "adam", loss: crossEntropy });
  return { model, x, y: labels };
}
