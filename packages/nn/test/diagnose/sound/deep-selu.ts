/** Ten layers of selu with weights after LeCun. */
import { blobs, crossEntropy, Dense, manualSeed, type Program, Sequential } from "../everything.ts";

export function program(): Program {
  manualSeed(219);
  const { x, labels } = blobs(64, 3, 12);
  const model = new Sequential([
    ...Array.from(
      { length: 10 },
      () => new Dense({ units: 32, activation: "selu", kernelInitializer: "lecun_normal" }),
    ),
    new Dense({ units: 3 }),
  ]);
  model.compile({ optimizer: "adam", loss: crossEntropy });
  return { model, x, y: labels };
}
