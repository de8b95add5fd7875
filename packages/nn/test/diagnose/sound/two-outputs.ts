/** A number and a class from one trunk. */
import { blobs, Linear, Model, manualSeed, type Program, type Tensor } from "../everything.ts";

export function program(): Program {
  manualSeed(39);
  const { x, labels } = blobs(64, 3, 5);
  class Net extends Model<{ size: Tensor; kind: Tensor }> {
    trunk = new Linear(5, 32);
    size = new Linear(32, 1);
    sort = new Linear(32, 3);
    forward(x: Tensor) {
      const h = this.trunk.call(x).relu();
      return { size: this.size.call(h), kind: this.sort.call(h) };
    }
  }
  const model = new Net();
  model.compile({ optimizer: "adam", loss: { size: "mse", kind: "cross_entropy" } });
  return { model, x, y: { size: x.square().mean(1, { keepDims: true }), kind: labels } };
}
