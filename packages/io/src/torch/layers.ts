/**
 * Each layer as PyTorch has it: one table. What has no entry is written out in operations, as is a layer whose options
 * PyTorch does not have.
 */
import type { GraphNode } from "@chainrule/compiler/internal";
import { OptionError } from "@chainrule/core";
import type { Sliding as ConvolutionWindow, Window } from "@chainrule/core/internal";
import * as nn from "@chainrule/nn";
import { torchRulesOf } from "../foreign/torch-layers.ts";
import { callOf, pythonValue } from "../python/text.ts";
import { activationText } from "./activations.ts";
import { paddingOf } from "./expressions.ts";
import { type Layout, same, transposed } from "./layout.ts";

/** One of PyTorch's weights or buffers: made of ours, by its name within the layer. */
export interface Weight {
  readonly from: string;
  readonly layout: Layout;
}

/** A call of a layer, as its counterpart sees it. */
export interface CallSite {
  /** What the module is called there: `self.dense`. */
  readonly module: string;
  readonly inputs: readonly string[];
  /** The options of the call that are tensors or lists of them, by name. */
  readonly options: Readonly<Record<string, string>>;
  /** Its other options. */
  readonly flags: Readonly<Record<string, unknown>>;
  /** What was computed in the call. */
  readonly nodes: readonly GraphNode[];
}

/** A layer in PyTorch. */
export interface Counterpart {
  /** What makes it. */
  readonly make: string;
  /** By PyTorch's names within it. */
  readonly weights: Readonly<Record<string, Weight>>;
  /** Helpers of the prelude that it needs. */
  readonly helpers?: readonly string[];
  /** What is written for a call; by default with the inputs alone. */
  readonly call?: (site: CallSite) => string;
  /**
   * What the call returns: the output, that and what else there is to tell, or the states, the first of which is the
   * output.
   */
  readonly returns?: "output" | "output and more" | "states";
}

/** The options that a layer was made with. */
function optionsOf(layer: nn.Module<unknown>): Readonly<Record<string, never>> {
  const args = nn.constructorArgumentsOf(layer, () => true) ?? [];
  return (args.findLast((arg) => typeof arg === "object" && arg !== null && !(arg instanceof nn.Module)) ??
    {}) as never;
}

const plain = ({ module, inputs }: CallSite) => `${module}(${inputs.join(", ")})`;

/** The weights as the table for loading says them; `rename` is for a layer within a class of the program. */
function weightsOf(layer: nn.Module<unknown>, rename = (name: string) => name): Record<string, Weight> {
  return Object.fromEntries(
    torchRulesOf(layer)!.map(({ to, from: [{ name }], axes }) => [
      rename(name),
      { from: to, layout: axes ? transposed : same },
    ]),
  );
}

/** A module with no weights. */
const weightless =
  (make: (layer: never) => string | null) =>
  (layer: nn.Module<unknown>): Counterpart | null => {
    const text = make(layer as never);
    return text === null ? null : { make: text, weights: {} };
  };

function dense(layer: nn.Dense): Counterpart | null {
  const activation = layer.activation ? activationText(layer.activation) : (x: string) => x;
  if (!activation) return null;
  const [features, units] = layer.kernel.shape;
  return {
    make: callOf("nn.Linear", [features, units], { bias: layer.bias ? undefined : false }),
    weights: weightsOf(layer),
    call: (site) => activation(plain(site)),
  };
}

function linear(layer: nn.Linear): Counterpart {
  return {
    make: callOf("nn.Linear", [layer.inFeatures, layer.outFeatures], { bias: layer.bias ? undefined : false }),
    weights: weightsOf(layer),
  };
}

/** A number for each axis as short as it can be said. */
const each = (lengths: readonly number[]) => (lengths.every((n) => n === lengths[0]) ? lengths[0] : lengths);

interface Lengths {
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  /** As many on each side; "same" or other sides where PyTorch is to be helped. */
  readonly padding: readonly number[] | "same" | "by hand";
}

