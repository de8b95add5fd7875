/** What the first layer computes is detached. */
import { Linear, Model, manualSeed, type Program, sines, type Tensor } from "../everything.ts";

export const told = "no-gradient";

export function program(): Program {
  manualSeed(68);
  const { x, y } = sines(64);
  class Net extends Model {
    first = new Linear(2, 16);
    second = new Linear(16, 1);
    forward(x: Tensor) {
      return this.second.call(this.first.call(x).relu().detach());
    }
  }
  const model = new Net();
  model.compile({ optimizer: "adam", loss: "mse" });
  return { model, x, y };
}
