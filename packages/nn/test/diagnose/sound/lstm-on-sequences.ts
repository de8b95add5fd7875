/** An LSTM that says whether the first number was the larger. */
import { crossEntropy, Dense, LSTM, manualSeed, type Program, randn, Sequential } from "../everything.ts";

export function program(): Program {
  manualSeed(30);
  const x = randn([48, 12, 2]);
  const y = x
    .slice(":", 0, 0)
    .greater(x.slice(":", 0, 1))
    .cast("int32");
  const model = new Sequential([new LSTM({ units: 16 }), new Dense({ units: 2 })]);
  model.compile({ optimizer: "adam", loss: crossEntropy });
  return { model, x, y };
}
