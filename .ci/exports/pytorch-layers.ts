/**
 * Layers with options that PyTorch writes differently.
 */
import {
  AvgPool2d,
  BatchNorm,
  Bidirectional,
  Conv1d,
  Conv2d,
  ConvTranspose2d,
  concat,
  Dense,
  Embedding,
  GRU,
  GroupNorm,
  Lambda,
  LayerNorm,
  LSTM,
  MaxPool1d,
  MaxPool2d,
  MultiHeadAttention,
  PReLU,
  RMSNorm,
  randint,
  split,
  TransformerDecoder,
  tensor,
  UpSampling2d,
  where,
} from "chainrule";

import { around, type Case, g, noise } from "./pytorch-case.ts";

export const layerOptions: Readonly<Record<string, () => Case>> = {
  "BatchNorm, features last": () => around(new BatchNorm(), noise(4, 3, 5)),
  "BatchNorm, channels of signals": () => around(new BatchNorm({ axis: 1, momentum: 0.7, eps: 0.01 }), noise(4, 3, 5)),
  "BatchNorm, as in Keras": () =>
    around(new BatchNorm({ axis: 1, correction: 0, momentum: 0.99, eps: 1e-3 }), noise(4, 3, 2, 2)),
  "BatchNorm, without shift": () => around(new BatchNorm({ center: false }), noise(6, 3)),
  "BatchNorm, without scale": () => around(new BatchNorm({ scale: false }), noise(6, 3)),
  "BatchNorm, neither": () => around(new BatchNorm({ scale: false, center: false }), noise(6, 3)),
  "LayerNorm, two axes": () => around(new LayerNorm({ axis: [-2, -1] }), noise(4, 3, 5)),
  "LayerNorm, the first axis": () => around(new LayerNorm({ axis: 1 }), noise(4, 3, 5)),
  "LayerNorm, without shift": () => around(new LayerNorm({ center: false, eps: 0.1 }), noise(4, 5)),
  "LayerNorm, without scale": () => around(new LayerNorm({ scale: false }), noise(4, 5)),
  "LayerNorm, neither": () => around(new LayerNorm({ scale: false, center: false }), noise(4, 5)),
  "GroupNorm, without shift": () => around(new GroupNorm({ groups: 2, center: false }), noise(4, 4, 3)),
  "GroupNorm, neither": () => around(new GroupNorm({ groups: 2, center: false, scale: false }), noise(4, 4, 3)),
  "RMSNorm, without scale": () => around(new RMSNorm({ scale: false }), noise(4, 5)),
  "PReLU, of channels": () => around(new PReLU({ axis: 1 }), noise(4, 3, 2, 2)),
  "PReLU, of the last axis": () => around(new PReLU({ axis: -1 }), noise(4, 3, 5)),
  "Dense, of sequences without bias": () =>
    around(new Dense({ units: 2, useBias: false, activation: "softplus", generator: g() }), noise(4, 3, 5)),
  "Dense, with an activation of one's own": () =>
    around(new Dense({ units: 2, activation: (x) => x.mul(x.sigmoid()), generator: g() }), noise(4, 5)),
  "Conv1d, dilated in groups": () =>
    around(
      new Conv1d({ filters: 4, kernelSize: 3, dilation: 2, groups: 2, padding: [1, 3], generator: g() }),
      noise(3, 2, 9),
    ),
  "Conv1d, same with a stride": () =>
    around(
      new Conv1d({ filters: 4, kernelSize: 4, stride: 3, padding: "same", useBias: false, generator: g() }),
      noise(3, 2, 10),
    ),
  "Conv2d, same with dilation and an even kernel": () =>
    around(
      new Conv2d({ filters: 4, kernelSize: [2, 4], dilation: [2, 1], padding: "same", generator: g() }),
      noise(3, 2, 7, 6),
    ),
  "ConvTranspose2d, with everything": () =>
    around(
      new ConvTranspose2d({
        filters: 4,
        kernelSize: [3, 2],
        stride: [2, 3],
        padding: [1, 0],
        outputPadding: [1, 2],
        groups: 2,
        activation: "relu",
        generator: g(),
      }),
      noise(2, 4, 3, 4),
    ),
  "ConvTranspose2d, dilated": () =>
    around(
      new ConvTranspose2d({ filters: 2, kernelSize: 3, dilation: 2, useBias: false, generator: g() }),
      noise(2, 4, 3, 4),
    ),
  "MaxPool1d, same": () => around(new MaxPool1d({ kernelSize: 4, stride: 3, padding: "same" }), noise(2, 3, 10)),
  "MaxPool2d, more padding than half": () =>
    around(new MaxPool2d({ kernelSize: 3, stride: 1, padding: 2 }), noise(2, 3, 5, 5)),
  "MaxPool2d, dilated": () => around(new MaxPool2d({ kernelSize: 2, stride: 1, dilation: 2 }), noise(2, 3, 5, 5)),
  "AvgPool2d, padding not counted": () =>
    around(new AvgPool2d({ kernelSize: 3, stride: 2, padding: 1, countIncludePad: false }), noise(2, 3, 7, 6)),
  "AvgPool2d, dilated": () => around(new AvgPool2d({ kernelSize: 2, stride: 1, dilation: 2 }), noise(2, 3, 5, 6)),
  "UpSampling2d, nearest": () => around(new UpSampling2d({ size: [2, 3] }), noise(2, 3, 2, 2)),
  "UpSampling2d, bilinear": () =>
    around(new UpSampling2d({ size: [3, 2], interpolation: "bilinear" }), noise(2, 3, 3, 2)),
  "Embedding, with padding": () =>
    around(
      new Embedding({ inputDim: 5, outputDim: 3, paddingIdx: 0, generator: g() }),
      randint(0, 5, [4, 6], { generator: g() }),
    ),
  "Embedding, of floats": () =>
    around(
      new Embedding({ inputDim: 5, outputDim: 3, generator: g() }),
      randint(0, 5, [4, 6], { generator: g() }).cast("float32"),
    ),
  "LSTM, without bias, backwards": () =>
    around(
      new LSTM({ units: 3, useBias: false, goBackwards: true, returnSequences: true, generator: g() }),
      noise(3, 4, 2),
    ),
  "GRU, with other activations": () =>
    around(
      new GRU({ units: 3, activation: "relu", recurrentActivation: "hard_sigmoid", generator: g() }),
      noise(3, 4, 2),
    ),
  "LSTM, with dropout": () => around(new LSTM({ units: 3, dropout: 0.4, generator: g() }), noise(3, 4, 2)),
  "Bidirectional, last steps": () =>
    around(new Bidirectional(new LSTM({ units: 2, generator: g() }), { merge: "mean" }), noise(3, 4, 2)),
  "MultiHeadAttention, with masks and a bias": () => {
    const layer = new MultiHeadAttention({ embedDim: 4, heads: 2, dropout: 0.1, generator: g() });
    const mask = tensor([
      [true, false, true],
      [true, true, false],
      [true, true, true],
    ]);
    const bias = noise(2, 3, 3).unsqueeze(0);
    return around(layer, noise(4, 3, 4), (x) => layer.call(x, { attentionMask: mask, bias, causal: true }));
  },
  "MultiHeadAttention, with its weights": () => {
    const layer = new MultiHeadAttention({ embedDim: 4, heads: 2, useBias: false, generator: g() });
    return around(layer, noise(4, 3, 4), (x) => {
      const { output, weights } = layer.call(x, { returnWeights: true });
      return output.add(weights.mean([1, 3]).unsqueeze(-1));
    });
  },
  "MultiHeadAttention, to parts of itself": () => {
    const layer = new MultiHeadAttention({ embedDim: 4, heads: 2, kdim: 3, vdim: 2, generator: g() });
    return around(layer, noise(4, 3, 4), (x) =>
      layer.call(x, { key: x.slice("...", [0, 3]), value: x.slice("...", [1, 3]) }),
    );
  },
  TransformerDecoder: () => {
    const layer = new TransformerDecoder({ embedDim: 4, heads: 2, feedForwardDim: 5, numLayers: 2, generator: g() });
    return around(layer, noise(4, 3, 4), (x) => layer.call(x, { memory: x.mul(2).flip(1) }));
  },
  "functions of core": () => {
    const layer = new Lambda((x) => {
      const parts = split(x.cumsum(1).softmax(1), 2, -1);
      const sorted = x.argsort(-1, { descending: true }).cast("float32");
      const taken = x.takeAlongAxis(x.argmax(-1, { keepDims: true }), -1);
      return concat([parts[0].maximum(0.3), parts[1].pow(2), sorted, taken, x.prod(-1, { keepDims: true })], -1)
        .add(x.slice(":", [2, 0, -1]).sum(-1, { keepDims: true }))
        .add(x.std(-1, { keepDims: true }))
        .mul(where(x.greater(0).any(-1, { keepDims: true }), 1, -1));
    });
    return around(layer, noise(4, 6));
  },
};
