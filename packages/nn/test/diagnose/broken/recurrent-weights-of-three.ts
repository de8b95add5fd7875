/** A recurrence that multiplies by about three at each of forty steps. */
import { Linear, Model, manualSeed, type Program, parameter, randn, SGD, type Tensor, zeros } from "../everything.ts";

export const told = "exploding-gradients";

export function program(): Program {
  manualSeed(20);
  const x = randn([16, 40, 4]);
  const y = x.sum([1, 2]).unsqueeze(1);
  const inner = parameter(randn([12, 12], { std: 0.5 }));
  class Net extends Model {
    into = new Linear(4, 12);
    inner = inner;
    out = new Linear(12, 1);
    forward(x: Tensor) {
      let h = zeros([x.shape[0], 12]);
      for (let t = 0; t < 40; t++) h = this.into.call(x.slice(":", t)).add(h.matmul(this.inner));
      return this.out.call(h);
    }
  }
  const model = new Net();
  model.compile({ optimizer: new SGD({ lr: 0.01 }), loss: "mse" });
  return { model, x, y };
}
