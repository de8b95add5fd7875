/** A linear problem with targets of some hundred, and gradient descent that gets there. */
import { Dense, manualSeed, type Program, randn, Sequential, SGD, tensor } from "../everything.ts";

export function program(): Program {
  manualSeed(49);
  const x = randn([100, 3]);
  const y = x.matmul(tensor([[70], [20], [90]])).add(5);
  const model = new Sequential([new Dense({ units: 1, inputDim: 3 })]);
  model.compile({ optimizer: new SGD({ lr: 0.05 }), loss: "mse" });
  return { model, x, y };
}
