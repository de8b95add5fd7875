/**
 * The table from `keras.layers` to the layers here: what Keras calls each weight, and how it lies there.
 */
import { concat, ModelError, type Parameter, type Shape, split, type Tensor, zerosLike } from "@chainrule/core";
import {
  BatchNorm,
  Bidirectional,
  Conv1d,
  Conv2d,
  ConvTranspose1d,
  ConvTranspose2d,
  Dense,
  DepthwiseConv1d,
  DepthwiseConv2d,
  Embedding,
  GRUCell,
  GroupNorm,
  InstanceNorm,
  LayerNorm,
  Linear,
  LSTMCell,
  type Module,
  MultiHeadAttention,
  PositionEmbedding,
  PReLU,
  type RecurrentCell,
  RMSNorm,
  RNN,
  SeparableConv1d,
  SeparableConv2d,
  SimpleRNNCell,
} from "@chainrule/nn";
import type { Names } from "./names.ts";
import {
  type ByClass,
  entry,
  lookUpClass,
  permuted,
  type Rule,
  type RulesOf,
  same,
  transposed,
  within,
} from "./rules.ts";

/** Keras has the window first, then the features. */
function convolution({ kernel, bias }: Pick<Conv1d, "kernel" | "bias">): Rule[] {
  return [...windowed("kernel", kernel, "kernel"), ...same("bias", bias, "bias")];
}

function windowed(to: string, kernel: Parameter, name: string): Rule[] {
  return permuted(to, kernel, name, kernel.rank === 3 ? [2, 1, 0] : [3, 2, 0, 1]);
}

/** [channels · D, 1, ..window] here, [..window, channels, D] there. */
function byChannel(to: string, kernel: Parameter, name: string, depthMultiplier: number): Rule {
  const [filters, , ...window] = kernel.shape;
  const axes = window.length === 1 ? [1, 2, 0] : [2, 3, 0, 1];
  return {
    to,
    from: [{ name, shape: [...window, filters / depthMultiplier, depthMultiplier] }],
    make: (x) => x.permute(axes).reshape(kernel.shape),
  };
}

function depthwise({ kernel, bias, depthMultiplier }: DepthwiseConv1d | DepthwiseConv2d): Rule[] {
  return [byChannel("kernel", kernel, "kernel", depthMultiplier), ...same("bias", bias, "bias")];
}

function separable(layer: SeparableConv1d | SeparableConv2d): Rule[] {
  return [
    byChannel("depthwiseKernel", layer.depthwiseKernel, "depthwise_kernel", layer.depthMultiplier),
    ...windowed("pointwiseKernel", layer.pointwiseKernel, "pointwise_kernel"),
    ...same("bias", layer.bias, "bias"),
  ];
}

/** One with as many groups as channels is a `DepthwiseConv` there, whose kernels lie in another way. */
function groupedConvolution(layer: Conv1d | Conv2d): Rule[] {
  const [rule, ...rest] = convolution(layer);
  const [filters, perGroup, ...window] = layer.kernel.shape;
  if (perGroup > 1) return [rule, ...rest];
  const [source] = rule.from;
  const depthwise: Shape = [...window, layer.groups, filters / layer.groups];
  const isDepthwise = (x: Tensor) => x.shape.at(-2) === layer.groups;
  const make = (x: Tensor) => rule.make(isDepthwise(x) ? x.reshape(source.shape) : x);
  return [{ ...rule, from: [{ ...source, also: [depthwise] }], make }, ...rest];
}

interface Scaled {
  readonly gamma: BatchNorm["gamma"];
  readonly beta: BatchNorm["beta"];
}

const scaleAndShift = ({ gamma, beta }: Scaled) => [...same("gamma", gamma, "gamma"), ...same("beta", beta, "beta")];

/** Keras's GRU has the gates in the order z, r, n; here it is r, z, n. */
function inOurOrder(x: Tensor): Tensor {
  const [z, r, n] = split(x, 3, -1);
  return concat([r, z, n], -1);
}

const otherGRU =
  "A GRU made with reset_after=False computes another formula, which there is not here: train it with reset_after=True, the default.";

function cell(layer: RecurrentCell): Rule[] {
  const { kernel, recurrentKernel, bias } = layer;
  const isGRU = layer instanceof GRUCell;
  const reorder = ([rule]: Rule[]): Rule => (isGRU ? { ...rule, make: inOurOrder } : rule);
  const kernels = [
    reorder(same("kernel", kernel, "kernel")),
    reorder(same("recurrentKernel", recurrentKernel, "recurrent_kernel")),
  ];
  if (!bias) return kernels;
  const source = isGRU
    ? { name: "bias", shape: [2, ...bias.shape], otherwise: otherGRU }
    : { name: "bias", shape: bias.shape };
  const rule = (to: string, row: number): Rule => ({
    to,
    from: [source],
    make: (x) => (isGRU ? inOurOrder(x.slice(row)) : row === 0 ? x : zerosLike(x)),
  });
  return [...kernels, rule("bias", 0), rule("recurrentBias", 1)];
}

const otherHeads = "Here each head has embedDim / heads features: key_dim and value_dim have to be as many.";

