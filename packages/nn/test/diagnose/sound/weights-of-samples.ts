/** Samples that count more or less. */
import { blobs, crossEntropy, Dense, manualSeed, type Program, rand, Sequential } from "../everything.ts";

export function program(): Program {
  manualSeed(226);
  const { x, labels } = blobs(64, 2, 3);
  const model = new Sequential([new Dense({ units: 8, inputDim: 3, activation: "relu" }), new Dense({ units: 2 })]);
  model.compile({ optimizer: "adam", loss: crossEntropy });
  return { model, x, y: labels, train: { epochs: 3, sampleWeight: rand([64]).mul(2) } };
}
