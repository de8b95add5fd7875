/**
 * Ops of one's own: what they say of themselves is enough for most; the others are applied to one example after another.
 * Their gradient rules stay their own, with which `vmap` does the same.
 */
import { type GradientRule, type Op, stack, sum, type Tensor, zeros } from "@chainrule/core";
import { applyOp, loweringOf, userLine, withGradEnabled } from "@chainrule/core/internal";
import { aligned, type BatchedCall, batched, type Operand, shapeOf } from "./operand.ts";
import { orOneByOne } from "./refused.ts";

/** What runs functions of one example's tensors for all examples: a level of `vmap`. */
export interface Inside {
  run<T>(f: () => T): T;
  inside(x: Tensor, isBatched: boolean): Tensor;
  operandOf(x: Tensor): Operand;
}

/** Applies an op that has no rule of ours to all examples; `inside` makes what runs its rules. */
export function applyOwnOp(op: Op, call: BatchedCall, inside: () => Inside): Tensor {
  if (op.leadingAxes) {
    const rank = Math.max(...call.operands.map((operand) => shapeOf(operand).length));
    const inputs = call.operands.map((operand) => aligned({ x: batched(operand, call.count), isBatched: true }, rank));
    return applyOp(op, inputs, call.attributes);
  }
  const value = withGradEnabled(false, () => computeAll(op, call, inside));
  if (op.gradient === undefined || !call.operands.some(({ x }) => x.requiresGrad)) return value;
  return applyOp(withRuleOf(op, call, inside), [value, ...call.operands.map(({ x }) => x)], undefined);
}

function computeAll(op: Op, call: BatchedCall, inside: () => Inside): Tensor {
  const { operands, attributes, count, spec } = call;
  if (op.kernel === "view") return batched(operands[0], count).reshape([count, ...spec.shape]);
  const lowering = loweringOf(op, attributes);
  if (lowering?.kind === "elementwise") {
    const all = operands.map((operand) => aligned(operand, spec.shape.length));
    return applyOp(
      op,
      all.map((x) => x.broadcastTo([count, ...spec.shape])),
      attributes,
    );
  }
  if (lowering?.kind === "compose") {
    return forAll(inside(), operands, count, (inputs) => lowering.compose(inputs))!;
  }
  sayOnce(op);
  return applyToEach(op, call);
}

/** What a function of one example's tensors gives for all of them; null where it gives null. */
function forAll(
  level: Inside,
  operands: readonly Operand[],
  count: number,
  f: (inputs: readonly Tensor[]) => Tensor | null,
): Tensor | null {
  const all = () => {
    const inputs = operands.map(({ x, isBatched }) => level.inside(x, isBatched));
    const made = level.run(() => {
      const result = f(inputs);
      return result && level.operandOf(result);
    });
    return made && batched(made, count);
  };
  const each = () => {
    const results = Array.from({ length: count }, (_, i) => f(operands.map((operand) => exampleOf(operand, i))));
    return results[0] && stack(results as Tensor[]);
  };
  return orOneByOne(level, all, each);
}

function exampleOf({ x, isBatched }: Operand, i: number): Tensor {
  return isBatched ? x.slice(i) : x;
}

const said = new WeakSet<Op>();

function sayOnce(op: Op): void {
  if (said.has(op)) return;
  said.add(op);
  const line = userLine();
  console.warn(
    `vmap${line ? `, at ${line}` : ""}: the op "${op.name}" is applied to one example after another, since it does not say how it is applied to all at once. ` +
      'Give its definition leadingAxes: true, if more axes may be put in front of its inputs\', or lower: { kind: "elementwise" } or { kind: "compose", … }. This is said once.',
  );
}

/** Applies an op to one example after another. */
export function applyToEach(op: Op, { operands, attributes, count, spec }: BatchedCall): Tensor {
  const results = Array.from({ length: count }, (_, i) =>
    applyOp(
      op,
      operands.map((operand) => exampleOf(operand, i)),
      attributes,
    ),
  );
  if (count > 0) return stack(results);
  return zeros([0, ...spec.shape], { dtype: spec.dtype });
}

/** The step on the tape that has this value and sends back what the op's own rule does, for all examples at once. */
function withRuleOf(op: Op, { operands, attributes, count }: BatchedCall, inside: () => Inside): Op<void> {
  const ruleFor = (which: number): GradientRule =>
    typeof op.gradient === "function" ? op.gradient : op.gradient![which];
  return {
    name: op.name,
    inferShape: ([value]) => value,
    kernel: "view",
    gradient: (g, { inputs, output }, which) => {
      if (which === 0) return null;
      const { isBatched } = operands[which - 1];
      const given = inputs.slice(1).map((x, i): Operand => ({ x, isBatched: operands[i].isBatched }));
      const ofAll = [g, output].map((x): Operand => ({ x, isBatched: true }));
      const sent = forAll(inside(), [...ofAll, ...given], count, ([ownG, ownOutput, ...own]) =>
        ruleFor(which - 1)(ownG, { inputs: own, output: ownOutput, attributes }, which - 1),
      );
      return sent && (isBatched ? sent : sum(sent, 0));
    },
  };
}
