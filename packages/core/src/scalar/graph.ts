/**
 * The computation behind a `Value` as plain data: what a drawing, a table or a test needs to know of it.
 */

import { DTypeError, describe } from "../errors.ts";
import { Value } from "./value.ts";

/** One Value of a graph. */
export interface GraphNode {
  /** Its index in `nodes`: every node comes after those it was made of, and the result comes last. */
  id: number;
  label: string;
  /** The operation that made it: `"add"`; `"constant"` for a plain number, empty for an input or a parameter. */
  op: string;
  data: number;
  grad: number;
}

/** One use of a Value: node `from` is an argument of node `to`. */
export interface GraphEdge {
  from: number;
  to: number;
  /** Which argument, counted from 0: in a - b, a is 0 and b is 1. */
  argument: number;
  /** The local derivative, d to / d from. */
  derivative: number;
}

/** A computation as data; it holds no Values, so it survives `JSON.stringify` and `postMessage`. */
export interface Graph {
  nodes: GraphNode[];
  edges: GraphEdge[];
}

/**
 * Every value that `result` was made of, and how: nodes in an order in which they could be computed, and edges.
 *
 * Edges stand in the order of the nodes they lead to; a value used twice by one operation (x · x) has two of them.
 * Gradients are those of the moment: call `result.backward()` first to see them.
 *
 * @throws DTypeError for anything but a Value.
 *
 * @example
 * const x = value(3, "x");
 * graph(x.mul(x)).edges; // [{ from: 0, to: 1, argument: 0, derivative: 3 }, { …, argument: 1, derivative: 3 }]
 */
export function graph(result: Value): Graph {
  if (!(result instanceof Value))
    throw new DTypeError({
      where: "graph",
      expected: "a Value, such as value(3).square()",
      got: describe(result),
      hint: "The computation behind a tensor comes from graphOf(tensor).",
    });
  const values = valuesBehind(result);
  const ids = new Map(values.map((value, id) => [value, id]));
  return {
    nodes: values.map(({ label, op, data, grad }, id) => ({ id, label, op, data, grad })),
    edges: values.flatMap(({ parents, derivatives }, to) =>
      parents.map((parent, argument) => ({ from: ids.get(parent)!, to, argument, derivative: derivatives[argument] })),
    ),
  };
}

/** Every value that `result` was made of, each after those that it was made of itself, in the order of a graph's nodes. */
export function valuesBehind(result: Value): Value[] {
  const found = new Set<Value>();
  // A stack of one's own: a chain of a million operations would overflow that of a recursive function.
  const stack: { value: Value; next: number }[] = [{ value: result, next: 0 }];
  while (stack.length > 0) {
    const top = stack[stack.length - 1];
    const { parents } = top.value;
    if (top.next < parents.length) {
      const parent = parents[top.next++];
      if (!found.has(parent)) stack.push({ value: parent, next: 0 });
      continue;
    }
    found.add(top.value);
    stack.pop();
  }
  return [...found];
}
