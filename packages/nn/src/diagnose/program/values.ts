/**
 * What a value in the graph is, whatever form it is shown in.
 */
import { isBuiltinOp } from "@chainrule/core/internal";
import type { GraphOp, GraphValue } from "./graph.ts";

/** The name of a built-in op; of a user's, which may be called like one of them, nothing. */
export function opName({ op }: GraphOp): string {
  return isBuiltinOp(op) ? op.name : "";
}

/** The value before operations that only show the same numbers in another form. */
export function behindViews(value: GraphValue): GraphValue {
  let at = value;
  for (;;) {
    const { producer } = at;
    if (producer && views.has(opName(producer))) at = producer.inputs[0];
    else if (at.detachedFrom) at = at.detachedFrom;
    else return at;
  }
}

/** Whether two values have the same numbers: they are one, or the same was computed twice. */
export function areAlike(a: GraphValue, b: GraphValue, depth = 6): boolean {
  const [x, y] = [behindViews(a), behindViews(b)];
  if (x === y) return true;
  const [p, q] = [x.producer, y.producer];
  if (!p || !q) return x.tensor.size === 1 && y.tensor.size === 1 && x.tensor.storage[0] === y.tensor.storage[0];
  return (
    depth > 0 &&
    p.op === q.op &&
    !p.op.random &&
    JSON.stringify(p.attributes) === JSON.stringify(q.attributes) &&
    p.inputs.every((input, i) => areAlike(input, q.inputs[i], depth - 1))
  );
}

/** Ops that show the same numbers in another form. */
export const views = new Set(["reshape", "broadcastTo", "cast", "permute"]);

/** Whether an op of that name made the value. */
export function isMadeBy(value: GraphValue, name: string): boolean {
  const { producer } = behindViews(value);
  return producer !== null && opName(producer) === name;
}