function lengthsOf(layer: nn.Module<unknown>, axes: number, defaultKernel?: number): Lengths {
  const options: Readonly<Record<string, unknown>> = optionsOf(layer);
  const perAxis = (value: unknown): readonly number[] =>
    typeof value === "number" ? new Array<number>(axes).fill(value) : (value as readonly number[]);
  const kernel = perAxis(options.kernelSize ?? defaultKernel);
  const stride = perAxis(options.stride ?? (defaultKernel === undefined ? 1 : kernel));
  return {
    kernel,
    stride,
    dilation: perAxis(options.dilation ?? 1),
    padding: paddingAs(options.padding ?? "valid", axes),
  };
}

function paddingAs(padding: unknown, axes: number): Lengths["padding"] {
  if (padding === "valid") return new Array<number>(axes).fill(0);
  if (padding === "same") return "same";
  if (typeof padding === "number") return new Array<number>(axes).fill(padding);
  // Of signals a pair is what stands before and after, of images rows and columns on both sides.
  const sides = axes === 1 ? [padding as readonly number[]] : (padding as readonly (number | readonly number[])[]);
  const pairs = sides.map((side) => (typeof side === "number" ? [side, side] : side));
  return pairs.every(([before, after]) => before === after) ? pairs.map(([before]) => before) : "by hand";
}

/** The padding that was found for this input, as F.pad takes it: the last axis first. */
function padded({ inputs, nodes }: CallSite, axes: number, value: string): string {
  const node = nodes.find(({ name }) => name === "convolve" || name === "maxPool")!;
  const { attributes } = node.source as { readonly attributes: unknown };
  const window = node.name === "convolve" ? (attributes as ConvolutionWindow).window : (attributes as Window);
  const sides = paddingOf(window)
    .slice(2 - axes)
    .reverse()
    .flat();
  return sides.every((n) => n === 0) ? inputs[0] : `F.pad(${inputs[0]}, ${pythonValue(sides)}${value})`;
}

function convolution(axes: 1 | 2) {
  return (layer: nn.Conv1d | nn.Conv2d | nn.DepthwiseConv1d | nn.DepthwiseConv2d): Counterpart | null => {
    const filters = layer.kernel.shape[0];
    const isDepthwise = layer instanceof nn.DepthwiseConv1d || layer instanceof nn.DepthwiseConv2d;
    const groups = isDepthwise ? filters / layer.depthMultiplier : layer.groups;
    const activation = layer.activation ? activationText(layer.activation) : (x: string) => x;
    if (!activation) return null;
    const { kernel, stride, dilation, padding } = lengthsOf(layer, axes);
    const isSame = padding === "same" && stride.every((n) => n === 1);
    const byHand = typeof padding === "string" && !isSame;
    return {
      make: callOf(`nn.Conv${axes}d`, [layer.kernel.shape[1] * groups, filters, each(kernel)], {
        stride: stride.some((n) => n !== 1) ? each(stride) : undefined,
        padding: isSame
          ? "same"
          : byHand || padding === "same" || !padding.some(Boolean)
            ? undefined
            : each(padding as number[]),
        dilation: dilation.some((n) => n !== 1) ? each(dilation) : undefined,
        groups: groups === 1 ? undefined : groups,
        bias: layer.bias ? undefined : false,
      }),
      weights: weightsOf(layer),
      call: (site) => activation(`${site.module}(${byHand ? padded(site, axes, "") : site.inputs[0]})`),
    };
  };
}

function transposedConvolution(axes: 1 | 2) {
  return (layer: nn.ConvTranspose1d | nn.ConvTranspose2d): Counterpart | null => {
    const activation = layer.activation ? activationText(layer.activation) : (x: string) => x;
    const { kernel, stride, dilation, padding } = lengthsOf(layer, axes);
    // "same" cuts what is too much unevenly.
    if (!activation || typeof padding === "string") return null;
    const { outputPadding = 0 }: { outputPadding?: number | readonly number[] } = optionsOf(layer);
    return {
      make: callOf(`nn.ConvTranspose${axes}d`, [layer.kernel.shape[0], layer.filters, each(kernel)], {
        stride: stride.some((n) => n !== 1) ? each(stride) : undefined,
        padding: padding.some(Boolean) ? each(padding) : undefined,
        output_padding: outputPadding === 0 ? undefined : outputPadding,
        groups: layer.groups === 1 ? undefined : layer.groups,
        bias: layer.bias ? undefined : false,
        dilation: dilation.some((n) => n !== 1) ? each(dilation) : undefined,
      }),
      weights: weightsOf(layer),
      call: (site) => activation(plain(site)),
    };
  };
}

