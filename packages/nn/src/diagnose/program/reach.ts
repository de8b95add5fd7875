/**
 * Which tensors lead to the loss, and how.
 */
import type { DiagnosisContext } from "./context.ts";
import { type Facts, FactTable } from "./facts.ts";
import type { GraphOp, GraphValue, LossCall, LossInput } from "./graph.ts";
import { opName } from "./values.ts";

/** Ops whose derivative is 0 wherever they have one, or that have none. */
const flat = new Set(["floor", "ceil", "round", "trunc", "sign"]);

/** Whether no gradient goes through the op, though it may be on the tape. */
export function isFlat(op: GraphOp): boolean {
  return flat.has(opName(op)) || !op.output.tensor.requiresGrad;
}

/** What is known of every tensor from the operations alone. */
export function factsOf(context: DiagnosisContext): FactTable {
  const { graph, program } = context;
  return context.once(FactTable, () => {
    const data = [...program.inputs, ...program.targets, ...program.weights];
    return new FactTable(graph, data.length > 0 ? data : null);
  });
}

/** Where the search for causes begins: the loss, or, where computing it threw, what it was being computed of. */
export function ends(context: DiagnosisContext): readonly GraphValue[] {
  const loss = context.loss && context.graph.valueOf(context.loss);
  if (loss) return [loss];
  return context.graph.losses
    .filter(({ output }) => output === null)
    .flatMap(({ inputs }) => inputs.map((x) => x.value));
}

/** Every tensor that the ends are computed of, through whatever operations; `enter` says which to go through. */
function behind(from: readonly GraphValue[], enter: (op: GraphOp) => boolean, detached: boolean): Set<GraphValue> {
  const found = new Set<GraphValue>();
  const pending = [...from];
  for (let value = pending.pop(); value; value = pending.pop()) {
    if (found.has(value)) continue;
    found.add(value);
    if (value.producer && enter(value.producer)) pending.push(...value.producer.inputs);
    if (detached && value.detachedFrom) pending.push(value.detachedFrom);
  }
  return found;
}

/** All that the loss is computed of. */
export function behindLoss(context: DiagnosisContext): ReadonlySet<GraphValue> {
  return context.once(behindLoss, () => behind(ends(context), () => true, true));
}

/** All from which a gradient comes to it. */
export function reachedByGradient(context: DiagnosisContext): ReadonlySet<GraphValue> {
  return context.once(reachedByGradient, () => behind(ends(context), (op) => !isFlat(op), false));
}

/** The tensors between the last weights and the loss: outputs, and what the loss makes of them. */
export function head(context: DiagnosisContext): ReadonlySet<GraphValue> {
  return context.once(head, () => behind(ends(context), (op) => !hasWeights(op), false));
}

/** Whether an op brings weights in, so that what it makes says nothing of its input any more. */
export function hasWeights(op: GraphOp): boolean {
  const name = opName(op);
  return (
    /^(matmul|convolve|convolveInputGradient)$/.test(name) || op.inputs.some(({ parameter }) => parameter !== null)
  );
}

/** An input of a loss that is learned, with what is known of it. */
export interface Prediction {
  readonly loss: LossCall;
  readonly input: LossInput;
  readonly facts: Facts;
  /** The first input of the same loss that is data; null where there is none. */
  readonly target: GraphValue | null;
}

/** What the losses that count are computed of. */
export function predictions(context: DiagnosisContext): readonly Prediction[] {
  return context.once(predictions, () => {
    const used = behindLoss(context);
    const facts = factsOf(context);
    return context.graph.losses.flatMap((loss) => {
      if (loss.output !== null && !used.has(loss.output)) return [];
      const target = loss.inputs.find(({ isGiven }) => isGiven)?.value ?? null;
      return loss.inputs.flatMap((input) =>
        !input.isGiven && input.value.tensor.requiresGrad
          ? [{ loss, input, facts: facts.of(input.value), target }]
          : [],
      );
    });
  });
}
