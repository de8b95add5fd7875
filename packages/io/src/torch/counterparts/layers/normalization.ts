/**
 * Normalization.
 */
import type * as nn from "@chainrule/nn";
import { callOf } from "../../../python/text.ts";
import { type Counterpart, plain, weightsOf } from "./counterpart.ts";

/** PyTorch's momentum is the share of the new; ours and Keras's that of the old. */
const shareOfNew = (momentum: number) => Number((1 - momentum).toPrecision(12));

export function batchNorm(layer: nn.BatchNorm): Counterpart {
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

export function layerNorm(layer: nn.LayerNorm): Counterpart | null {
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

export function groupNorm(layer: nn.GroupNorm): Counterpart | null {
  const { gamma, beta, groups, eps } = layer;
  const channels = gamma?.size ?? layer.inputShape?.[1];
  if ((gamma === null) !== (beta === null) || !channels) return null;
  return {
    make: callOf("nn.GroupNorm", [groups, channels], { eps, affine: gamma ? undefined : false }),
    weights: weightsOf(layer),
  };
}

export function instanceNorm(layer: nn.InstanceNorm): Counterpart | null {
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

export function rmsNorm(layer: nn.RMSNorm): Counterpart | null {
  const length = layer.gamma?.size ?? layer.inputShape?.at(-1);
  if (!length) return null;
  return {
    make: callOf("nn.RMSNorm", [length], { eps: layer.eps, elementwise_affine: layer.gamma ? undefined : false }),
    weights: weightsOf(layer),
  };
}