/** Whether PyTorch's pooling takes this padding: at most half of the window. */
const fits = (padding: readonly number[], kernel: readonly number[]) => padding.every((n, i) => 2 * n <= kernel[i]);

function maxPooling(axes: 1 | 2) {
  return (layer: nn.MaxPool1d | nn.MaxPool2d): Counterpart => {
    const { kernel, stride, dilation, padding } = lengthsOf(layer, axes, 2);
    const own = typeof padding !== "string" && fits(padding, kernel) ? padding : null;
    return {
      make: callOf(`nn.MaxPool${axes}d`, [each(kernel)], {
        stride: stride.some((n, i) => n !== kernel[i]) ? each(stride) : undefined,
        padding: own?.some(Boolean) ? each(own) : undefined,
        dilation: dilation.some((n) => n !== 1) ? each(dilation) : undefined,
      }),
      weights: {},
      call: (site) => `${site.module}(${own ? site.inputs[0] : padded(site, axes, ", value=-math.inf")})`,
    };
  };
}

function averagePooling(axes: 1 | 2) {
  return weightless((layer: nn.AvgPool1d | nn.AvgPool2d) => {
    const { kernel, stride, dilation, padding } = lengthsOf(layer, axes, 2);
    if (typeof padding === "string" || !fits(padding, kernel) || dilation.some((n) => n !== 1)) return null;
    return callOf(`nn.AvgPool${axes}d`, [each(kernel)], {
      stride: stride.some((n, i) => n !== kernel[i]) ? each(stride) : undefined,
      padding: padding.some(Boolean) ? each(padding) : undefined,
      count_include_pad: layer.countIncludePad ? undefined : false,
    });
  });
}

/** PyTorch's momentum is the share of the new; ours and Keras's that of the old. */
const shareOfNew = (momentum: number) => Number((1 - momentum).toPrecision(12));

function batchNorm(layer: nn.BatchNorm): Counterpart {
  const rank = layer.inputShape?.length ?? 2;
  const axis = layer.axis < 0 ? layer.axis + rank : layer.axis;
  const { eps, correction, gamma, beta } = layer;
  const momentum = shareOfNew(layer.momentum);
  const count = layer.runningMean.size;
  const weights = weightsOf(layer);
  if (axis === 1 && rank <= 4 && correction === 1 && gamma && beta && layer.trainable)
    return { make: callOf(`nn.BatchNorm${rank === 4 ? 2 : 1}d`, [count], { eps, momentum }), weights };
  const more = {
    correction: correction === 1 ? undefined : correction,
    scale: gamma ? undefined : false,
    center: beta ? undefined : false,
    frozen: layer.trainable ? undefined : true,
  };
  return {
    make: callOf("BatchNorm", [count], { axis: layer.axis, eps, momentum, ...more }),
    weights,
    helpers: ["BatchNorm"],
  };
}

function layerNorm(layer: nn.LayerNorm): Counterpart | null {
  const { gamma, beta, eps, inputShape } = layer;
  const rank = inputShape?.length ?? 0;
  const axes = layer.axis.map((axis) => (axis < 0 ? axis + rank : axis)).sort((a, b) => a - b);
  const areLast = axes.every((axis, i) => axis === rank - axes.length + i);
  const lengths: readonly (number | null)[] = (gamma ?? beta)?.shape ?? axes.map((axis) => inputShape?.[axis] ?? null);
  if (!areLast || lengths.includes(null) || (beta && !gamma)) return null;
  return {
    make: callOf("nn.LayerNorm", [lengths.length === 1 ? lengths[0] : lengths], {
      eps,
      elementwise_affine: gamma ? undefined : false,
      bias: gamma && !beta ? false : undefined,
    }),
    weights: weightsOf(layer),
  };
}

