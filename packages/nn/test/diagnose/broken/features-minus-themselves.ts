/** Each sample minus the mean of itself: one feature, so that nothing is left. */
import { Linear, Model, manualSeed, type Program, randn, type Tensor } from "../everything.ts";

export const told = "constant-predictions";

export function program(): Program {
  manualSeed(122);
  const x = randn([64, 1]);
  const y = x.mul(2);
  class Net extends Model {
    hidden = new Linear(1, 16);
    out = new Linear(16, 1);
    forward(x: Tensor) {
      const centred = x.sub(x.mean(1, { keepDims: true }));
      return this.out.call(this.hidden.call(centred).tanh());
    }
  }
  const model = new Net();
  model.compile({ optimizer: "adam", loss: "mse" });
  return { model, x, y };
}
