/**
 * The part of a loss that no predictions can take away: the entropy of targets that are no certainties, such as smoothed or
 * soft labels.
 */
import type { DiagnosisContext } from "../program/context.ts";
import { floorOf } from "./reference.ts";
import { short } from "./statistics.ts";

/** A loss, and the least that it can be. */
export interface LossAndFloor {
  readonly value: number;
  /** The entropy of the targets, in the unit and with the weights of the loss: 0 where they are certain. */
  readonly floor: number;
}

/** The loss of a program of one loss, of which it is known how low it can be; null for others. */
export function lossAndFloor(context: DiagnosisContext): LossAndFloor | null {
  const { loss, graph } = context;
  const [call, ...more] = graph.losses;
  if (loss === null || call === undefined || more.length > 0 || call.output === null) return null;
  const floor = floorOf(call);
  if (floor === null || call.output.tensor.size !== 1) return null;
  return { value: call.output.tensor.item(), floor };
}

/** More targets than this are not looked through in `fit`: a few milliseconds. */
const mostTargets = 2 ** 20;

/** The least that the loss of all of a training's batches can be; null where that is not known. */
export function lossFloorOfAll(context: DiagnosisContext): number | null {
  const { weights, targets, allTargets } = context.program;
  if (weights.length > 0 || targets.length !== 1 || lossAndFloor(context) === null) return null;
  const [all] = allTargets ?? targets;
  return floorOf(context.graph.losses[0], all.size <= mostTargets ? all : targets[0]);
}

/** `0.67, of which 0.67 is the labels' entropy`: a loss beside its floor, where there is one. */
export function inWords({ value, floor }: LossAndFloor): string {
  return floor > 0 ? `${short(value)}, of which ${short(floor)} is the labels' entropy` : short(value);
}
