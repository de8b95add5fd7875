/** A gate of two experts. */
import { Adam, concat, Linear, Model, manualSeed, type Program, sines, type Tensor } from "../everything.ts";

export function program(): Program {
  manualSeed(228);
  const { x, y } = sines(64);
  class Experts extends Model {
    gate = new Linear(2, 2);
    first = new Linear(2, 1);
    second = new Linear(2, 1);
    forward(x: Tensor) {
      const gate = this.gate.call(x).softmax(-1);
      return concat([this.first.call(x), this.second.call(x)], 1)
        .mul(gate)
        .sum(1, { keepDims: true });
    }
  }
  const model = new Experts();
  model.compile({ optimizer: new Adam({ lr: 0.01 }), loss: "mse" });
  return { model, x, y };
}
