/** An LSTM of prices of some 40,000. */
import { Dense, LSTM, manualSeed, type Program, randn, Sequential } from "../everything.ts";

export const told = "unscaled-features";

export function program(): Program {
  manualSeed(303);
  const x = randn([32, 20, 1]).mul(500).add(40000);
  const y = x.slice(":", 19, [0, 1]).greater(40000).cast("float32");
  const model = new Sequential([new LSTM({ units: 16 }), new Dense({ units: 1, activation: "sigmoid" })]);
  model.compile({ optimizer: "adam", loss: "binary_crossentropy" });
  return { model, x, y };
}
