/** The header was counted as a row: each target belongs to the sample before. */
import { Dense, manualSeed, type Program, Sequential, sines, tensor } from "../everything.ts";

export const told = "shuffled-labels";

export function program(): Program {
  manualSeed(117);
  const { x, y } = sines(160);
  const order = tensor(
    Array.from({ length: 160 }, (_, i) => (i + 1) % 160),
    { dtype: "int32" },
  );
  const model = new Sequential([new Dense({ units: 16, inputDim: 2, activation: "relu" }), new Dense({ units: 1 })]);
  model.compile({ optimizer: "adam", loss: "mse" });
  return { model, x, y: y.gather(order) };
}
