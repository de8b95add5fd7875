/** Weights of deviation 10 before a sigmoid. */
import { blobs, Dense, initializers, manualSeed, type Program, Sequential } from "../everything.ts";

export const told = "saturated-units";
export const layer = "gate";

export function program(): Program {
  manualSeed(106);
  const { x, labels } = blobs(100, 2, 6);
  const model = new Sequential([
    new Dense({
      units: 16,
      inputDim: 6,
      activation: "sigmoid",
      kernelInitializer: initializers.randomNormal({ std: 10 }),
      name: "gate",
    }),
    new Dense({ units: 1, activation: "sigmoid" }),
  ]);
  model.compile({ optimizer: "sgd", loss: "binary_crossentropy" });
  return { model, x, y: labels.cast("float32") };
}
