/** A language model whose output weights are its embedding, of deviation 0.05. */
import {
  crossEntropy,
  Linear,
  Model,
  manualSeed,
  type Program,
  parameter,
  randint,
  randn,
  type Tensor,
} from "../everything.ts";

export function program(): Program {
  manualSeed(208);
  const text = randint(0, 50, [16, 9]);
  class Net extends Model {
    table = parameter(randn([50, 32], { std: 0.05 }));
    mix = new Linear(32, 32);
    forward(x: Tensor) {
      return this.mix.call(this.table.gather(x)).tanh().matmul(this.table.transpose());
    }
  }
  const model = new Net();
  model.compile({ optimizer: "adam", loss: crossEntropy });
  return { model, x: text.slice(":", [0, 8]), y: text.slice(":", [1, 9]) };
}
