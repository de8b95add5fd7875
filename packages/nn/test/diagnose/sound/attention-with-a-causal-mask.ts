/** A small transformer: -infinity stands where nobody may look. */
import {
  crossEntropy,
  Dense,
  Embedding,
  Model,
  manualSeed,
  PositionEmbedding,
  type Program,
  randint,
  type Tensor,
  TransformerEncoder,
} from "../everything.ts";

export function program(): Program {
  manualSeed(32);
  const text = randint(0, 16, [16, 13]);
  class Net extends Model {
    tokens = new Embedding({ inputDim: 16, outputDim: 16 });
    places = new PositionEmbedding({ maxLength: 12 });
    body = new TransformerEncoder({ numLayers: 2, heads: 2, embedDim: 16, feedForwardDim: 32, dropout: 0 });
    out = new Dense({ units: 16 });
    forward(x: Tensor) {
      return this.out.call(this.body.call(this.places.call(this.tokens.call(x)), { causal: true }));
    }
  }
  const model = new Net();
  model.compile({ optimizer: "adam", loss: crossEntropy });
  return { model, x: text.slice(":", [0, 12]), y: text.slice(":", [1, 13]) };
}
