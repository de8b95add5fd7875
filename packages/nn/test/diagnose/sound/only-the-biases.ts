/** All is frozen but the biases. */
import { Adam, blobs, crossEntropy, Linear, manualSeed, type Program, Sequential } from "../everything.ts";

export function program(): Program {
  manualSeed(406);
  const { x, labels } = blobs(64, 3, 6);
  const model = new Sequential([new Linear(6, 24), (h) => h.relu(), new Linear(24, 3)]);
  for (const [name, p] of model.namedParameters()) if (name.endsWith("weight")) p.requiresGrad = false;
  model.compile({ optimizer: new Adam({ lr: 0.01 }), loss: crossEntropy });
  return { model, x, y: labels };
}
