/** Petals and sepals in centimetres, some 0.1 to 8, as everybody takes them. */
import { Adam, blobs, Dense, manualSeed, type Program, randn, Sequential, tensor } from "../everything.ts";

export function program(): Program {
  manualSeed(44);
  const { labels } = blobs(90, 3, 4);
  const centres = tensor([
    [5, 3.4, 1.5, 0.2],
    [5.9, 2.8, 4.3, 1.3],
    [6.6, 3, 5.6, 2],
  ]);
  const x = centres.gather(labels).add(randn([90, 4]).mul(0.3));
  const model = new Sequential([
    new Dense({ units: 10, inputDim: 4, activation: "relu" }),
    new Dense({ units: 3, activation: "softmax" }),
  ]);
  model.compile({ optimizer: new Adam({ lr: 0.01 }), loss: "sparse_categorical_crossentropy", metrics: ["accuracy"] });
  return { model, x, y: labels, train: { epochs: 20 } };
}
