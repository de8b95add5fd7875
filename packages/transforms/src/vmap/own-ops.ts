/**
 * Ops of one's own: what they say of themselves is enough for most; the others are applied to one example after another.
 * Their gradient rules stay their own, with which `vmap` does the same.
 */
import { type Call, type GradientRule, type Op, stack, sum, type Tensor, zeros } from "@chainrule/core";
import { applyOp, loweringOf, userLine, withGradEnabled } from "@chainrule/core/internal";
import { aligned, type BatchedCall, batched, type Operand, shapeOf } from "./operand.ts";

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
    const level = inside();
    const inputs = operands.map(({ x, isBatched }) => level.inside(x, isBatched));
    return batched(
      level.run(() => level.operandOf(lowering.compose(inputs))),
      count,
    );
  }
  sayOnce(op);
  return applyToEach(op, call);
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
      operands.map(({ x, isBatched }) => (isBatched ? x.slice(i) : x)),
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
      const level = inside();
      const { isBatched } = operands[which - 1];
      const sent = level.run(() => {
        const own: Call = {
          inputs: inputs.slice(1).map((x, i) => level.inside(x, operands[i].isBatched)),
          output: level.inside(output, true),
          attributes,
        };
        const part = ruleFor(which - 1)(level.inside(g, true), own, which - 1);
        return part && level.operandOf(part);
      });
      if (sent === null) return null;
      const all = batched(sent, count);
      return isBatched ? all : sum(all, 0);
    },
  };
}
