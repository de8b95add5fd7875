/** A deep net of my own, with weights that are too small. */
import {
  blobs,
  crossEntropy,
  Model,
  manualSeed,
  type Program,
  parameter,
  randn,
  SGD,
  type Tensor,
} from "../everything.ts";

export const told = "vanishing-gradients";

export function program(): Program {
  manualSeed(18);
  const { x, labels } = blobs(48, 3, 6);
  class Deep extends Model {
    weights = Array.from({ length: 8 }, (_, i) => parameter(randn([i === 0 ? 6 : 24, 24], { std: 0.02 })));
    head = parameter(randn([24, 3], { std: 0.2 }));
    forward(x: Tensor) {
      let h = x;
      for (const w of this.weights) h = h.matmul(w).tanh();
      return h.matmul(this.head);
    }
  }
  const model = new Deep();
  model.compile({ optimizer: new SGD({ lr: 0.1 }), loss: crossEntropy });
  return { model, x, y: labels };
}
