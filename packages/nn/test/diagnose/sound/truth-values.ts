/** Twenty truth values, of which a rule makes the label. */
import { bernoulli, crossEntropy, Dense, manualSeed, type Program, Sequential } from "../everything.ts";

export function program(): Program {
  manualSeed(213);
  const x = bernoulli(0.5, [200, 20], { dtype: "float32" });
  const y = x.slice(":", 0).add(x.slice(":", 1)).add(x.slice(":", 2)).greater(1.5).cast("int32");
  const model = new Sequential([new Dense({ units: 16, inputDim: 20, activation: "relu" }), new Dense({ units: 2 })]);
  model.compile({ optimizer: "adam", loss: crossEntropy });
  return { model, x, y };
}
