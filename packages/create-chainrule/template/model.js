import { Adam, Dense, Sequential } from "chainrule";

/** A classifier of points in the plane: two numbers in, a logit for each of two classes out. */
export function makeModel() {
  const model = new Sequential([
    new Dense({ units: 16, inputDim: 2, activation: "tanh" }),
    new Dense({ units: 16, activation: "tanh" }),
    new Dense({ units: 2 }),
  ]);
  return model.compile({ optimizer: new Adam({ lr: 0.02 }), loss: "crossEntropy", metrics: ["accuracy"] });
}
