/**
 * Training curves: the same models learn the same, step by step, eagerly and compiled, in `fit` and in a loop by hand, and
 * draw the same random numbers for dropout and shuffling on the way.
 */

import { jit } from "@chainrule/compiler";
import { defaultGenerator, Generator, manualSeed, randint, randn, type Tensor } from "@chainrule/core";
import { crossEntropy } from "@chainrule/losses";
import { describe, expect, it } from "vitest";
import * as nn from "../src/index.ts";

const { Adam, Dense, Dropout, SGD, Sequential } = nn;

interface Task {
  readonly layers: () => nn.Layer[];
  readonly optimizer: (model: nn.Sequential) => nn.Optimizer;
  readonly x: Tensor;
}

const noise = (...shape: number[]) => randn(shape, { generator: new Generator(shape.join()) });
const adam: Task["optimizer"] = (model) => new Adam(model, { lr: 0.003 });
const sgd: Task["optimizer"] = (model) => new SGD(model, { lr: 0.05, momentum: 0.9 });

const tasks: Readonly<Record<string, Task>> = {
  "a perceptron of three layers": {
    layers: () => [
      new Dense({ units: 24, activation: "relu" }),
      new Dense({ units: 17, activation: "tanh" }),
      new Dense(3),
    ],
    optimizer: adam,
    x: noise(52, 9),
  },
  "a convolutional network": {
    layers: () => [
      new nn.Conv2d({ filters: 4, kernelSize: 3, activation: "relu" }),
      new nn.MaxPool2d({ kernelSize: 2 }),
      new nn.Conv2d({ filters: 6, kernelSize: 2, padding: "same", activation: "relu" }),
      new nn.AvgPool2d({ kernelSize: 2 }),
      new nn.Flatten(),
      new Dense(3),
    ],
    optimizer: adam,
    x: noise(52, 1, 10, 10),
  },
  "a recurrent network": {
    layers: () => [new nn.LSTM({ units: 10, returnSequences: true }), new nn.GRU({ units: 7 }), new Dense(3)],
    optimizer: adam,
    x: noise(52, 6, 4),
  },
  "a transformer": {
    layers: () => [
      new nn.TransformerEncoder({ embedDim: 8, heads: 2, numLayers: 1, dropout: 0.1 }),
      new nn.Flatten(),
      new Dense(3),
    ],
    optimizer: adam,
    x: noise(52, 5, 8),
  },
  // Not Adam behind a normalization: it would blow up the rounding of biases whose true gradient is 0.
  "batch normalization": {
    layers: () => [new Dense(16), new nn.BatchNorm(), new nn.Activation("relu"), new Dense(3)],
    optimizer: sgd,
    x: noise(52, 9),
  },
  dropout: {
    layers: () => [
      new Dense({ units: 32, activation: "relu" }),
      new Dropout(0.5),
      new Dense(16),
      new Dropout(0.2),
      new Dense(3),
    ],
    optimizer: adam,
    x: noise(52, 9),
  },
};

/** Rounding, grown over the steps that were taken. */
const tolerance = 1e-3;

function compare(compiled: readonly number[], eager: readonly number[]): void {
  eager.forEach((loss, i) => {
    expect(Math.abs(compiled[i] - loss), `number ${i}: ${compiled[i]} compiled, ${loss} eager`).toBeLessThan(
      tolerance * Math.max(1, Math.abs(loss)),
    );
  });
  // They did learn, so that there is something to compare.
  expect(eager.at(-1)).not.toBeCloseTo(eager[0], 2);
}

describe.each(Object.entries(tasks))("%s", (_name, { layers, optimizer, x }) => {
  const y = randint(0, 3, [x.shape[0]], { generator: new Generator(2) });
  const build = () => {
    manualSeed(11);
    const model = new Sequential(layers());
    model.ensureBuilt([null, ...x.shape.slice(1)]);
    return model;
  };

  it("learns the same in fit, last smaller batch included", async () => {
    const runs = [];
    for (const compile of [true, false]) {
      const model = build();
      model.compile({ optimizer: optimizer(model), loss: "crossEntropy", metrics: ["accuracy"] });
      const { history } = await model.fit(x, y, {
        epochs: 6,
        batchSize: 16,
        validationSplit: 0.2,
        jit: compile,
        verbose: 0,
      });
      runs.push({ history, draw: defaultGenerator().uniform() });
    }
    const [compiled, eager] = runs;
    compare(compiled.history.loss, eager.history.loss);
    for (const [i, loss] of eager.history.val_loss.entries())
      expect(Math.abs(compiled.history.val_loss[i] - loss)).toBeLessThan(tolerance * Math.max(1, loss));
    expect(compiled.draw).toBe(eager.draw);
  });

  it("learns the same in a loop by hand", () => {
    const [compiled, eager] = [true, false].map((compile) => {
      const model = build().train();
      const rule = optimizer(model);
      const step = (input: Tensor, target: Tensor) => {
        rule.zeroGrad();
        const loss = crossEntropy(model.call(input), target);
        loss.backward();
        rule.step();
        return loss;
      };
      const run = compile ? jit(step) : step;
      const losses = Array.from({ length: 24 }, (_, i) => {
        const rows = ["0:16", "16:32", "32:48", "48:52"][i % 4];
        return run(x.slice(rows), y.slice(rows)).item();
      });
      // Losses of one batch, before and after.
      return { losses: losses.filter((_, i) => i % 4 === 0), draw: defaultGenerator().uniform() };
    });
    compare(compiled.losses, eager.losses);
    expect(compiled.draw).toBe(eager.draw);
  });
});
