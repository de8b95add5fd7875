/** Ones for every kernel of a deep net. */
import { blobs, Dense, manualSeed, type Program, Sequential } from "../everything.ts";

export const told = "symmetric-weights";

export function program(): Program {
  manualSeed(313);
  const { x, labels } = blobs(64, 2, 3);
  const model = new Sequential([
    new Dense({ units: 8, activation: "sigmoid", kernelInitializer: "ones" }),
    new Dense({ units: 8, activation: "sigmoid", kernelInitializer: "ones" }),
    new Dense({ units: 1, activation: "sigmoid", kernelInitializer: "ones" }),
  ]);
  model.compile({ optimizer: "sgd", loss: "binary_crossentropy" });
  return { model, x, y: labels.cast("float32") };
}
