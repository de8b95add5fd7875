/** A layer that was made and is never called. */
import { Linear, Model, manualSeed, type Program, sines, type Tensor } from "../everything.ts";

export const told = "no-gradient";

export function program(): Program {
  manualSeed(69);
  const { x, y } = sines(64);
  class Net extends Model {
    first = new Linear(2, 16);
    unused = new Linear(16, 16);
    out = new Linear(16, 1);
    forward(x: Tensor) {
      return this.out.call(this.first.call(x).relu());
    }
  }
  const model = new Net();
  model.compile({ optimizer: "adam", loss: "mse" });
  return { model, x, y };
}