function groupNorm(layer: nn.GroupNorm): Counterpart | null {
  const { gamma, beta, groups, eps } = layer;
  const channels = gamma?.size ?? layer.inputShape?.[1];
  if ((gamma === null) !== (beta === null) || !channels) return null;
  return {
    make: callOf("nn.GroupNorm", [groups, channels], { eps, affine: gamma ? undefined : false }),
    weights: weightsOf(layer),
  };
}

function instanceNorm(layer: nn.InstanceNorm): Counterpart | null {
  const { gamma, beta, eps, inputShape } = layer;
  const channels = gamma?.size ?? inputShape?.[1];
  const rank = inputShape?.length ?? 0;
  if ((gamma === null) !== (beta === null) || !channels || rank < 3 || rank > 4) return null;
  return {
    make: callOf(`nn.InstanceNorm${rank - 2}d`, [channels], { eps, affine: gamma ? true : undefined }),
    weights: weightsOf(layer),
    // Training and evaluation are the same, but that PyTorch refuses a single place in training.
    call: plain,
  };
}

function rmsNorm(layer: nn.RMSNorm): Counterpart | null {
  const length = layer.gamma?.size ?? layer.inputShape?.at(-1);
  if (!length) return null;
  return {
    make: callOf("nn.RMSNorm", [length], { eps: layer.eps, elementwise_affine: layer.gamma ? undefined : false }),
    weights: weightsOf(layer),
  };
}

function embedding(layer: nn.Embedding): Counterpart {
  const { inputDim, outputDim, paddingIdx } = layer;
  return {
    make: callOf("nn.Embedding", [inputDim, outputDim], { padding_idx: paddingIdx ?? undefined }),
    weights: weightsOf(layer),
    // PyTorch looks up by whole numbers alone; ours may come as floats, and then the call casts them.
    call: ({ module, inputs: [indices], nodes }) => {
      const isCast = nodes.includes(nodes.find(({ name }) => name === "gather")!.inputs[1]);
      return `${module}(${indices}${isCast ? ".long()" : ""})`;
    },
  };
}

function prelu(layer: nn.PReLU): Counterpart | null {
  const rank = layer.inputShape?.length ?? 2;
  if (layer.axis !== null && (layer.axis < 0 ? layer.axis + rank : layer.axis) !== 1) return null;
  return {
    make: callOf("nn.PReLU", layer.axis === null ? [] : [layer.alpha.size]),
    weights: weightsOf(layer),
  };
}

function spatialDropout({ rate, dataFormat }: nn.SpatialDropout1d): Counterpart {
  const make = callOf("nn.Dropout1d", [rate]);
  if (dataFormat === "channels_first") return { make, weights: {} };
  return { make, weights: {}, call: ({ module, inputs: [x] }) => `${module}(${x}.transpose(1, 2)).transpose(1, 2)` };
}

/** Padding as PyTorch's layers take it: the last axis first. */
function padding(kind: "ZeroPad" | "ReflectionPad", axes: 1 | 2) {
  return weightless((layer: nn.Module<unknown>) => {
    const { padding = 1 }: { padding?: number | readonly (number | readonly number[])[] } = optionsOf(layer);
    const perAxis = typeof padding === "number" ? new Array<number>(axes).fill(padding) : padding;
    const pairs = axes === 1 && typeof padding !== "number" ? [padding as readonly number[]] : perAxis;
    const sides = pairs.map((side) => (typeof side === "number" ? [side, side] : side));
    return callOf(`nn.${kind}${axes}d`, [sides.toReversed().flat()]);
  });
}

function upSampling({ size, interpolation }: nn.UpSampling2d): string {
  return callOf("nn.Upsample", [], { scale_factor: each(size), mode: interpolation });
}

