/** Counts are divided by the sum of the row, and one row is empty. */
import {
  bernoulli,
  crossEntropy,
  Linear,
  Model,
  manualSeed,
  type Program,
  randint,
  type Tensor,
} from "../everything.ts";

export const told = "non-finite";

export function program(): Program {
  manualSeed(119);
  const counts = randint(0, 3, [40, 5])
    .cast("float32")
    .mul(bernoulli(0.6, [40, 1], { dtype: "float32" }));
  const y = randint(0, 2, [40]);
  class Net extends Model {
    out = new Linear(5, 2);
    forward(x: Tensor) {
      return this.out.call(x.div(x.sum(1, { keepDims: true })));
    }
  }
  const model = new Net();
  model.compile({ optimizer: "adam", loss: crossEntropy });
  return { model, x: counts, y };
}
