/** A regression whose target stands among its features. */
import { Dense, manualSeed, type Program, randn, Sequential, sines, withColumn } from "../everything.ts";

export const told = "leaked-labels";

export function program(): Program {
  manualSeed(40);
  const { x, y } = sines(90, 0.3);
  const data = withColumn(withColumn(x, y), randn([90, 1]));
  const model = new Sequential([new Dense({ units: 16, inputDim: 4, activation: "relu" }), new Dense({ units: 1 })]);
  model.compile({ optimizer: "adam", loss: "mse" });
  return { model, x: data, y };
}