/** PyTorch's name of a cell and what it needs besides the sizes; null where it has no such cell. */
function cellName(cell: nn.RecurrentCell): { name: string; nonlinearity?: string } | null {
  const nameOf = (f: nn.ActivationFunction) => activationText(f)?.("") ?? "";
  const content = nameOf(cell.activation);
  if (cell.constructor === nn.SimpleRNNCell && (content === "torch.tanh()" || content === "torch.relu()"))
    return { name: "RNN", ...(content === "torch.relu()" && { nonlinearity: "relu" }) };
  const { constructor: Class } = cell;
  if ((Class !== nn.LSTMCell && Class !== nn.GRUCell) || content !== "torch.tanh()") return null;
  if (nameOf((cell as nn.LSTMCell).recurrentActivation) !== "torch.sigmoid()") return null;
  return { name: Class === nn.LSTMCell ? "LSTM" : "GRU" };
}

function recurrentCell(cell: nn.RecurrentCell): Counterpart | null {
  const found = cellName(cell);
  if (!found) return null;
  const { name, ...more } = found;
  return {
    make: callOf(`nn.${name}Cell`, [cell.kernel.shape[0], cell.units], {
      bias: cell.bias ? undefined : false,
      ...more,
    }),
    weights: weightsOf(cell),
    call: ({ module, inputs: [x], options: { state } }) => {
      const before =
        state === undefined ? "" : name === "LSTM" ? `, ${state}` : `, ${state.replace(/^\((.*),\)$/, "$1")}`;
      return `${module}(${x}${before})`;
    },
    returns: name === "LSTM" ? "states" : "output",
  };
}

function recurrent(layer: nn.RNN): Counterpart | null {
  const found = cellName(layer.cell);
  // Of several layers the first is the module itself, which then is written out.
  if (!found || layer.above.length > 0) return null;
  const { name, ...more } = found;
  const { kernel, bias, units } = layer.cell;
  const inner = callOf(`nn.${name}`, [kernel.shape[0], units], {
    ...more,
    bias: bias ? undefined : false,
    batch_first: true,
  });
  const flags = [
    layer.returnSequences && "return_sequences=True",
    layer.goBackwards && "go_backwards=True",
    layer.dropout > 0 && `dropout=${layer.dropout}`,
  ].filter(Boolean);
  return {
    make: `Recurrent(${[inner, ...flags].join(", ")})`,
    weights: weightsOf(layer, (name) => `rnn.${name}_l0`),
    helpers: ["Recurrent"],
    call: ({ module, inputs: [x], options: { mask, state } }) => {
      const given = [x, mask && `mask=${mask}`, state && `state=${state}`].filter(Boolean);
      return `${module}(${given.join(", ")})`;
    },
    returns: "output and more",
  };
}

function attention(layer: nn.MultiHeadAttention): Counterpart {
  const { embedDim: E, heads, kdim, vdim, dropout } = layer;
  return {
    make: callOf("Attention", [E, heads], {
      dropout: dropout.rate || undefined,
      bias: layer.inBias ? undefined : false,
      kdim: kdim === E ? undefined : kdim,
      vdim: vdim === E ? undefined : vdim,
    }),
    weights: weightsOf(layer),
    helpers: ["Attention"],
    call: ({ module, inputs: [x], options: { key, value, keyMask, attentionMask, bias }, flags }) => {
      const given = { key, value, key_mask: keyMask, attention_mask: attentionMask, bias };
      const named = Object.entries(given).flatMap(([name, text]) => (text === undefined ? [] : [`${name}=${text}`]));
      return `${module}(${[x, ...named, ...(flags.causal ? ["causal=True"] : [])].join(", ")})`;
    },
    returns: "output and more",
  };
}

function activationLayer(layer: nn.Activation): string | null {
  const text = activationText(layer.activation);
  const isPlain = text && /^(?:torch|F)\.(\w+)\(x\)$/.exec(text("x"))?.[1];
  const classes: Readonly<Record<string, string>> = {
    relu: "ReLU",
    relu6: "ReLU6",
    elu: "ELU",
    selu: "SELU",
    gelu: "GELU",
    silu: "SiLU",
    mish: "Mish",
    sigmoid: "Sigmoid",
    hardsigmoid: "Hardsigmoid",
    logsigmoid: "LogSigmoid",
    tanh: "Tanh",
    hardtanh: "Hardtanh",
    hardswish: "Hardswish",
    softplus: "Softplus",
    softsign: "Softsign",
  };
  return isPlain && classes[isPlain] ? `nn.${classes[isPlain]}()` : null;
}

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
