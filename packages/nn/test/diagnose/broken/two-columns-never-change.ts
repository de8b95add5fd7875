/** Two columns that are the same in all rows. */
import { constantColumn, Dense, manualSeed, type Program, Sequential, sines, withColumn } from "../everything.ts";

export const told = "constant-features";

export function program(): Program {
  manualSeed(113);
  const { x, y } = sines(64);
  const data = withColumn(withColumn(x, constantColumn(64, 3.5)), constantColumn(64, -2));
  const model = new Sequential([new Dense({ units: 16, inputDim: 4, activation: "relu" }), new Dense({ units: 1 })]);
  model.compile({ optimizer: "adam", loss: "mse" });
  return { model, x: data, y };
}
