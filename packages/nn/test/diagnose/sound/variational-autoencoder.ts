/** A reconstruction and a divergence, by hand. */
import {
  Adam,
  binaryCrossEntropyWithLogits,
  Linear,
  Model,
  manualSeed,
  type Program,
  rand,
  randn,
  type Tensor,
} from "../everything.ts";

export function program(): Program {
  manualSeed(202);
  const x = rand([48, 10]);
  class Vae extends Model {
    into = new Linear(10, 16);
    mean = new Linear(16, 2);
    logVar = new Linear(16, 2);
    back = new Linear(2, 16);
    out = new Linear(16, 10);
    forward(x: Tensor) {
      const h = this.into.call(x).relu();
      const [mean, logVar] = [this.mean.call(h), this.logVar.call(h)];
      const z = mean.add(
        logVar
          .mul(0.5)
          .exp()
          .mul(randn([x.shape[0], 2])),
      );
      const kl = mean.square().add(logVar.exp()).sub(logVar).sub(1).sum(1).mean().mul(0.5);
      return binaryCrossEntropyWithLogits(this.out.call(this.back.call(z).relu()), x).add(kl);
    }
  }
  const model = new Vae();
  const optimizer = new Adam(model, { lr: 0.002 });
  const loss = () => model.call(x);
  const step = () => {
    optimizer.zeroGrad();
    loss().backward();
    optimizer.step();
  };
  return { loss, model, optimizer, step, x };
}
