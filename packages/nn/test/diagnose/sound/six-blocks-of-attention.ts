/** A transformer of six blocks, normed first. */
import {
  AdamW,
  crossEntropy,
  Dense,
  Embedding,
  Model,
  manualSeed,
  type Program,
  randint,
  type Tensor,
  TransformerEncoder,
} from "../everything.ts";

export function program(): Program {
  manualSeed(401);
  const text = randint(0, 20, [8, 17]);
  class Net extends Model {
    tokens = new Embedding({ inputDim: 20, outputDim: 16 });
    body = new TransformerEncoder({ numLayers: 6, heads: 2, embedDim: 16, feedForwardDim: 32, normFirst: true });
    out = new Dense({ units: 20 });
    forward(x: Tensor) {
      return this.out.call(this.body.call(this.tokens.call(x), { causal: true }));
    }
  }
  const model = new Net();
  model.compile({ optimizer: new AdamW({ lr: 0.001 }), loss: crossEntropy });
  return { model, x: text.slice(":", [0, 16]), y: text.slice(":", [1, 17]) };
}
