/**
 * What training computes of a batch, as the diagnosis looks at it.
 */
import type { Tensor } from "@chainrule/core";
import type { Program } from "../diagnose/program/program.ts";
import type { Optimizer } from "../optimizers/index.ts";
import type { Batch } from "./data-adapter.ts";
import { flattenNested, mapNested } from "./nested.ts";
import { forward, type TrainState } from "./step.ts";

/** The forward pass and the loss of a batch, as a program that can be diagnosed. */
export function batchProgram(
  where: string,
  { model, outputs, optimizer }: Pick<TrainState, "model" | "outputs"> & { optimizer: Optimizer | null },
  { x, y, weight }: Batch,
  history: Program["history"],
  allTargets: Program["allTargets"] = null,
): Program {
  const computeWith = (targets: Batch["y"]) => {
    // As fit does; whoever runs it puts the modes back.
    if (!model.training) model.train();
    return forward({ model, outputs }, x, targets, weight).loss;
  };
  return {
    where,
    model,
    parameters: null,
    optimizer,
    iterations: optimizer?.iterations ?? 0,
    inputs: flattenNested<Tensor>(x),
    targets: flattenNested(y),
    weights: weight === undefined ? [] : flattenNested(weight),
    allTargets,
    compute: () => computeWith(y),
    computeWith: (targets) => {
      let next = 0;
      return computeWith(mapNested(y, () => targets[next++]));
    },
    step: null,
    history,
  };
}
