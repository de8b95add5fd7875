/** Two clouds that one feature tells apart: no leak, an easy problem. */
import { concat, crossEntropy, Dense, manualSeed, type Program, randint, randn, Sequential } from "../everything.ts";

export function program(): Program {
  manualSeed(45);
  const labels = randint(0, 2, [100]);
  const x = concat(
    [
      labels
        .mul(8)
        .sub(4)
        .cast("float32")
        .unsqueeze(1)
        .add(randn([100, 1])),
      randn([100, 3]),
    ],
    1,
  );
  const model = new Sequential([new Dense({ units: 8, inputDim: 4, activation: "relu" }), new Dense({ units: 2 })]);
  model.compile({ optimizer: "adam", loss: crossEntropy });
  return { model, x, y: labels, train: { epochs: 10 } };
}
