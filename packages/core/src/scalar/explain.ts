/**
 * The chain rule told step by step, in text: for reading beside a computation on paper.
 */

import { type Graph, graph } from "./graph.ts";
import type { Value } from "./value.ts";

/**
 * Tells how `result` was computed and how the chain rule gives its derivative by everything it was made of.
 *
 * First forward, node by node, with values; then backward from the result: for each node its complete gradient, and
 * what it sends to each parent, gradient × local derivative. ∂ marks a local derivative, by one argument with the
 * others held still; d a complete one, over all paths. It computes the gradients for itself, changes no `grad`, and
 * needs no `backward` before. Numbers are shown in six digits; values without a label are called v1, v2, …
 *
 * @example
 * const x = value(3, "x");
 * console.log(explain(x.mul(x).add(1).named("y")));
 * // Forward: each value from those before it
 * //   x = 3
 * //   v1 = mul(x, x) = 9
 * //   y = add(v1, 1) = 10
 * //
 * // Backward: each gradient times the local derivatives, sent to the values it was made of
 * //   dy/dy = 1
 * //     y = add(v1, 1) sends
 * //       to v1: dy/dy × ∂y/∂v1 = 1 × 1 = 1
 * //   dy/dv1 = 1
 * //     v1 = mul(x, x) sends
 * //       to x: dy/dv1 × ∂v1/∂x = 1 × 3 = 3
 * //       to x: dy/dv1 × ∂v1/∂x = 1 × 3 = 3
 * //   dy/dx = 3 + 3 = 6
 */
export function explain(result: Value): string {
  const computation = graph(result);
  const { nodes } = computation;
  const name = names(computation);
  const argumentsOf = edgesInto(computation);
  const root = nodes.length - 1;
  const formula = (id: number) => `${nodes[id].op}(${argumentsOf[id].map((edge) => name[edge.from]).join(", ")})`;

  const forward = ["Forward: each value from those before it"];
  for (const { id, op, data } of nodes) {
    if (op === "constant") continue;
    forward.push(`  ${name[id]} = ${argumentsOf[id].length > 0 ? `${formula(id)} = ` : ""}${six(data)}`);
  }

  const backward = ["Backward: each gradient times the local derivatives, sent to the values it was made of"];
  const received: number[][] = nodes.map(() => []);
  received[root] = [1];
  // From the last node to the first, a node comes up after all that use it: its gradient is complete by then.
  for (let id = root; id >= 0; id--) {
    if (nodes[id].op === "constant") continue;
    const gradient = received[id].reduce((sum, share) => sum + share, 0);
    const self = `d${name[root]}/d${name[id]}`;
    backward.push(
      `  ${self} = ${received[id].length > 1 ? `${received[id].map(term).join(" + ")} = ` : ""}${six(gradient)}`,
    );
    const sends = argumentsOf[id].filter((edge) => nodes[edge.from].op !== "constant");
    if (sends.length > 0) backward.push(`    ${name[id]} = ${formula(id)} sends`);
    for (const { from, derivative } of sends) {
      const share = gradient * derivative;
      received[from].push(share);
      backward.push(
        `      to ${name[from]}: ${self} × ∂${name[id]}/∂${name[from]} = ${term(gradient)} × ${term(derivative)} = ${six(share)}`,
      );
    }
  }
  return [...forward, "", ...backward].join("\n");
}

/** Labels where there are any, made unique; constants are their number, other values v1, v2, … in order. */
function names({ nodes }: Graph): string[] {
  const taken = new Set(nodes.map((node) => node.label));
  const given = new Set<string>();
  let count = 0;
  return nodes.map(({ label, op, data }) => {
    if (op === "constant" && !label) return six(data);
    let name = label;
    for (let copy = 2; name && given.has(name); copy++) name = `${label}#${copy}`;
    while (!name || (!label && taken.has(name))) name = `v${++count}`;
    given.add(name);
    return name;
  });
}

function edgesInto({ nodes, edges }: Graph): Graph["edges"][] {
  const into: Graph["edges"][] = nodes.map(() => []);
  for (const edge of edges) into[edge.to].push(edge);
  return into;
}

const six = (x: number): string => String(Number(x.toPrecision(6)));
/** A number inside a sum or a product. */
const term = (x: number): string => (x < 0 ? `(${six(x)})` : six(x));