/** The weights of each head by themselves there, side by side here. */
function attention(layer: MultiHeadAttention): Rule[] {
  const { embedDim: E, heads, kdim, vdim } = layer;
  const perHead: Shape = [heads, E / heads];
  const source = (name: string, shape: Shape) => ({ name, shape, otherwise: otherHeads });
  const kernels = [
    source("query/kernel", [E, ...perHead]),
    source("key/kernel", [kdim, ...perHead]),
    source("value/kernel", [vdim, ...perHead]),
  ];
  const biases = ["query/bias", "key/bias", "value/bias"].map((name) => source(name, perHead));
  const flat = (x: Tensor) => x.reshape(x.shape[0], E);
  const rules: (Rule | false)[] = [
    layer.inKernel !== null && { to: "inKernel", from: kernels, make: (...parts) => concat(parts.map(flat), 1) },
    layer.queryKernel !== null && { to: "queryKernel", from: [kernels[0]], make: flat },
    layer.keyKernel !== null && { to: "keyKernel", from: [kernels[1]], make: flat },
    layer.valueKernel !== null && { to: "valueKernel", from: [kernels[2]], make: flat },
    layer.inBias !== null && {
      to: "inBias",
      from: biases,
      make: (...parts) => concat(parts.map((x) => x.reshape(E))),
    },
    {
      to: "outKernel",
      from: [source("attention_output/kernel", [...perHead, E])],
      make: (x) => x.reshape(E, E),
    },
  ];
  return [...rules.filter((rule) => rule !== false), ...same("outBias", layer.outBias, "attention_output/bias")];
}

/** A slope for each place of an axis, which others may share: they have length 1 there. */
function slopes({ alpha }: PReLU): Rule[] {
  const also = [1, 2, 3].map((more) => [...Array.from({ length: more }, () => 1), alpha.size]);
  const source = {
    name: "alpha",
    shape: alpha.shape,
    also,
    otherwise: "Slopes for each place of images: there are none here; share them with shared_axes.",
  };
  return [{ to: "alpha", from: [source], make: (x) => x.reshape(alpha.shape) }];
}

const byClass: ByClass<RulesOf<Module<unknown>>> = [
  entry(Dense, ({ kernel, bias }) => [...same("kernel", kernel, "kernel"), ...same("bias", bias, "bias")]),
  entry(Linear, ({ weight, bias }) => [...transposed("weight", weight, "kernel"), ...same("bias", bias, "bias")]),
  entry(Conv1d, groupedConvolution),
  entry(Conv2d, groupedConvolution),
  entry(ConvTranspose1d, convolution),
  entry(ConvTranspose2d, convolution),
  entry(DepthwiseConv1d, depthwise),
  entry(DepthwiseConv2d, depthwise),
  entry(SeparableConv1d, separable),
  entry(SeparableConv2d, separable),
  entry(BatchNorm, (layer) => [
    ...scaleAndShift(layer),
    ...same("runningMean", layer.runningMean, "moving_mean"),
    ...same("runningVar", layer.runningVar, "moving_variance"),
  ]),
  entry(LayerNorm, scaleAndShift),
  entry(GroupNorm, scaleAndShift),
  entry(InstanceNorm, scaleAndShift),
  entry(RMSNorm, ({ gamma }) => same("gamma", gamma, "scale")),
  entry(Embedding, ({ embeddings }) => same("embeddings", embeddings, "embeddings")),
  entry(PositionEmbedding, ({ embeddings }) => same("embeddings", embeddings, "embeddings")),
  entry(PReLU, slopes),
  ...[SimpleRNNCell, LSTMCell, GRUCell].map((Class) => entry(Class, cell)),
  entry(MultiHeadAttention, attention),
];

/** How the weights of a layer are made of Keras's, which are in `module`; undefined for a class that Keras lacks. */
export function kerasRulesOf(layer: Module<unknown>, names: Names, module: string): readonly Rule[] | undefined {
  const inside = (start: string) => names.partsOf(module).modules.find((name) => name.startsWith(start)) ?? start;
  if (layer instanceof RNN) return recurrent(layer, names, module, "");
  if (layer instanceof Bidirectional)
    return [
      ...within("forwardLayer", recurrent(layer.forwardLayer, names, module, inside("forward"))),
      ...within("backwardLayer", recurrent(layer.backwardLayer, names, module, inside("backward"))),
    ];
  return lookUpClass(byClass, layer)?.(layer);
}

/** The rules of a layer's cell, which stands in a module of its own there. */
function recurrent(layer: RNN, names: Names, module: string, direction: string): Rule[] {
  if (layer.above.length > 0)
    throw new ModelError({
      where: `"${layer.name}"`,
      expected: "recurrent layers one by one, as Keras has them",
      got: `numLayers ${layer.above.length + 1}`,
      hint: "Put so many layers one after the other, all but the last with returnSequences.",
    });
  const [inner = ""] = names.partsOf(names.join(module, direction)).modules;
  const path = names.join(direction, inner);
  const rules = lookUpClass(byClass, layer.cell)?.(layer.cell) ?? [];
  return within("cell", rules).map(({ from, ...rule }) => ({
    ...rule,
    from: from.map((source) => ({ ...source, name: names.join(path, source.name) })),
  }));
}
