/** The slope of the square root at 0 is infinite, and a layer that starts at 0 is there: NaN arises on the way back. */
import { Dense, Linear, Model, manualSeed, type Program, sines, type Tensor } from "../everything.ts";

export const told = "non-finite";

export function program(): Program {
  manualSeed(51);
  const { x, y } = sines(32);
  class Net extends Model {
    hidden = new Linear(2, 8);
    gate = new Dense({ units: 8, kernelInitializer: "zeros" });
    out = new Linear(8, 1);
    forward(x: Tensor) {
      const gate = this.gate.call(x).abs().sqrt();
      return this.out.call(this.hidden.call(x).tanh().mul(gate));
    }
  }
  const model = new Net();
  model.compile({ optimizer: "adam", loss: "mse" });
  return { model, x, y };
}
