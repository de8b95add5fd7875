/**
 * The training that example 30 sweeps over: half-moons, a small network. It stands in a file of its own, so that other processes
 * can import it.
 */
import { Adam, Dense, makeMoons, Sequential, SGD } from "chainrule";

const train = makeMoons({ nSamples: 120, noise: 0.25, seed: 1 });
const test = makeMoons({ nSamples: 400, noise: 0.25, seed: 2 });

/** What is varied. */
export interface Settings {
  optimizer: "sgd" | "adam";
  lr: number;
}

export async function trainMoons({ optimizer, lr }: Settings) {
  const model = new Sequential([
    new Dense({ units: 16, inputDim: 2, activation: "tanh" }),
    new Dense({ units: 1, activation: "sigmoid" }),
  ]);
  model.compile({
    optimizer: optimizer === "adam" ? new Adam({ lr }) : new SGD({ lr, momentum: 0.9 }),
    loss: "binary_crossentropy",
    metrics: ["accuracy"],
  });
  return model.fit(train.x, train.y, { epochs: 25, validationData: [test.x, test.y], verbose: 0 });
}
