/**
 * Layers and inputs for them, by which gradients, compiled code, weights and shapes are checked: at least one for every
 * layer of the public index.
 */
import { Generator, randn, type Tensor, tensor } from "@chainrule/core";
import * as nn from "../src/index.ts";

/** What the layers are made with: the dtype of the check, and weights that are the same each time. */
type Shared = Readonly<{ dtype: "float32" | "float64"; generator: Generator }>;

export interface LayerCase {
  /** The class's name, and what is special about the case. */
  readonly name: string;
  make(shared: Shared): nn.Module<unknown>;
  /** Float inputs are cast to the dtype of the check. */
  readonly inputs: readonly Tensor[];
  call(layer: nn.Module<unknown>, ...inputs: Tensor[]): Tensor;
}

const noise = (...shape: number[]) => randn(shape, { dtype: "float64", generator: new Generator(shape.join()) });

function layerCase<M extends nn.Module<unknown>>(
  name: string,
  make: (shared: Shared) => M,
  inputs: Tensor | readonly Tensor[],
  call = (layer: M, ...given: Tensor[]) => layer.call(...given) as Tensor,
): LayerCase {
  return { name, make, inputs: [inputs].flat(), call: call as LayerCase["call"] };
}

const vectors = noise(3, 4);
const sequences = noise(2, 4, 4);
const signals = noise(2, 2, 5);
const images = noise(2, 2, 6, 5);
const mask = tensor([
  [true, true, true, false],
  [true, true, true, true],
]);
const block = { embedDim: 4, heads: 2, dropout: 0 };

/** Those that take nothing but their own options, and any shape. */
const activations = [
  nn.ReLU,
  nn.LeakyReLU,
  nn.ELU,
  nn.SELU,
  nn.GELU,
  nn.SiLU,
  nn.Mish,
  nn.Sigmoid,
  nn.Tanh,
  nn.Softplus,
  nn.Softmax,
  nn.LogSoftmax,
].map((Class) => layerCase(Class.name, () => new Class(), vectors));

const pair = [noise(3, 4), noise(3, 4).mul(0.8).add(0.1)];
const merges = [nn.Add, nn.Subtract, nn.Multiply, nn.Average, nn.Maximum, nn.Minimum, nn.Concatenate, nn.Dot].map(
  (Class) => layerCase(Class.name, () => new Class(), pair),
);

/** Those that change the size of signals and images, or the place of their numbers. */
const sizes: readonly LayerCase[] = [
  layerCase("ZeroPadding1d", () => new nn.ZeroPadding1d([1, 2]), signals),
  layerCase("ZeroPadding2d", () => new nn.ZeroPadding2d([1, 2]), images),
  layerCase("ReflectionPad1d", () => new nn.ReflectionPad1d(2), signals),
  layerCase(
    "ReflectionPad2d",
    () =>
      new nn.ReflectionPad2d([
        [1, 0],
        [2, 3],
      ]),
    images,
  ),
  layerCase("Cropping1d", () => new nn.Cropping1d([1, 2]), signals),
  layerCase("Cropping2d", () => new nn.Cropping2d([1, 2]), images),
  layerCase("UpSampling1d", () => new nn.UpSampling1d({ size: 3 }), signals),
  layerCase("Resizing", () => new nn.Resizing({ height: 4, width: 7 }), images),
  layerCase("Resizing, nearest", () => new nn.Resizing({ height: 4, width: 7, interpolation: "nearest" }), images),
  layerCase("PixelShuffle", () => new nn.PixelShuffle(2), noise(2, 8, 2, 3)),
];

