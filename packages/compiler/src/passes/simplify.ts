/**
 * Makes a graph smaller without changing what it computes: what is equal is computed once, what nobody needs not at all.
 */

import { div, JitError, mul, type Op, sub, Tensor, type TensorSpec, type TypedArray } from "@chainrule/core";
import {
  broadcastOp,
  compute,
  loweringOf,
  matmulOp,
  permuteOp,
  sameShape,
  type Tracer,
  type Transposed,
  withGradEnabled,
  withTracer,
} from "@chainrule/core/internal";
import { type AppliedOp, applied, attributesKey, type Graph, GraphNode, liveNodes, type Source } from "../ir/graph.ts";
import { withEpilogues } from "./epilogue.ts";
import { hasRule, rewrite } from "./rewrite-rules.ts";

/** The same outputs and assignments of fewer nodes. */
export function simplify(graph: Graph): Graph {
  const simplifier = new Simplifier();
  const live = liveNodes(graph);
  for (const node of graph.nodes) if (live.has(node)) simplifier.take(node);
  const outputs = graph.outputs.map((node) => simplifier.of(node));
  const assigned = graph.assigned.map(([parameter, node]) => [parameter, simplifier.of(node)] as const);
  const made = { nodes: simplifier.nodes, outputs, assigned };
  const needed = liveNodes(made);
  return withEpilogues({ ...made, nodes: made.nodes.filter((node) => needed.has(node)) });
}

/** A small constant's numbers as text, so that equal ones are found. */
function numbersKey(numbers: TypedArray): string | null {
  return numbers.length <= 16 ? Array.from(numbers, (x) => (Object.is(x, -0) ? "-0" : x)).join() : null;
}

/** Rules are pure functions of tensors without numbers. */
function refuseRead(): never {
  throw new JitError({ where: "simplify", expected: "rules of operations on tensors alone", got: "a read of numbers" });
}

