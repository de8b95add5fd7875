/** The logarithm of a probability that is 0. */
import { blobs, Dense, manualSeed, type Program, Sequential, type Tensor } from "../everything.ts";

export const told = "non-finite";

export function program(): Program {
  manualSeed(50);
  const { x, labels } = blobs(32, 2, 3);
  const y = labels.cast("float32").unsqueeze(1);
  const model = new Sequential([new Dense({ units: 1, inputDim: 3, activation: "relu" })]);
  model.compile({
    optimizer: "adam",
    loss: (p: Tensor, t: Tensor) =>
      t
        .mul(p.log())
        .add(t.mul(-1).add(1).mul(p.mul(-1).add(1).log()))
        .neg()
        .mean(),
  });
  return { model, x, y };
}
