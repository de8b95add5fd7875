/**
 * Gradients that are not forgotten between two steps.
 */
import { full, type Parameter } from "@chainrule/core";
import type { DiagnosisContext } from "../program/context.ts";
import type { Rule } from "../program/rule.ts";

/** After how many calls a step has surely updated its weights, where it adds up gradients of several batches on purpose. */
const patience = 8;

/**
 * A gradient that an update has used is marked; a backward pass that adds to it has the mark in its result. So what is
 * added up on purpose between two updates is left alone, wherever the gradients are forgotten.
 */
export const missingZeroGrad: Rule = {
  name: "missing-zero-grad",
  explanation:
    "backward() adds to the gradient that is there: unless it is forgotten before the next step, each update goes by the sum of all gradients so far.",
  kind: "numbers",
  *check(context) {
    if (!context.program.step) return;
    const piled = context.trial(() => markUsedGradients(context, context.program.step!));
    if (piled.length === 0) return;
    const names = piled.map(({ name }) => name);
    const all = names.length === context.parameters.size;
    yield {
      evidence: `The gradients of ${all ? `all ${names.length}` : `${names.length} of ${context.parameters.size}`} parameters (${names.slice(0, 3).join(", ")}${names.length > 3 ? ", …" : ""}), which an update had used, were still part of what the next backward() left.`,
      fix: context.optimizer
        ? "Call optimizer.zeroGrad() before loss.backward(), for an optimizer that has all parameters."
        : "Call p.zeroGrad() for each parameter p after its update, or take an optimizer: optimizer.zeroGrad().",
    };
  },
};

interface Named {
  readonly name: string;
  readonly parameter: Parameter;
}

function markUsedGradients(context: DiagnosisContext, step: () => unknown): readonly Named[] {
  const parameters = [...context.parameters].map(([name, parameter]) => ({ name, parameter }));
  for (let call = 0; call < patience; call++) {
    const before = parameters.map(({ parameter }) => parameter.storage);
    step();
    const used = parameters.filter(
      ({ parameter }, i) => parameter.grad !== null && differ(before[i], parameter.storage),
    );
    if (used.length === 0) continue;
    const clean = used.filter(({ parameter }) => Number.isFinite(parameter.grad!.storage[0] ?? 0));
    for (const { parameter } of clean)
      parameter.grad = full(parameter.shape, Number.NaN, { dtype: parameter.dtype as "float32" });
    try {
      step();
    } catch {
      // What a step makes of NaN is its own business.
    }
    return clean.filter(({ parameter }) => Number.isNaN(parameter.grad?.storage[0] ?? 0));
  }
  return [];
}

function differ(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return true;
  return false;
}