class Simplifier {
  readonly nodes: GraphNode[] = [];
  readonly #owner = {};
  readonly #found = new Map<GraphNode, GraphNode>();
  readonly #byKey = new Map<string, GraphNode>();
  readonly #objectNumbers = new Map<object, number>();
  /** Takes in what rules write. */
  readonly #tracer: Tracer = {
    record: (op, inputs, attributes, spec) =>
      this.#tensorOf(
        this.#simpler(
          spec,
          applied(
            op,
            attributes,
            inputs.map((x) => this.#nodeOf(x)),
          ),
        ),
      ),
    refuseRead,
    state: null,
  };

  /** What a node of the old graph became. */
  of(node: GraphNode): GraphNode {
    return this.#found.get(node)!;
  }

  take(node: GraphNode): void {
    const { source } = node;
    if (source.kind !== "op") {
      this.#found.set(node, this.#add(source, node));
      return;
    }
    const inputs = source.inputs.map((input) => this.of(input));
    this.#found.set(node, this.#simpler(node, { ...source, inputs }));
  }

  #simpler(node: TensorSpec, source: AppliedOp): GraphNode {
    const key = this.#keyOf(source, node);
    const known = key === null ? undefined : this.#byKey.get(key);
    if (known) return known;
    const simpler = this.#byRule(node, source) ?? this.#byForm(node, source);
    if (key !== null) this.#byKey.set(key, simpler);
    return simpler;
  }

  #byRule({ shape }: TensorSpec, source: AppliedOp): GraphNode | null {
    if (!hasRule(source.op)) return null;
    const rewritten = withGradEnabled(false, () =>
      withTracer(this.#tracer, () => rewrite(source, shape, (node) => this.#tensorOf(node))),
    );
    return rewritten && this.#nodeOf(rewritten);
  }

  #byForm(node: TensorSpec, source: AppliedOp): GraphNode {
    const { op, inputs } = source;
    const lowering = loweringOf(op, source.attributes);
    if (lowering?.kind === "elementwise" && inputs.every(({ uniform }) => uniform !== null))
      return this.#constant(node, source);
    if (op.kernel === "view") return this.#view(node, source);
    if (op === broadcastOp && inputs[0].uniform !== null) return this.#spread(node, inputs[0]);
    const kept = neutralOperand(op, inputs);
    if (kept && sameShape(kept.shape, node.shape) && kept.dtype === node.dtype) return kept;
    if (op === matmulOp && lowering?.kind === "matmul") return this.#matmul(node, inputs, lowering.transposed);
    return this.#add(source, node);
  }

  /** What constants of one number give. */
  #constant({ shape, dtype }: TensorSpec, { op, inputs, attributes }: AppliedOp): GraphNode {
    const singles = inputs.map((input) => {
      const { numbers } = input.source as Source & { kind: "constant" };
      return new Tensor(numbers.subarray(0, 1), [], input.dtype);
    });
    const { storage } = withTracer(null, () => compute(op, singles, attributes, { shape: [], dtype }));
    return this.#add({ kind: "constant", numbers: storage }, { shape, dtype });
  }

  #tensorOf(node: GraphNode): Tensor {
    const made = new Tensor(null, node.shape, node.dtype);
    made.traced = node;
    return made;
  }

  #nodeOf(x: Tensor): GraphNode {
    return (x.traced as GraphNode | null) ?? this.#add({ kind: "constant", numbers: x.storage }, x);
  }

  /** Views of views look at the first; a view that changes nothing is gone. */
  #view(node: TensorSpec, source: AppliedOp): GraphNode {
    let [from] = source.inputs;
    while (from.op?.kernel === "view") from = from.inputs[0];
    if (sameShape(from.shape, node.shape) && from.dtype === node.dtype) return from;
    if (from.uniform !== null) return this.#spread(node, from);
    return this.#add({ ...source, attributes: node.shape, inputs: [from] }, node);
  }

  /** A constant of one number in another shape: where a kernel needs it as an array, the plan writes it out. */
  #spread(node: TensorSpec, { source }: GraphNode): GraphNode {
    const { numbers } = source as Source & { kind: "constant" };
    return this.#add({ kind: "constant", numbers: numbers.subarray(0, 1) }, node);
  }

  /** Operands that are transposed first are read transposed instead. */
  #matmul(node: TensorSpec, operands: readonly GraphNode[], transposed: Transposed): GraphNode {
    const now = { ...transposed };
    const inputs = [...operands];
    for (const [i, side] of (["a", "b"] as const).entries()) {
      const { lowering, shape, inputs: from } = inputs[i];
      if (!inputs[i].isMadeBy(permuteOp) || lowering?.kind !== "permute" || !swapsLastTwo(lowering.order, shape))
        continue;
      inputs[i] = from[0];
      now[side] = !now[side];
    }
    return this.#add(applied(matmulOp, now, inputs), node);
  }

  /** The node, or an equal one that is there already. */
  #add(source: Source, spec: TensorSpec): GraphNode {
    const key = this.#keyOf(source, spec);
    const known = key === null ? undefined : this.#byKey.get(key);
    if (known) return known;
    const node = new GraphNode(this.nodes.length, this.#owner, source, spec);
    this.nodes.push(node);
    if (key !== null) this.#byKey.set(key, node);
    return node;
  }

  #keyOf(source: Source, { shape, dtype }: TensorSpec): string | null {
    const spec = `${dtype}[${shape}]`;
    switch (source.kind) {
      case "input":
        return `input ${source.index}`;
      case "state":
        return `state ${this.#numberOf(source.parameter)}`;
      case "constant":
        return `constant ${numbersKey(source.numbers) ?? `#${this.#numberOf(source.numbers)}`} ${spec}`;
      case "op": {
        const attributes = source.op.random ? null : attributesKey(source.attributes);
        if (attributes === null) return null;
        return `${this.#numberOf(source.op)} ${source.inputs.map(({ id }) => id)} ${attributes} ${spec}`;
      }
    }
  }

  #numberOf(x: object): number {
    const known = this.#objectNumbers.get(x);
    if (known !== undefined) return known;
    this.#objectNumbers.set(x, this.#objectNumbers.size);
    return this.#objectNumbers.size - 1;
  }
}

function swapsLastTwo(order: readonly number[], { length }: readonly number[]): boolean {
  return order.every((axis, i) => axis === (i < length - 2 ? i : i === length - 2 ? length - 1 : length - 2));
}

/** The operand that x · 1, x / 1, x - 0 leave as it is. Not x + 0, which makes 0 of -0. */
function neutralOperand(op: Op, [a, b]: readonly GraphNode[]): GraphNode | null {
  if (op === mul.op && b.uniform === 1) return a;
  if (op === mul.op && a.uniform === 1) return b;
  if (op === div.op && b.uniform === 1) return a;
  if (op === sub.op && Object.is(b.uniform, 0)) return a;
  return null;
}
