/** Nine layers of sigmoid in a class of my own. */
import { blobs, crossEntropy, Linear, Model, manualSeed, type Program, SGD, type Tensor } from "../everything.ts";

export const told = "vanishing-gradients";

export function program(): Program {
  manualSeed(314);
  const { x, labels } = blobs(64, 2, 6);
  class Net extends Model {
    layers = Array.from({ length: 9 }, (_, i) => new Linear(i === 0 ? 6 : 20, 20));
    out = new Linear(20, 2);
    forward(x: Tensor) {
      let h = x;
      for (const layer of this.layers) h = layer.call(h).sigmoid();
      return this.out.call(h);
    }
  }
  const model = new Net();
  model.compile({ optimizer: new SGD({ lr: 0.1 }), loss: crossEntropy });
  return { model, x, y: labels };
}
