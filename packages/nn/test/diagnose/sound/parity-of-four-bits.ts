/** The parity of four bits, all sixteen of them. */
import { Adam, Dense, manualSeed, type Program, Sequential, tensor } from "../everything.ts";

export function program(): Program {
  manualSeed(211);
  const bits = Array.from({ length: 16 }, (_, i) => [0, 1, 2, 3].map((b) => (i >> b) & 1));
  const x = tensor(bits, { dtype: "float32" });
  const y = tensor(
    bits.map((row) => [row.reduce((a, b) => a ^ b, 0)]),
    { dtype: "float32" },
  );
  const model = new Sequential([
    new Dense({ units: 32, inputDim: 4, activation: "tanh" }),
    new Dense({ units: 1, activation: "sigmoid" }),
  ]);
  model.compile({ optimizer: new Adam({ lr: 0.03 }), loss: "binary_crossentropy" });
  return { model, x, y };
}