export const layerTable: readonly LayerCase[] = [
  ...activations,
  ...merges,
  ...sizes,
  layerCase("GLU", () => new nn.GLU(), vectors),
  layerCase("GEGLU", () => new nn.GEGLU(), vectors),
  layerCase("SwiGLU", () => new nn.SwiGLU({ axis: 1 }), images),
  layerCase("Dot, normalized", () => new nn.Dot({ normalize: true }), pair),
  layerCase("Activation", () => new nn.Activation("softsign"), vectors),
  layerCase("PReLU", (shared) => new nn.PReLU({ axis: -1, ...shared }), vectors),
  layerCase("Dense", (shared) => new nn.Dense({ units: 3, activation: "tanh", ...shared }), vectors),
  layerCase(
    "WeightNorm",
    (shared) => new nn.WeightNorm(new nn.Dense({ units: 3, activation: "tanh", ...shared }), shared),
    vectors,
  ),
  layerCase(
    "WeightNorm of a convolution",
    (shared) => new nn.WeightNorm(new nn.Conv2d({ filters: 3, kernelSize: 2, ...shared }), shared),
    images,
  ),
  layerCase("Linear", (shared) => new nn.Linear(4, 3, shared), vectors),
  layerCase("Dropout", () => new nn.Dropout(0.4), vectors),
  layerCase("GaussianNoise", () => new nn.GaussianNoise(0.4), vectors),
  layerCase("SpatialDropout1d", () => new nn.SpatialDropout1d(0.4, { dataFormat: "channels_last" }), sequences),
  layerCase("SpatialDropout2d", () => new nn.SpatialDropout2d(0.4), images),
  layerCase("AlphaDropout", () => new nn.AlphaDropout(0.4), vectors),
  layerCase(
    "Embedding",
    (shared) => new nn.Embedding({ inputDim: 5, outputDim: 3, ...shared }),
    tensor([[4, 0, 2]], { dtype: "int32" }),
  ),
  layerCase("Rescaling", () => new nn.Rescaling(0.5, { offset: -1 }), vectors),
  layerCase("Normalization", (shared) => new nn.Normalization(shared).adapt(vectors), vectors),
  layerCase(
    "CategoryEncoding",
    (shared) => new nn.CategoryEncoding({ numTokens: 4, outputMode: "count", ...shared }),
    [tensor([[1, 1, 3]], { dtype: "int32" }), noise(1, 4)],
    (layer, x, weights) => layer.call(x).mul(weights),
  ),
  layerCase("RandomFlip", () => new nn.RandomFlip(), images),
  layerCase("RandomRotation", () => new nn.RandomRotation(0.2), images),
  layerCase("RandomTranslation", () => new nn.RandomTranslation({ heightFactor: 0.3, widthFactor: 0.2 }), images),
  layerCase("RandomZoom", () => new nn.RandomZoom(0.4, { fillMode: "constant", fillValue: 0.5 }), images),
  layerCase("RandomCrop", () => new nn.RandomCrop({ height: 3, width: 4 }), images),
  layerCase("Flatten", () => new nn.Flatten(), sequences),
  layerCase(
    "Identity",
    () => new nn.Identity(),
    vectors,
    (layer, x) => layer.call(x.mul(1)),
  ),
  layerCase("Masking", () => new nn.Masking(), sequences),
  layerCase("Permute", () => new nn.Permute([3, 1, 2]), images),
  layerCase("RepeatVector", () => new nn.RepeatVector(3), vectors),
  layerCase("TimeDistributed", (shared) => new nn.TimeDistributed(new nn.Dense(3, shared)), sequences),
  layerCase("Reshape", () => new nn.Reshape([2, -1]), sequences),
  layerCase("Lambda", () => new nn.Lambda((x) => x.square()), vectors),
  layerCase("Residual", (shared) => new nn.Residual(new nn.Dense(4, shared)), sequences),
  layerCase(
    "Residual with a shortcut",
    (shared) => new nn.Residual(new nn.Dense(3, shared), { shortcut: new nn.Dense(3, shared) }),
    vectors,
  ),

  layerCase("LayerNorm", (shared) => new nn.LayerNorm(shared), sequences),
  layerCase("BatchNorm", (shared) => new nn.BatchNorm(shared), vectors),
  layerCase("GroupNorm", (shared) => new nn.GroupNorm({ groups: 2, ...shared }), images),
  layerCase("InstanceNorm", (shared) => new nn.InstanceNorm({ scale: true, center: true, ...shared }), images),
  layerCase("RMSNorm", (shared) => new nn.RMSNorm(shared), sequences),

  layerCase("Conv1d", (shared) => new nn.Conv1d({ filters: 3, kernelSize: 2, padding: "same", ...shared }), signals),
  layerCase(
    "Conv2d",
    (shared) => new nn.Conv2d({ filters: 4, kernelSize: 3, stride: 2, groups: 2, padding: 1, ...shared }),
    images,
  ),
  layerCase(
    "ConvTranspose2d",
    (shared) => new nn.ConvTranspose2d({ filters: 2, kernelSize: 3, stride: 2, padding: "same", ...shared }),
    noise(2, 2, 3, 2),
  ),
  layerCase(
    "ConvTranspose1d",
    (shared) => new nn.ConvTranspose1d({ filters: 2, kernelSize: 3, stride: 2, padding: 1, ...shared }),
    signals,
  ),
  layerCase(
    "DepthwiseConv1d",
    (shared) => new nn.DepthwiseConv1d({ kernelSize: 3, depthMultiplier: 2, padding: "same", ...shared }),
    signals,
  ),
  layerCase(
    "DepthwiseConv2d",
    (shared) => new nn.DepthwiseConv2d({ kernelSize: [3, 2], stride: 2, padding: 1, ...shared }),
    images,
  ),
  layerCase("SeparableConv1d", (shared) => new nn.SeparableConv1d({ filters: 3, kernelSize: 2, ...shared }), signals),
  layerCase(
    "SeparableConv2d",
    (shared) => new nn.SeparableConv2d({ filters: 3, kernelSize: 3, depthMultiplier: 2, padding: "same", ...shared }),
    images,
  ),
  layerCase("MaxPool1d", () => new nn.MaxPool1d({ kernelSize: 3, stride: 2, padding: 1 }), signals),
  layerCase("MaxPool2d", () => new nn.MaxPool2d({ kernelSize: 3, stride: 2, padding: 1 }), images),
  layerCase("AvgPool1d", () => new nn.AvgPool1d({ padding: "same" }), signals),
  layerCase("AvgPool2d", () => new nn.AvgPool2d({ padding: "same", countIncludePad: false }), images),
  layerCase("AdaptiveAvgPool2d", () => new nn.AdaptiveAvgPool2d([2, 3]), images),
  layerCase("UpSampling2d", () => new nn.UpSampling2d({ interpolation: "bilinear" }), noise(2, 2, 3, 2)),
  layerCase("GlobalAvgPool1d", () => new nn.GlobalAvgPool1d(), signals),
  layerCase(
    "GlobalAvgPool1d, masked",
    () => new nn.GlobalAvgPool1d({ dataFormat: "channels_last" }),
    [sequences, mask],
    (layer, x, present) => layer.call(x, { mask: present }),
  ),
  layerCase("GlobalMaxPool1d", () => new nn.GlobalMaxPool1d(), signals),
  layerCase(
    "GlobalMaxPool1d, masked",
    () => new nn.GlobalMaxPool1d({ dataFormat: "channels_last" }),
    [sequences, mask],
    (layer, x, present) => layer.call(x, { mask: present }),
  ),
  layerCase("GlobalAvgPool2d", () => new nn.GlobalAvgPool2d(), images),
  layerCase("GlobalMaxPool2d", () => new nn.GlobalMaxPool2d(), images),

  layerCase(
    "SimpleRNNCell",
    (shared) => new nn.SimpleRNNCell({ units: 3, ...shared }),
    [vectors, noise(3, 3)],
    (layer, x, h) => layer.call(x, { state: h }),
  ),
  layerCase(
    "LSTMCell",
    (shared) => new nn.LSTMCell({ units: 2, ...shared }),
    [vectors, noise(3, 2), noise(3, 2).mul(0.5)],
    (layer, x, h, c) => layer.call(x, { state: [h, c] }),
  ),
  layerCase(
    "GRUCell",
    (shared) => new nn.GRUCell({ units: 3, ...shared }),
    [vectors, noise(3, 3)],
    (layer, x, h) => layer.call(x, { state: h }),
  ),
  layerCase(
    "RNN",
    (shared) => new nn.RNN(new nn.GRUCell({ units: 3, ...shared }), { goBackwards: true, ...shared }),
    sequences,
  ),
  layerCase("SimpleRNN", (shared) => new nn.SimpleRNN({ units: 3, ...shared }), sequences),
  layerCase(
    "LSTM, masked",
    (shared) => new nn.LSTM({ units: 3, returnSequences: true, ...shared }),
    [sequences, mask],
    (layer, x, present) => layer.call(x, { mask: present }),
  ),
  layerCase(
    "LSTM of two layers, masked",
    (shared) => new nn.LSTM({ units: 2, numLayers: 2, ...shared }),
    [sequences, mask],
    (layer, x, present) => layer.call(x, { mask: present }),
  ),
  layerCase(
    "GRU of two layers",
    (shared) => new nn.GRU({ units: 2, numLayers: 2, returnSequences: true, ...shared }),
    sequences,
  ),
  layerCase("GRU", (shared) => new nn.GRU({ units: 3, returnSequences: true, ...shared }), sequences),
  layerCase(
    "Bidirectional, masked",
    (shared) => new nn.Bidirectional(new nn.GRU({ units: 2, ...shared })),
    [sequences, mask],
    (layer, x, present) => layer.call(x, { mask: present }),
  ),

  layerCase(
    "MultiHeadAttention, masked and causal",
    (shared) => new nn.MultiHeadAttention({ ...block, ...shared }),
    [sequences, mask],
    (layer, x, present) => layer.call(x, { keyMask: present, causal: true }),
  ),
  layerCase(
    "MultiHeadAttention to a memory",
    (shared) => new nn.MultiHeadAttention({ ...block, kdim: 3, vdim: 2, ...shared }),
    [sequences, noise(2, 5, 3), noise(2, 5, 2)],
    (layer, x, key, value) => layer.call(x, { key, value }),
  ),
  layerCase(
    "TransformerEncoderLayer",
    (shared) => new nn.TransformerEncoderLayer({ ...block, feedForwardDim: 3, activation: "gelu", ...shared }),
    sequences,
  ),
  layerCase(
    "TransformerEncoder, masked",
    (shared) => new nn.TransformerEncoder({ ...block, feedForwardDim: 3, numLayers: 2, activation: "gelu", ...shared }),
    [sequences, mask],
    (layer, x, present) => layer.call(x, { mask: present }),
  ),
  layerCase(
    "TransformerDecoderLayer",
    (shared) => new nn.TransformerDecoderLayer({ ...block, feedForwardDim: 3, activation: "tanh", ...shared }),
    [sequences, noise(2, 3, 4)],
    (layer, x, memory) => layer.call(x, { memory }),
  ),
  layerCase(
    "TransformerDecoder, masked",
    (shared) =>
      new nn.TransformerDecoder({
        ...block,
        feedForwardDim: 3,
        numLayers: 1,
        normFirst: true,
        activation: "tanh",
        ...shared,
      }),
    [sequences, sequences.mul(0.5), mask],
    (layer, x, memory, present) => layer.call(x, { memory, memoryMask: present }),
  ),
  layerCase(
    "Transformer",
    (shared) =>
      new nn.Transformer({
        ...block,
        feedForwardDim: 3,
        numEncoderLayers: 1,
        numDecoderLayers: 1,
        activation: "tanh",
        ...shared,
      }),
    [sequences, sequences.mul(0.5).flip(1)],
    (layer, x, target) => layer.call(x, { target }),
  ),
  layerCase("PositionalEncoding", () => new nn.PositionalEncoding(), sequences),
  layerCase("PositionEmbedding", (shared) => new nn.PositionEmbedding({ maxLength: 5, ...shared }), sequences),
];

/** Modules that are no layers to be called: bases for classes of one's own, and models, which have tests of their own. */
export const basesAndModels: readonly string[] = [
  "Functional",
  "Layer",
  "LayerWithOptions",
  "Model",
  "RecurrentCell",
  "SequenceLayer",
  "Sequential",
];
