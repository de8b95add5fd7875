/**
 * Convolutions, pooling and padding.
 */
import type { Sliding as ConvolutionWindow, Window } from "@chainrule/core/internal";
import * as nn from "@chainrule/nn";
import { callOf, pythonValue } from "../../../python/text.ts";
import { activationText } from "../activations.ts";
import { paddingOf } from "../expressions.ts";
import { type CallSite, type Counterpart, each, optionsOf, plain, weightless, weightsOf } from "./counterpart.ts";

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

export function convolution(axes: 1 | 2) {
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

export function transposedConvolution(axes: 1 | 2) {
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

export function maxPooling(axes: 1 | 2) {
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

export function averagePooling(axes: 1 | 2) {
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

/** Padding as PyTorch's layers take it: the last axis first. */
export function padding(kind: "ZeroPad" | "ReflectionPad", axes: 1 | 2) {
  return weightless((layer: nn.Module<unknown>) => {
    const { padding = 1 }: { padding?: number | readonly (number | readonly number[])[] } = optionsOf(layer);
    const perAxis = typeof padding === "number" ? new Array<number>(axes).fill(padding) : padding;
    const pairs = axes === 1 && typeof padding !== "number" ? [padding as readonly number[]] : perAxis;
    const sides = pairs.map((side) => (typeof side === "number" ? [side, side] : side));
    return callOf(`nn.${kind}${axes}d`, [sides.toReversed().flat()]);
  });
}

export function upSampling({ size, interpolation }: nn.UpSampling2d): string {
  return callOf("nn.Upsample", [], { scale_factor: each(size), mode: interpolation });
}
