/**
 * Products, embeddings, dropout and activations.
 */
import type * as nn from "@chainrule/nn";
import { callOf } from "../../../python/text.ts";
import { activationText } from "../activations.ts";
import { type Counterpart, plain, weightsOf } from "./counterpart.ts";

export function dense(layer: nn.Dense): Counterpart | null {
  const activation = layer.activation ? activationText(layer.activation) : (x: string) => x;
  if (!activation) return null;
  const [features, units] = layer.kernel.shape;
  return {
    make: callOf("nn.Linear", [features, units], { bias: layer.bias ? undefined : false }),
    weights: weightsOf(layer),
    call: (site) => activation(plain(site)),
  };
}

export function linear(layer: nn.Linear): Counterpart {
  return {
    make: callOf("nn.Linear", [layer.inFeatures, layer.outFeatures], { bias: layer.bias ? undefined : false }),
    weights: weightsOf(layer),
  };
}

export function embedding(layer: nn.Embedding): Counterpart {
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

export function prelu(layer: nn.PReLU): Counterpart | null {
  const rank = layer.inputShape?.length ?? 2;
  if (layer.axis !== null && (layer.axis < 0 ? layer.axis + rank : layer.axis) !== 1) return null;
  return {
    make: callOf("nn.PReLU", layer.axis === null ? [] : [layer.alpha.size]),
    weights: weightsOf(layer),
  };
}

export function spatialDropout({ rate, dataFormat }: nn.SpatialDropout1d): Counterpart {
  const make = callOf("nn.Dropout1d", [rate]);
  if (dataFormat === "channels_first") return { make, weights: {} };
  return { make, weights: {}, call: ({ module, inputs: [x] }) => `${module}(${x}.transpose(1, 2)).transpose(1, 2)` };
}

export function activationLayer(layer: nn.Activation): string | null {
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
