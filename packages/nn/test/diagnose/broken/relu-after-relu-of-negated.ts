/** The second relu gets only what is below 0. */
import { Linear, Model, manualSeed, type Program, sines, type Tensor } from "../everything.ts";

export const told = "dead-units";

export function program(): Program {
  manualSeed(10);
  const { x, y } = sines(64);
  class Net extends Model {
    first = new Linear(2, 16);
    second = new Linear(16, 1);
    forward(x: Tensor) {
      const h = this.first.call(x).relu();
      return this.second.call(h.neg().relu());
    }
  }
  const model = new Net();
  model.compile({ optimizer: "adam", loss: "mse" });
  return { model, x, y };
}
