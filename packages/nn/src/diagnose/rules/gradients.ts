/**
 * Losses and parameters that no gradient comes to.
 */
import type { Parameter } from "@chainrule/core";
import type { DiagnosisContext } from "../program/context.ts";
import type { GraphOp, GraphValue } from "../program/graph.ts";
import { placeOf } from "../program/place.ts";
import { behindLoss, isFlat, reachedByGradient } from "../program/reach.ts";
import type { Evidence, Rule } from "../program/rule.ts";
import { behindViews, opName } from "../program/values.ts";
import { listed } from "./words.ts";

export const constantLoss: Rule = {
  name: "constant-loss",
  explanation: "A loss that does not depend on the weights has no gradient: training can change nothing.",
  kind: "trace",
  *check(context) {
    const { loss, parameters } = context;
    if (!loss) return;
    yield* ofThemselves(context);
    if (!hasAnyWeights(context) || isReached(context)) return;
    const frozen = [...parameters.values()].filter(({ requiresGrad }) => !requiresGrad).length;
    const cut = firstCut(context, null);
    const why =
      frozen === parameters.size && frozen > 0
        ? "All of them are frozen."
        : cut
          ? `The way from them ends at ${cut.what}.`
          : "The loss is not computed of them.";
    yield {
      evidence: `The loss is ${loss.item()}, and no gradient goes from it to any of the ${parameters.size || "tensors with requiresGrad"}${parameters.size ? " parameters" : ""}. ${why}`,
      fix:
        cut?.fix ??
        (frozen === parameters.size && frozen > 0 ? "Unfreeze what is to learn: model.unfreeze()." : differentiable),
      ...placeOf(cut?.op ?? context.graph.valueOf(loss)?.producer),
    };
  },
};

/** Losses of predictions and targets that are one and the same. */
function* ofThemselves({ graph }: DiagnosisContext): Iterable<Evidence> {
  for (const { name, inputs, output, line } of graph.losses) {
    const prediction = inputs.find(({ isGiven }) => !isGiven)?.value;
    const target = inputs.find(({ isGiven }) => isGiven)?.value;
    if (!prediction || !target || !output || behindViews(prediction) !== behindViews(target)) continue;
    yield {
      evidence: `${name} gets the same tensor as predictions and as targets: whatever the weights, it is ${output.tensor.size === 1 ? output.tensor.item() : "the same"}.`,
      fix: `${name}(predictions, targets): look at which variable was meant.`,
      line: line(),
    };
    return;
  }
}

/** Whether there is anything to learn, in parameters or in other tensors with `requiresGrad`. */
function hasAnyWeights({ parameters, graph }: DiagnosisContext): boolean {
  return parameters.size > 0 || graph.ops.some(({ inputs }) => inputs.some(({ isWeight }) => isWeight));
}

function isReached(context: DiagnosisContext): boolean {
  return [...reachedByGradient(context)].some(
    ({ isWeight, detachedFrom, tensor }) => isWeight && detachedFrom === null && tensor.requiresGrad,
  );
}

const differentiable =
  "Compute the loss of the model's outputs by differentiable operations: no argmax, no item() or toArray(), no detach() and no noGrad on the way.";

export const noGradient: Rule = {
  name: "no-gradient",
  explanation: "A parameter without a gradient stays as it was drawn: what it was made for is not learned.",
  kind: "trace",
  *check(context) {
    const { loss, parameters } = context;
    const reached = reachedParameters(context);
    if (!loss || reached.size === 0) return;
    const missing = [...parameters].filter(([, each]) => each.requiresGrad && each.size > 0 && !reached.has(each));
    for (const group of byReason(context, missing)) yield ofGroup(context, group);
    yield* notInOptimizer(context, reached);
  },
};

type Named = readonly [name: string, parameter: Parameter];

interface Group {
  readonly cut: Cut | null;
  readonly members: readonly Named[];
}

/** Those that end at the same operation are one finding. */
function byReason(context: DiagnosisContext, missing: readonly Named[]): Group[] {
  const groups = new Map<GraphOp | null, { cut: Cut | null; members: Named[] }>();
  for (const member of missing) {
    const cut = firstCut(context, [member[1]]);
    const key = cut?.op ?? null;
    const group = groups.get(key) ?? { cut, members: [] };
    group.members.push(member);
    groups.set(key, group);
  }
  return [...groups.values()];
}

