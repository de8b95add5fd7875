/** Fine-tuning at 1e-5 with AdamW. */
import { AdamW, blobs, crossEntropy, Dense, manualSeed, type Program, Sequential } from "../everything.ts";

export function program(): Program {
  manualSeed(18);
  const { x, labels } = blobs(64, 3, 8);
  const model = new Sequential([new Dense({ units: 64, inputDim: 8, activation: "relu" }), new Dense({ units: 3 })]);
  model.compile({ optimizer: new AdamW({ lr: 1e-5 }), loss: crossEntropy });
  return { model, x, y: labels };
}
