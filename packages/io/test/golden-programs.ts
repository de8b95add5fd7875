/**
 * Models and steps whose programs in Python are kept as goldens, and run by `.ci/exports`.
 */
import { Generator, randn, type Tensor, tensor } from "@chainrule/core";
import { crossEntropy } from "@chainrule/losses";
import {
  Adam,
  AdamW,
  BatchNorm,
  Conv2d,
  cosineDecay,
  Dense,
  Dropout,
  Embedding,
  Flatten,
  Functional,
  input,
  LSTM,
  l2,
  MaxPool2d,
  Sequential,
  SGD,
  TransformerEncoder,
  warmup,
} from "@chainrule/nn";
import { type ExportPyTorchOptions, jaxProgram, pytorchProgram } from "../src/index.ts";

const noise = (...shape: number[]) => randn(shape, { generator: new Generator(shape.join()) });
const labels = (n: number, classes: number) =>
  tensor(
    Int32Array.from({ length: n }, (_, i) => (i * i) % classes),
    { dtype: "int32" },
  );

/** Convolutions, statistics, dropout, a penalty, a schedule and clipping. */
function images(): { model: Sequential } & ExportPyTorchOptions {
  const generator = new Generator(1);
  const model = new Sequential(
    [
      new Conv2d({ filters: 4, kernelSize: 3, padding: "same", activation: "relu", name: "stem", generator }),
      new BatchNorm({ axis: 1 }),
      new MaxPool2d(),
      new Flatten(),
      new Dense({ units: 8, activation: "gelu", name: "hidden", kernelRegularizer: l2(0.001), generator }),
      new Dropout(0.3),
      new Dense({ units: 3, name: "scores", generator }),
    ],
    { name: "digits" },
  );
  const lr = warmup(cosineDecay({ lr: 0.01, steps: 20 }), { steps: 3, from: 0.1 });
  model.compile({ optimizer: new AdamW({ lr, clipNorm: 1 }), loss: "cross_entropy" });
  return { model, x: noise(8, 1, 6, 6), y: labels(8, 3) };
}

/** Several inputs and outputs, a shared layer, sequences. */
function towers() {
  const generator = new Generator(2);
  const [left, right] = [input([5], { name: "left", dtype: "int32" }), input([5], { name: "right", dtype: "int32" })];
  const table = new Embedding({ inputDim: 7, outputDim: 4, name: "table", generator });
  const reader = new LSTM({ units: 3, name: "reader", generator });
  const [a, b] = [left, right].map((tokens) => reader.call(table.call(tokens)));
  const closeness = new Dense({ units: 1, name: "closeness", generator }).call(a);
  const kind = new Dense({ units: 3, activation: "softmax", name: "kind", generator }).call(b);
  const model = new Functional({ inputs: [left, right], outputs: { closeness, kind }, name: "towers" });
  model.compile({
    optimizer: "rmsprop",
    loss: { closeness: "huber", kind: "sparse_categorical_crossentropy" },
    lossWeights: { kind: 0.5 },
  });
  const tokens = (by: number) => labels(30, 7).mul(by).mod(7).reshape(6, 5);
  return {
    model,
    x: { left: tokens(1), right: tokens(3) },
    y: { closeness: noise(6), kind: labels(6, 3) },
  };
}

/** Attention. */
function encoder() {
  const generator = new Generator(3);
  const model = new Sequential(
    [
      new TransformerEncoder({ embedDim: 4, heads: 2, feedForwardDim: 6, numLayers: 2, inputShape: [3, 4], generator }),
      new Flatten(),
      new Dense({ units: 2, name: "scores", generator }),
    ],
    { name: "encoder" },
  );
  model.compile({ optimizer: new SGD({ lr: 0.1, momentum: 0.9 }), loss: "cross_entropy" });
  return { model, x: noise(4, 3, 4), y: labels(4, 2) };
}

/** PyTorch programs by name. */
export const pytorchGoldens = { images, towers, encoder } as const;

/** A training step with dropout. */
function digits() {
  const generator = new Generator(4);
  const model = new Sequential(
    [
      new Dense({ units: 8, inputDim: 4, activation: "relu", name: "hidden", generator }),
      new Dropout(0.25, { generator }),
      new Dense({ units: 3, name: "scores", generator }),
    ],
    { name: "digits" },
  );
  const optimizer = new Adam(model, { lr: cosineDecay({ lr: 0.01, steps: 20 }) });
  const step = (x: Tensor, y: Tensor) => {
    optimizer.zeroGrad();
    const loss = crossEntropy(model.call(x), y);
    loss.backward();
    optimizer.step();
    return loss;
  };
  return {
    step,
    args: [noise(16, 4), labels(16, 3)] as [Tensor, Tensor],
    options: { model, optimizer, scheduleSteps: 50 },
  };
}

/** Steps for JAX by name. */
export const jaxGoldens = { digits } as const;

/** The texts of all programs, by the names of their files. */
export function goldenTexts(): Map<string, string> {
  const texts = new Map<string, string>();
  for (const [name, make] of Object.entries(pytorchGoldens)) {
    const { model, ...options } = make();
    const files = pytorchProgram(model as never, options);
    texts.set(`pytorch-${name}.py`, files["program.py"]);
    texts.set(`pytorch-${name}-check.py`, files["check.py"]);
  }
  for (const [name, make] of Object.entries(jaxGoldens)) {
    const { step, args, options } = make();
    const files = jaxProgram(step, args, options);
    texts.set(`jax-${name}.py`, files["program.py"]);
    texts.set(`jax-${name}-check.py`, files["check.py"]);
  }
  return texts;
}
