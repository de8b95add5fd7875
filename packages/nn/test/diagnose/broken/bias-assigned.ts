/** Somebody assigned -20 to the biases of the second layer. */
import { blobs, crossEntropy, Linear, Model, manualSeed, type Program, type Tensor, zeros } from "../everything.ts";

export const told = "dead-units";

export function program(): Program {
  manualSeed(105);
  const { x, labels } = blobs(80, 3, 6);
  class Net extends Model {
    first = new Linear(6, 24);
    second = new Linear(24, 24);
    out = new Linear(24, 3);
    forward(x: Tensor) {
      return this.out.call(this.second.call(this.first.call(x).relu()).relu());
    }
  }
  const model = new Net();
  model.second.bias!.assign(zeros([24]).sub(20));
  model.compile({ optimizer: "adam", loss: crossEntropy });
  return { model, x, y: labels };
}
