/** A frozen layer with an adapter whose second factor starts at 0. */
import {
  Adam,
  blobs,
  crossEntropy,
  Linear,
  Model,
  manualSeed,
  type Program,
  parameter,
  randn,
  type Tensor,
  zeros,
} from "../everything.ts";

export function program(): Program {
  manualSeed(205);
  const { x, labels } = blobs(64, 3, 12);
  class Adapted extends Model {
    base = new Linear(12, 24);
    down = parameter(randn([12, 2], { std: 0.3 }));
    up = parameter(zeros([2, 24]));
    out = new Linear(24, 3);
    forward(x: Tensor) {
      return this.out.call(this.base.call(x).add(x.matmul(this.down).matmul(this.up)).relu());
    }
  }
  const model = new Adapted();
  model.base.freeze();
  model.compile({ optimizer: new Adam({ lr: 0.001 }), loss: crossEntropy });
  return { model, x, y: labels };
}
