/** Blocks around which the input goes, each normed first. */
import {
  blobs,
  crossEntropy,
  LayerNorm,
  Linear,
  Module,
  manualSeed,
  type Program,
  Sequential,
  type Tensor,
} from "../everything.ts";

export function program(): Program {
  manualSeed(12);
  const { x, labels } = blobs(64, 3, 16);
  class Block extends Module {
    norm = new LayerNorm({ inputShape: [32] });
    first = new Linear(32, 64);
    second = new Linear(64, 32);
    forward(x: Tensor) {
      return x.add(this.second.call(this.first.call(this.norm.call(x)).gelu()));
    }
  }
  const model = new Sequential([
    new Linear(16, 32),
    ...Array.from({ length: 6 }, () => new Block()),
    new LayerNorm(),
    new Linear(32, 3),
  ]);
  model.compile({ optimizer: "adam", loss: crossEntropy });
  return { model, x, y: labels };
}
