/** A language model whose output weights are an embedding of deviation 1. */
import {
  crossEntropy,
  Model,
  manualSeed,
  type Program,
  parameter,
  randint,
  randn,
  type Tensor,
} from "../everything.ts";

export const told = "initial-loss";

export function program(): Program {
  manualSeed(103);
  const text = randint(0, 50, [16, 9]);
  class Net extends Model {
    table = parameter(randn([50, 64]));
    forward(x: Tensor) {
      return this.table.gather(x).matmul(this.table.transpose());
    }
  }
  const model = new Net();
  model.compile({ optimizer: "adam", loss: crossEntropy });
  return { model, x: text.slice(":", [0, 8]), y: text.slice(":", [1, 9]) };
}
