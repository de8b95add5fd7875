/**
 * The smallest program in the manner of Keras: one neuron learns that 0 is 0 and 1 is 1.
 *
 * Its loss is the cross-entropy: the mean surprisal, in nats, of the labels under the predicted probabilities. A neuron
 * that knows nothing says 0.5 and pays ln 2 = 0.693.
 */
import { Adam, Dense, manualSeed, Sequential } from "chainrule";

manualSeed(1);

const model = new Sequential();
model.add(new Dense({ units: 1, inputDim: 1, activation: "sigmoid" }));
model.compile({ optimizer: new Adam(), loss: "binary_crossentropy", metrics: ["accuracy"] });
const history = await model.fit([[0], [1]], [[0], [1]], { epochs: 200, batchSize: 1 });

const { loss, accuracy } = history.history;
for (const epoch of [0, 99, 199])
  console.log(`epoch ${epoch + 1}  loss ${loss[epoch].toFixed(4)}  accuracy ${accuracy[epoch].toFixed(2)}`);

// Adam moves each weight by about its learning rate a step, whatever the gradient: 0.001 is a long way to go.
model.compile({ optimizer: new Adam({ lr: 0.05 }), loss: "binary_crossentropy", metrics: ["accuracy"] });
await model.fit([[0], [1]], [[0], [1]], { epochs: 400, batchSize: 1 });
const result = await model.evaluate([[0], [1]], [[0], [1]]);
console.log(`with a learning rate of 0.05, 400 epochs on: loss ${result.loss.toFixed(4)}, accuracy ${result.accuracy}`);
console.log("P(1 | x) for x = 0, 0.5, 1:", model.predict([[0], [0.5], [1]]).reshape(-1));

/* Output:
 * epoch 1  loss 1.1525  accuracy 0.50
 * epoch 100  loss 1.0918  accuracy 0.00
 * epoch 200  loss 1.0358  accuracy 0.00
 * with a learning rate of 0.05, 400 epochs on: loss 0.0232, accuracy 1
 * P(1 | x) for x = 0, 0.5, 1: tensor([0.0299, 0.5791, 0.984 ], [3] float32)
 */
