/**
 * Models whose parts play together.
 */
import {
  Adam,
  AdamW,
  Bidirectional,
  Conv2d,
  concat,
  cosineDecay,
  Dense,
  Dropout,
  Embedding,
  Functional,
  Generator,
  GlobalAvgPool1d,
  GRU,
  input,
  Lambda,
  LayerNorm,
  LeakyReLU,
  LSTM,
  LSTMCell,
  l1,
  l1l2,
  l2,
  MaxPool2d,
  Model,
  parameter,
  RMSprop,
  randint,
  Sequential,
  SGD,
  SimpleRNN,
  type Tensor,
  TransformerEncoder,
  tensor,
} from "chainrule";

import { type Case, noise } from "./pytorch-case.ts";

export const models: Readonly<Record<string, () => Case>> = {
  "several inputs and outputs, a shared layer": () => {
    const generator = new Generator(2);
    const [a, b] = [input([4], { name: "left" }), input([4], { name: "right" })];
    const shared = new Dense({ units: 5, activation: "relu", name: "shared", generator });
    const both = [shared.call(a), shared.call(b)];
    const inner = new Sequential([new Dense({ units: 4, inputDim: 5, generator }), new LeakyReLU()], { name: "inner" });
    const price = new Dense({ units: 1, name: "price", generator }).call(inner.call(both[0]));
    const kind = new Dense({ units: 3, name: "kind", generator }).call(inner.call(both[1]));
    const model = new Functional({ inputs: [a, b], outputs: { price, kind } });
    model.compile({
      optimizer: "adam",
      loss: { price: "mse", kind: "sparse_categorical_crossentropy" },
      lossWeights: { kind: 0.3 },
    });
    model.compile({ optimizer: new Adam(), loss: { price: "mse", kind: "cross_entropy" }, lossWeights: { kind: 0.3 } });
    return {
      model,
      x: { left: noise(6, 4), right: noise(6, 4).mul(2) },
      y: { price: noise(6), kind: tensor([0, 1, 2, 2, 1, 0], { dtype: "int32" }) },
    };
  },
  "a subclass with lists, tied weights and a detached branch": () => {
    const generator = new Generator(3);
    class Block extends Sequential {}
    class Net extends Model {
      table = new Embedding({ inputDim: 9, outputDim: 4, generator });
      blocks = [0, 1].map(
        () =>
          new Block([
            new LayerNorm({ inputDim: 4 }),
            new Dense({ units: 4, inputDim: 4, activation: "silu", generator }),
          ]),
      );
      forward(tokens: Tensor): Tensor {
        let x = this.table.call(tokens);
        for (const block of this.blocks) x = x.add(block.call(x));
        const mean = x.mean(1, { keepDims: true }).detach();
        return x.sub(mean).matmul(this.table.embeddings.T).mean(1);
      }
    }
    const model = new Net();
    model.compile({ optimizer: new AdamW({ lr: 0.01 }), loss: "cross_entropy" });
    return {
      model,
      x: randint(0, 9, [6, 3], { generator: new Generator(1) }),
      y: tensor([0, 8, 2, 2, 5, 0], { dtype: "int32" }),
    };
  },
  "penalties of weights and outputs": () => {
    const generator = new Generator(3);
    const model = new Sequential([
      new Dense({
        units: 5,
        inputDim: 4,
        activation: "relu",
        kernelRegularizer: l2(0.1),
        biasRegularizer: l1(0.1),
        generator,
      }),
      new Dense({ units: 3, activityRegularizer: l1l2({ l1: 0.1, l2: 0.2 }), generator }),
    ]);
    model.compile({ optimizer: new SGD({ lr: 0.1 }), loss: "mae" });
    return { model, x: noise(6, 4), y: noise(6, 3) };
  },
  "a frozen part, groups and dropout": () => {
    const generator = new Generator(3);
    const first = new Dense({ units: 5, inputDim: 4, activation: "tanh", generator });
    const second = new Dense({ units: 5, inputDim: 5, activation: "tanh", generator });
    const last = new Dense({ units: 1, inputDim: 5, generator });
    const model = new Sequential([first.freeze(), new Dropout(0.5), second, last]);
    const optimizer = new Adam(
      [
        { params: second, lr: 0.01 },
        { params: last, lr: cosineDecay({ lr: 0.1, steps: 9 }), weightDecay: 0.1 },
      ],
      { lr: 0.001 },
    );
    model.compile({ optimizer: optimizer as never, loss: "mse" });
    return { model, x: noise(6, 4), y: noise(6) };
  },
  "recurrent layers with states and masks": () => {
    const generator = new Generator(3);
    class Net extends Model {
      encoder = new LSTM({ units: 3, inputDim: 2, generator });
      decoder = new LSTM({ units: 3, inputDim: 2, returnSequences: true, generator });
      back = new SimpleRNN({ units: 2, inputDim: 3, goBackwards: true, activation: "relu", generator });
      both = new Bidirectional(new GRU({ units: 2, inputDim: 3, returnSequences: true, generator }), { merge: "sum" });
      cell = new LSTMCell({ units: 2, inputDim: 2, generator });
      override get inputNames() {
        return ["x", "mask"];
      }
      forward(x: Tensor, mask: Tensor): Tensor {
        const { state } = this.encoder.call(x, { mask, returnState: true });
        const y = this.decoder.call(x.flip(1), { state });
        const both = this.both.call(y, { mask });
        return concat([this.back.call(y, { mask }), both.mean(1), this.cell.call(both.mean(1))], -1);
      }
    }
    const model = new Net();
    model.compile({ optimizer: new RMSprop(), loss: "mse" });
    const mask = tensor([
      [true, true, true, false],
      [true, true, true, true],
      [false, true, false, true],
    ]);
    return { model, x: { x: noise(3, 4, 2), mask }, y: noise(3, 6) };
  },
  "an encoder with a mask": () => {
    const generator = new Generator(3);
    class Net extends Model {
      encoder = new TransformerEncoder({
        embedDim: 4,
        heads: 2,
        feedForwardDim: 6,
        numLayers: 2,
        normFirst: true,
        generator,
      });
      pool = new GlobalAvgPool1d({ dataFormat: "channels_last" });
      override get inputNames() {
        return ["x", "mask"];
      }
      forward(x: Tensor, mask: Tensor): Tensor {
        return this.pool.call(this.encoder.call(x, { mask, causal: true }), { mask });
      }
    }
    const model = new Net();
    model.compile({ optimizer: new Adam({ lr: 0.01 }), loss: "mse" });
    const mask = tensor([
      [true, true, true, false],
      [true, true, true, true],
      [true, true, false, false],
    ]);
    return { model, x: { x: noise(3, 4, 4), mask }, y: noise(3, 4) };
  },
  "convolutions with all kinds of padding": () => {
    const generator = new Generator(3);
    const model = new Sequential([
      new Conv2d({ filters: 3, kernelSize: [2, 3], padding: "same", activation: "relu", generator }),
      new Conv2d({ filters: 3, kernelSize: 3, stride: 2, padding: "same", generator }),
      new MaxPool2d({ kernelSize: 3, stride: 2, padding: "same" }),
      new Conv2d({
        filters: 2,
        kernelSize: 3,
        padding: [
          [1, 2],
          [0, 2],
        ],
        activation: (x) => x.tanh().mul(2),
        generator,
      }),
    ]);
    model.compile({ optimizer: new SGD({ lr: 0.1 }), loss: "mse" });
    return { model, x: noise(3, 2, 9, 8), y: noise(3, 2, 4, 2) };
  },
  "a part of the weights, clipped, beside some that are not used": () => {
    const generator = new Generator(3);
    class Net extends Model {
      first = new Dense({ units: 4, inputDim: 4, activation: "tanh", generator });
      last = new Dense({ units: 2, inputDim: 4, generator });
      spare = parameter(noise(3));
      forward(x: Tensor): Tensor {
        return this.last.call(this.first.call(x));
      }
    }
    const model = new Net();
    model.compile({ optimizer: new SGD(model.last, { lr: 0.5, clipNorm: 0.1 }) as never, loss: "mse" });
    return { model, x: noise(6, 4), y: noise(6, 2) };
  },
  "an output without a batch": () => ({
    model: new Sequential([new Lambda((x) => x.square().sum())]),
    x: noise(6, 4),
  }),
  "numbers in double precision": () => {
    const model = new Sequential([new Dense({ units: 3, inputDim: 4, dtype: "float64", generator: new Generator(1) })]);
    model.compile({ optimizer: new Adam(), loss: "mse" });
    return { model, x: noise(5, 4).cast("float64"), y: noise(5, 3).cast("float64") };
  },
};