function ofGroup({ parameters }: DiagnosisContext, { cut, members }: Group): Evidence {
  const names = listed(members.map(([name]) => name));
  const count = `${members.length} of ${parameters.size} parameters get no gradient: ${names}.`;
  return {
    evidence: cut
      ? `${count} The way from them to the loss ends at ${cut.what}.`
      : `${count} The loss is not computed of them.`,
    fix: cut?.fix ?? "Use what they belong to in forward, or leave it out; freeze() says that they are to stay.",
    ...placeOf(cut?.op),
  };
}

/**
 * Parameters that get a gradient and are not the optimizer's. Whoever trains the last layers alone means it; whoever trains
 * all but the last ones, or others that the loss does not use, made the optimizer too early.
 */
function* notInOptimizer(context: DiagnosisContext, reached: ReadonlySet<Parameter>): Iterable<Evidence> {
  const { optimizer, program, parameters } = context;
  if (!optimizer?.isBound || (!program.parameters && !program.model)) return;
  const updated = new Set(optimizer.parameters);
  const trained = [...parameters].filter(([, each]) => reached.has(each) && each.requiresGrad);
  const left = trained.filter(([, each]) => !updated.has(each));
  const isStale = [...updated].some((each) => !reached.has(each) && ![...parameters.values()].includes(each));
  const isLastLeft = trained.length > left.length && left.at(-1) === trained.at(-1);
  if (left.length === 0 || !(program.parameters || isStale || isLastLeft)) return;
  yield {
    evidence: `${left.length} of ${parameters.size} parameters get a gradient, and ${optimizer.name} does not update them: ${listed(left.map(([name]) => name))}.`,
    fix: `Make the optimizer of all of them, new ${optimizer.name}(model), after the model has its last layer; freeze() says of those that are to stay.`,
  };
}

/** The parameters to which a gradient comes. */
function reachedParameters(context: DiagnosisContext): ReadonlySet<Parameter> {
  return context.once(reachedParameters, () => {
    const found = new Set<Parameter>();
    for (const { parameter, detachedFrom, tensor } of reachedByGradient(context))
      if (parameter && detachedFrom === null && tensor.requiresGrad) found.add(parameter);
    return found;
  });
}

/** Where the way from a parameter to the loss ends for gradients. */
interface Cut {
  readonly what: string;
  readonly fix: string;
  /** Null where it is a copy that was detached and then not used by an operation. */
  readonly op: GraphOp;
}

/** Where the way from parameters (null: any weights) to the loss ends for gradients; null where the loss is not computed of them. */
function firstCut(context: DiagnosisContext, parameters: readonly Parameter[] | null): Cut | null {
  const used = behindLoss(context);
  const copies = copiesOf(context);
  const own = [...used].filter(({ parameter, producer, isWeight }) =>
    parameters === null ? isWeight : producer === null && parameter && parameters.includes(parameter),
  );
  const seen = new Set<GraphValue>();
  let cut: Cut | null = null;
  const pending = [...own];
  for (let value = pending.pop(); value; value = pending.pop()) {
    if (seen.has(value)) continue;
    seen.add(value);
    if (value.detachedFrom && !cut) {
      const next = value.consumers.find(({ output }) => used.has(output));
      if (next) cut = { what: "detach()", fix: "Leave detach() out where the parameter is to learn.", op: next };
    }
    for (const copy of copies.get(value) ?? []) if (used.has(copy)) pending.push(copy);
    for (const op of value.consumers) {
      if (!used.has(op.output)) continue;
      if (isFlat(op) && !cut) cut = flatCut(op);
      pending.push(op.output);
    }
  }
  return cut;
}

function flatCut(op: GraphOp): Cut {
  const name = opName(op) || op.op.name;
  const hasRule = op.op.gradient !== undefined;
  if (hasRule && !op.output.tensor.requiresGrad)
    return {
      what: `${name}, which was computed without the tape`,
      fix: "Compute it outside of noGrad, and of parameters with requiresGrad.",
      op,
    };
  const smooth =
    name === "argmax" || name === "argmin"
      ? "Let the loss take the scores themselves (crossEntropy does); a choice is for predictions."
      : "Let the loss take the numbers before it, or give it a gradient of its own with customGradient (straight through).";
  return { what: `${name}, whose derivative is 0 or does not exist`, fix: smooth, op };
}

/** The detached copies of each value. */
function copiesOf(context: DiagnosisContext): ReadonlyMap<GraphValue, GraphValue[]> {
  return context.once(copiesOf, () => {
    const found = new Map<GraphValue, GraphValue[]>();
    for (const value of behindLoss(context))
      if (value.detachedFrom) found.set(value.detachedFrom, [...(found.get(value.detachedFrom) ?? []), value]);
    return found;
  });
}
