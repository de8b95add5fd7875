/**
 * Each layer as PyTorch has it: one table. What has no entry is written out in operations, as is a layer whose options
 * PyTorch does not have.
 */
import { OptionError } from "@chainrule/core";
import * as nn from "@chainrule/nn";
import { callOf } from "../../../python/text.ts";
import { type Counterpart, each, optionsOf, weightless } from "./counterpart.ts";
import { activationLayer, dense, embedding, linear, prelu, spatialDropout } from "./dense.ts";
import { batchNorm, groupNorm, instanceNorm, layerNorm, rmsNorm } from "./normalization.ts";
import { attention, recurrent, recurrentCell } from "./sequences.ts";
import { averagePooling, convolution, maxPooling, padding, transposedConvolution, upSampling } from "./windows.ts";

type Make = (layer: never) => Counterpart | null;

/** The classes of layers that PyTorch has, by name. Null where it has not with these options. */
const counterparts: Readonly<Record<string, Make>> = {
  Activation: weightless(activationLayer) as Make,
  ReLU: weightless(() => "nn.ReLU()"),
  LeakyReLU: weightless((layer) => callOf("nn.LeakyReLU", [optionsOf(layer).negativeSlope ?? 0.01])),
  ELU: weightless((layer) => callOf("nn.ELU", [optionsOf(layer).alpha ?? 1])),
  SELU: weightless(() => "nn.SELU()"),
  GELU: weightless((layer) => callOf("nn.GELU", [], { approximate: optionsOf(layer).approximate })),
  SiLU: weightless(() => "nn.SiLU()"),
  Mish: weightless(() => "nn.Mish()"),
  Sigmoid: weightless(() => "nn.Sigmoid()"),
  Tanh: weightless(() => "nn.Tanh()"),
  Softplus: weightless(() => "nn.Softplus()"),
  Softmax: weightless((layer) => callOf("nn.Softmax", [], { dim: optionsOf(layer).axis ?? -1 })),
  LogSoftmax: weightless((layer) => callOf("nn.LogSoftmax", [], { dim: optionsOf(layer).axis ?? -1 })),
  PReLU: prelu,
  Dense: dense,
  Linear: linear,
  Dropout: weightless(({ rate }: nn.Dropout) => callOf("nn.Dropout", [rate])),
  AlphaDropout: weightless(({ rate }: nn.AlphaDropout) => callOf("nn.AlphaDropout", [rate])),
  SpatialDropout1d: spatialDropout,
  SpatialDropout2d: weightless(({ rate }: nn.SpatialDropout2d) => callOf("nn.Dropout2d", [rate])),
  Identity: weightless(() => "nn.Identity()"),
  GLU: weightless(({ axis }: nn.GLU) => callOf("nn.GLU", [axis])),
  ZeroPadding1d: padding("ZeroPad", 1) as Make,
  ZeroPadding2d: padding("ZeroPad", 2) as Make,
  ReflectionPad1d: padding("ReflectionPad", 1) as Make,
  ReflectionPad2d: padding("ReflectionPad", 2) as Make,
  PixelShuffle: weightless(({ upscaleFactor }: nn.PixelShuffle) => callOf("nn.PixelShuffle", [upscaleFactor])),
  UpSampling1d: weightless(({ size }: nn.UpSampling1d) => callOf("nn.Upsample", [], { scale_factor: size })),
  Resizing: weightless(({ height, width, interpolation }: nn.Resizing) =>
    callOf("nn.Upsample", [[height, width]], { mode: interpolation }),
  ),
  InstanceNorm: instanceNorm,
  Embedding: embedding,
  Flatten: weightless(({ inputShape }: nn.Flatten) => ((inputShape?.length ?? 2) < 2 ? null : "nn.Flatten()")),
  Conv1d: convolution(1),
  Conv2d: convolution(2),
  ConvTranspose1d: transposedConvolution(1),
  ConvTranspose2d: transposedConvolution(2),
  DepthwiseConv1d: convolution(1),
  DepthwiseConv2d: convolution(2),
  MaxPool1d: maxPooling(1),
  MaxPool2d: maxPooling(2),
  AvgPool1d: averagePooling(1) as Make,
  AvgPool2d: averagePooling(2) as Make,
  AdaptiveAvgPool2d: weightless(({ outputSize }: nn.AdaptiveAvgPool2d) =>
    callOf("nn.AdaptiveAvgPool2d", [each(outputSize)]),
  ),
  UpSampling2d: weightless(upSampling),
  LayerNorm: layerNorm,
  BatchNorm: batchNorm,
  GroupNorm: groupNorm,
  MultiHeadAttention: attention as Make,
  RMSNorm: rmsNorm,
  SimpleRNNCell: recurrentCell,
  LSTMCell: recurrentCell,
  GRUCell: recurrentCell,
  RNN: recurrent,
  SimpleRNN: recurrent,
  LSTM: recurrent,
  GRU: recurrent,
};

/** Layers and models that are written as modules of their parts, and in operations. */
export const writtenOut: readonly string[] = [
  ...["CategoryEncoding", "Normalization", "Rescaling"],
  ...["RandomCrop", "RandomFlip", "RandomRotation", "RandomTranslation", "RandomZoom"],
  "Add",
  "Average",
  "Bidirectional",
  "Concatenate",
  "Cropping1d",
  "Cropping2d",
  "Dot",
  "Functional",
  "GEGLU",
  "GaussianNoise",
  "GlobalAvgPool1d",
  "GlobalAvgPool2d",
  "GlobalMaxPool1d",
  "GlobalMaxPool2d",
  "Lambda",
  "Masking",
  "Maximum",
  "Minimum",
  "Multiply",
  "Permute",
  "PositionEmbedding",
  "PositionalEncoding",
  "RepeatVector",
  "Reshape",
  "Residual",
  "SeparableConv1d",
  "SeparableConv2d",
  "Sequential",
  "Subtract",
  "SwiGLU",
  "TimeDistributed",
  "Transformer",
  "TransformerDecoder",
  "TransformerDecoderLayer",
  "TransformerEncoder",
  "TransformerEncoderLayer",
  "WeightNorm",
];

/** The classes of the table, by name. */
export const counterpartNames: readonly string[] = Object.keys(counterparts);

/** Whether the class of the module, itself and no class derived from it, stands in the table. */
export function isInTable(module: nn.Module<unknown>): boolean {
  return makeOf(module) !== null;
}

function makeOf(module: nn.Module<unknown>): Make | null {
  const { name } = module.constructor;
  const isOurs = (nn as unknown as Readonly<Record<string, unknown>>)[name] === module.constructor;
  return isOurs && Object.hasOwn(counterparts, name) ? counterparts[name] : null;
}

/** Throws for a layer that PyTorch cannot have. */
export function refuseLayer(layer: nn.Module<unknown>): void {
  if (!(layer instanceof nn.RNN)) return;
  const where = `exportPyTorch, "${layer.name}"`;
  if (layer.stateful)
    throw new OptionError({
      where,
      expected: "a layer that starts from zeros, or from a state that it is called with",
      got: "stateful: true",
      hint: "Call it with { state, returnState: true }, and hand the state on yourself.",
    });
  if (layer.recurrentDropout > 0)
    throw new OptionError({
      where,
      expected: "a recurrent layer as PyTorch has it",
      got: `recurrentDropout ${layer.recurrentDropout}`,
      hint: "PyTorch drops nothing of the state between steps: leave it out, or use exportJax.",
    });
}

/** The layer in PyTorch; null for what is written out. */
export function counterpartOf(module: nn.Module<unknown>): Counterpart | null {
  return makeOf(module)?.(module as never) ?? null;
}
