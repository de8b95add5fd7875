/**
 * The table from `torch.nn` to the layers here: what PyTorch calls each weight, and how it lies there.
 */
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
  SimpleRNNCell,
  TransformerDecoderLayer,
  TransformerEncoderLayer,
} from "@chainrule/nn";
import { type ByClass, entry, lookUpClass, type Rule, type RulesOf, same, transposed, within } from "./rules.ts";

interface Scaled {
  readonly gamma: BatchNorm["gamma"];
  readonly beta?: BatchNorm["beta"];
}

const scaleAndShift = ({ gamma, beta = null }: Scaled) => [
  ...same("gamma", gamma, "weight"),
  ...same("beta", beta, "bias"),
];

const convolution = ({ kernel, bias }: Pick<Conv1d, "kernel" | "bias">) => [
  ...same("kernel", kernel, "weight"),
  ...same("bias", bias, "bias"),
];

/** Gates lie in PyTorch's order here; `end` is what its names end with in the other direction. */
const cell = ({ kernel, recurrentKernel, bias, recurrentBias }: RecurrentCell, end = "") => [
  ...transposed("kernel", kernel, `weight_ih${end}`),
  ...transposed("recurrentKernel", recurrentKernel, `weight_hh${end}`),
  ...same("bias", bias, `bias_ih${end}`),
  ...same("recurrentBias", recurrentBias, `bias_hh${end}`),
];

const byClass: ByClass<RulesOf<Module<unknown>>> = [
  entry(Linear, ({ weight, bias }) => [...same("weight", weight, "weight"), ...same("bias", bias, "bias")]),
  entry(Dense, ({ kernel, bias }) => [...transposed("kernel", kernel, "weight"), ...same("bias", bias, "bias")]),
  ...[Conv1d, Conv2d, ConvTranspose1d, ConvTranspose2d, DepthwiseConv1d, DepthwiseConv2d].map((Class) =>
    entry<Conv1d>(Class as never, convolution),
  ),
  entry(BatchNorm, (layer) => [
    ...scaleAndShift(layer),
    ...same("runningMean", layer.runningMean, "running_mean"),
    ...same("runningVar", layer.runningVar, "running_var"),
  ]),
  entry(LayerNorm, scaleAndShift),
  entry(GroupNorm, scaleAndShift),
  entry(InstanceNorm, scaleAndShift),
  entry(RMSNorm, scaleAndShift),
  entry(Embedding, ({ embeddings }) => same("embeddings", embeddings, "weight")),
  entry(PositionEmbedding, ({ embeddings }) => same("embeddings", embeddings, "weight")),
  entry(PReLU, ({ alpha }) => same("alpha", alpha, "weight")),
  ...[SimpleRNNCell, LSTMCell, GRUCell].map((Class) => entry(Class, (layer) => cell(layer))),
  entry(RNN, (layer) =>
    layer.above.length === 0
      ? within("cell", cell(layer.cell))
      : [layer, ...layer.above].flatMap((each, i) =>
          within(
            i === 0 ? "cell" : `above.${i - 1}.cell`,
            cell(each.cell).map((rule) => ({
              ...rule,
              from: rule.from.map((source) => ({ ...source, name: `l${i}.${source.name}` })),
            })),
          ),
        ),
  ),
  entry(Bidirectional, ({ forwardLayer, backwardLayer }) => [
    ...within("forwardLayer.cell", cell(forwardLayer.cell)),
    ...within("backwardLayer.cell", cell(backwardLayer.cell, "_reverse")),
  ]),
  entry(MultiHeadAttention, (layer) => [
    ...transposed("inKernel", layer.inKernel, "in_proj_weight"),
    ...transposed("queryKernel", layer.queryKernel, "q_proj_weight"),
    ...transposed("keyKernel", layer.keyKernel, "k_proj_weight"),
    ...transposed("valueKernel", layer.valueKernel, "v_proj_weight"),
    ...same("inBias", layer.inBias, "in_proj_bias"),
    ...transposed("outKernel", layer.outKernel, "out_proj.weight"),
    ...same("outBias", layer.outBias, "out_proj.bias"),
  ]),
];

const network = { "feedForward.inner": "linear1", "feedForward.outer": "linear2" };

/** Layers made of others, and what PyTorch calls these. */
const partsByClass: ByClass<Readonly<Record<string, string>>> = [
  [TransformerEncoderLayer, { ...network, attention: "self_attn", attentionNorm: "norm1", feedForwardNorm: "norm2" }],
  [
    TransformerDecoderLayer,
    {
      ...network,
      selfAttention: "self_attn",
      selfAttentionNorm: "norm1",
      crossAttention: "multihead_attn",
      crossAttentionNorm: "norm2",
      feedForwardNorm: "norm3",
    },
  ],
];

/** How the weights of a layer are made of PyTorch's; undefined for a class that PyTorch does not have. */
export function torchRulesOf(layer: Module<unknown>): readonly Rule[] | undefined {
  return lookUpClass(byClass, layer)?.(layer);
}

/** What PyTorch calls the parts of a layer, by their paths within it. */
export function torchPartsOf(layer: Module<unknown>): Readonly<Record<string, string>> | undefined {
  return lookUpClass(partsByClass, layer);
}
