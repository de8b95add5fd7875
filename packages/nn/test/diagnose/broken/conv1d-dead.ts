/** A convolution over time whose units never open. */
import {
  Conv1d,
  crossEntropy,
  Dense,
  GlobalMaxPool1d,
  initializers,
  manualSeed,
  type Program,
  randint,
  randn,
  Sequential,
} from "../everything.ts";

export const told = "dead-units";
export const layer = "conv";

export function program(): Program {
  manualSeed(304);
  const x = randn([24, 2, 20]);
  const y = randint(0, 2, [24]);
  const model = new Sequential([
    new Conv1d({
      filters: 8,
      kernelSize: 3,
      activation: "relu",
      biasInitializer: initializers.constant(-15),
      name: "conv",
    }),
    new GlobalMaxPool1d(),
    new Dense({ units: 2 }),
  ]);
  model.compile({ optimizer: "adam", loss: crossEntropy });
  return { model, x, y };
}
