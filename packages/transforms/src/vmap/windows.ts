/**
 * How convolutions and pools are computed for all examples at once: the examples go into the batch of images, or, where
 * they differ in their kernels, into the groups.
 */
import { type Op, permute, reshape, sum, type Tensor, zeros } from "@chainrule/core";
import {
  applyOp,
  convolveOp,
  foldOp,
  inputGradientOp,
  maxPoolBackwardOp,
  maxPoolGatherOp,
  maxPoolOp,
  type Sliding,
  sumPoolBackwardOp,
  sumPoolOp,
  unfoldOp,
  type Window,
  weightGradientOp,
} from "@chainrule/core/internal";
import { allBatched, type BatchedCall, type BatchingRule, batched, joined, moveAxis } from "./operand.ts";

/** Ops that do to each image of a batch the same: [B, N, ..] becomes [B · N, ..]. */
function perImage<Attributes>(op: Op<Attributes>): BatchingRule<Attributes> {
  return (call) => {
    const images = allBatched(call).map((x) => joined(x, 0));
    return reshape(applyOp(op, images, call.attributes), [call.count, ...call.spec.shape]);
  };
}

/** The examples beside the channels: [B, N, C, H, W] becomes [N, B · C, H, W]. */
function besideChannels(x: Tensor): Tensor {
  return joined(moveAxis(x, 0, 1), 1);
}

/** Kernels of all examples one after another: [B, O, C, kh, kw] becomes [B · O, C, kh, kw]. */
function inGroups(w: Tensor): Tensor {
  return joined(w, 0);
}

/** The reverse of `besideChannels`. */
function fromChannels(y: Tensor, { count, spec }: BatchedCall): Tensor {
  const [n, ...rest] = spec.shape;
  return moveAxis(reshape(y, [n, count, ...rest]), 1, 0);
}

/** More groups: those of each example. */
function grouped({ window, groups }: Sliding, count: number): Sliding {
  return { window, groups: groups * count };
}

const convolve: BatchingRule<Sliding> = (call) => {
  const { operands, attributes, count, spec } = call;
  const [x, w] = operands;
  if (!w.isBatched) {
    const y = applyOp(convolveOp, [joined(x.x, 0), w.x], attributes);
    return reshape(y, [count, ...spec.shape]);
  }
  if (x.isBatched)
    return fromChannels(
      applyOp(convolveOp, [besideChannels(x.x), inGroups(w.x)], grouped(attributes, count)),
      call as BatchedCall,
    );
  // Each group of the images' channels meets the kernels that all examples have for it.
  const { groups } = attributes;
  const [n, outputs, height, width] = spec.shape;
  const [, , perGroup, kh, kw] = w.x.shape;
  const each = outputs / groups;
  const kernels = moveAxis(reshape(w.x, [count, groups, each, perGroup, kh, kw]), 0, 1);
  const y = applyOp(convolveOp, [x.x, reshape(kernels, [groups * count * each, perGroup, kh, kw])], attributes);
  const apart = reshape(y, [n, groups, count, each, height, width]);
  return reshape(permute(apart, [2, 0, 1, 3, 4, 5]), [count, ...spec.shape]);
};

const inputGradient: BatchingRule<Sliding> = (call) => {
  const { operands, attributes, count, spec } = call;
  const [g, w] = operands;
  if (!w.isBatched) {
    const x = applyOp(inputGradientOp, [joined(g.x, 0), w.x], attributes);
    return reshape(x, [count, ...spec.shape]);
  }
  const x = applyOp(inputGradientOp, [besideChannels(batched(g, count)), inGroups(w.x)], grouped(attributes, count));
  return fromChannels(x, call as BatchedCall);
};

const weightGradient: BatchingRule<Sliding> = (call) => {
  const { attributes, count, spec } = call;
  const [x, g] = allBatched(call as BatchedCall).map(besideChannels);
  return reshape(applyOp(weightGradientOp, [x, g], grouped(attributes, count)), [count, ...spec.shape]);
};

/** There are no convolutions in no groups: the result of no examples, which depends on all that it would. */
function orNothing(rule: BatchingRule<Sliding>): BatchingRule<Sliding> {
  return (call) => {
    if (call.count > 0) return rule(call);
    const { operands, spec } = call;
    return operands.reduce((y, { x }) => y.add(sum(x)), zeros([0, ...spec.shape], { dtype: spec.dtype }));
  };
}

type Rules = readonly (readonly [Op<never>, BatchingRule<never>])[];

const perWindow = [
  maxPoolOp,
  maxPoolBackwardOp,
  maxPoolGatherOp,
  sumPoolOp,
  sumPoolBackwardOp,
  unfoldOp,
  foldOp,
] as readonly Op<Window>[];

/** Ops of sliding windows, and their rules. */
export const windowRules: Rules = [
  [convolveOp, orNothing(convolve)],
  [inputGradientOp, orNothing(inputGradient)],
  [weightGradientOp, orNothing(weightGradient)],
  ...perWindow.map((op) => [op, perImage(op)] as const),
] as Rules;
