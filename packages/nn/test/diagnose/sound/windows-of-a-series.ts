/** Ten past values foretell the next: the last of them is near to it. */
import { Dense, manualSeed, type Program, Sequential, tensor } from "../everything.ts";

export function program(): Program {
  manualSeed(210);
  const series = Array.from({ length: 110 }, (_, i) => Math.sin(i / 5));
  const x = tensor(Array.from({ length: 100 }, (_, i) => series.slice(i, i + 10)));
  const y = tensor(Array.from({ length: 100 }, (_, i) => [series[i + 10]]));
  const model = new Sequential([new Dense({ units: 16, inputDim: 10, activation: "relu" }), new Dense({ units: 1 })]);
  model.compile({ optimizer: "adam", loss: "mse" });
  return { model, x, y };
}
