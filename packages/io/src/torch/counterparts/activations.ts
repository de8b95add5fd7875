/**
 * Activations as PyTorch has them.
 */
import * as core from "@chainrule/core";
import type { ActivationFunction } from "@chainrule/nn";
import { activationName } from "@chainrule/nn/internal";

/** What is written for an activation of an expression. */
export type ActivationText = (x: string) => string;

const call =
  (f: string, more = ""): ActivationText =>
  (x) =>
    `${f}(${x}${more})`;

/** By the names that `nn` gives them. */
const byName: Readonly<Record<string, ActivationText>> = {
  linear: (x) => x,
  relu: call("torch.relu"),
  relu6: call("F.relu6"),
  leaky_relu: call("F.leaky_relu", ", 0.2"),
  elu: call("F.elu"),
  selu: call("F.selu"),
  gelu: call("F.gelu"),
  silu: call("F.silu"),
  swish: call("F.silu"),
  mish: call("F.mish"),
  sigmoid: call("torch.sigmoid"),
  hard_sigmoid: call("F.hardsigmoid"),
  log_sigmoid: call("F.logsigmoid"),
  tanh: call("torch.tanh"),
  hard_tanh: call("F.hardtanh"),
  hard_swish: call("F.hardswish"),
  hard_silu: call("F.hardswish"),
  softplus: call("F.softplus"),
  softsign: call("F.softsign"),
  softmax: call("torch.softmax", ", dim=-1"),
  log_softmax: call("torch.log_softmax", ", dim=-1"),
  exponential: call("torch.exp"),
};

/** The library's functions themselves, with their own defaults. */
const byFunction = new Map<unknown, ActivationText>([
  [core.leakyRelu, call("F.leaky_relu", ", 0.01")],
  [core.elu, byName.elu],
  [core.gelu, byName.gelu],
  [core.softmax, byName.softmax],
  [core.logSoftmax, byName.log_softmax],
]);

/** Activations that are written out in operations. */
const writtenOut: readonly string[] = ["sparsemax", "entmax"];

/** The names of {@link byName} and of those written out, for the test that all are there. */
export const activationNames: readonly string[] = [...Object.keys(byName), ...writtenOut];

/** What is written for it; null for a function of one's own. */
export function activationText(activation: ActivationFunction): ActivationText | null {
  const name = activationName(activation);
  return (name !== null && byName[name]) || (byFunction.get(activation) ?? null);
}
