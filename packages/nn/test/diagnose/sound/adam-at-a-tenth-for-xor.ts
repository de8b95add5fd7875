/** Adam at 0.1 for exclusive or. */
import { Adam, Dense, manualSeed, type Program, Sequential, tensor } from "../everything.ts";

export function program(): Program {
  manualSeed(403);
  const model = new Sequential([
    new Dense({ units: 4, inputDim: 2, activation: "tanh" }),
    new Dense({ units: 1, activation: "sigmoid" }),
  ]);
  model.compile({ optimizer: new Adam({ lr: 0.1 }), loss: "binary_crossentropy" });
  return {
    model,
    x: tensor([
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ]),
    y: tensor([[0], [1], [1], [0]]),
  };
}
