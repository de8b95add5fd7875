/** Gradients are clipped to length 1. */
import { Adam, Dense, manualSeed, type Program, randn, Sequential, SimpleRNN } from "../everything.ts";

export function program(): Program {
  manualSeed(207);
  const x = randn([24, 20, 3]);
  const y = x.slice(":", 19, [0, 1]);
  const model = new Sequential([new SimpleRNN({ units: 16 }), new Dense({ units: 1 })]);
  model.compile({ optimizer: new Adam({ lr: 0.003, clipNorm: 1 }), loss: "mse" });
  return { model, x, y };
}
