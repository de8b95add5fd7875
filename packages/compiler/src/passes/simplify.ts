/**
 * Simplification: constant folding, common subexpression elimination, identities and rewrite rules, dead code elimination.
 */

import { div, JitError, mul, type Op, sub, Tensor, type TensorSpec, type TypedArray } from "@chainrule/core";
import {
  allocate,
  broadcastOp,
  compute,
  concatOp,
  loweringOf,
  matmulOp,
  permuteOp,
  reshapeOp,
  sameShape,
  type Tracer,
  type Transposed,
  withGradEnabled,
  withTracer,
} from "@chainrule/core/internal";
import {
  type AppliedOp,
  applied,
  attributesKey,
  type Graph,
  type GraphNode,
  type Source,
  tensorOf,
} from "../ir/graph.ts";
import { GraphRewriter } from "../ir/graph-rewriter.ts";
import { guardOp } from "../ir/guard.ts";
import { hasRule, rewrite } from "./rewrite-rules.ts";

/** A concat of more values is one of several concats. */
const mostConcatenated = 128;

/** The same outputs and assignments of fewer and cheaper nodes. */
export function simplify(graph: Graph): Graph {
  return new Simplifier().run(graph);
}

/** A small constant's numbers as text, so that equal ones are found. */
function numbersKey(numbers: TypedArray): string | null {
  return numbers.length <= 16 ? Array.from(numbers, (x) => (Object.is(x, -0) ? "-0" : x)).join() : null;
}

/** Rules are pure functions of tensors without numbers. */
function refuseRead(): never {
  throw new JitError({ where: "simplify", expected: "rules of operations on tensors alone", got: "a read of numbers" });
}

/** The one number of a uniform constant. */
function single({ dtype, uniform }: GraphNode): TypedArray {
  return allocate(dtype, 1).fill(uniform!);
}

class Simplifier {
  readonly #rewriter = new GraphRewriter();
  readonly #byKey = new Map<string, GraphNode>();
  readonly #objectNumbers = new Map<object, number>();
  /** Takes in what rules write. */
  readonly #tracer: Tracer = {
    record: (op, inputs, attributes, spec) => {
      const nodes = inputs.map((x) => this.#nodeOf(x));
      return tensorOf(this.#simplified(spec, applied(op, attributes, nodes)));
    },
    refuseRead,
    state: null,
  };

  run(graph: Graph): Graph {
    return this.#rewriter.run(graph, (node, source) =>
      source.kind === "op" ? this.#simplified(node, source) : this.#add(source, node),
    );
  }

  #simplified(node: TensorSpec, source: AppliedOp): GraphNode {
    const key = this.#keyOf(source, node);
    const known = key === null ? undefined : this.#byKey.get(key);
    if (known) return known;
    const simplified = this.#applyRule(node, source) ?? this.#applyIdentities(node, source);
    if (key !== null) this.#byKey.set(key, simplified);
    return simplified;
  }

  #applyRule({ shape }: TensorSpec, source: AppliedOp): GraphNode | null {
    if (!hasRule(source.op)) return null;
    const rewritten = withGradEnabled(false, () => withTracer(this.#tracer, () => rewrite(source, shape, tensorOf)));
    return rewritten && this.#nodeOf(rewritten);
  }

  #applyIdentities(node: TensorSpec, source: AppliedOp): GraphNode {
    const { op, inputs } = source;
    const lowering = loweringOf(op, source.attributes);
    if (lowering?.kind === "elementwise" && !op.random && inputs.every(({ uniform }) => uniform !== null))
      return this.#constant(node, source);
    // A guard that holds whatever the numbers are is none.
    if (op === guardOp && inputs[0].uniform === 0) return inputs[0];
    if (op === concatOp && inputs.length > mostConcatenated)
      return this.#concatInParts(node, inputs, source.attributes);
    if (op.kernel === "view") return this.#view(node, source);
    if (op === broadcastOp && inputs[0].uniform !== null) return this.#reshapedConstant(node, inputs[0]);
    const kept = neutralOperand(op, inputs);
    if (kept && sameShape(kept.shape, node.shape) && kept.dtype === node.dtype) return kept;
    if (op === matmulOp && lowering?.kind === "matmul") return this.#matmul(node, inputs, lowering.transposed);
    return this.#add(source, node);
  }

  /** What constants of one number give. */
  #constant({ shape, dtype }: TensorSpec, { op, inputs, attributes }: AppliedOp): GraphNode {
    const singles = inputs.map((input) => new Tensor(single(input), [], input.dtype));
    const { storage } = withTracer(null, () => compute(op, singles, attributes, { shape: [], dtype }));
    return this.#add({ kind: "constant", numbers: storage }, { shape, dtype });
  }

  #nodeOf(x: Tensor): GraphNode {
    return (x.traced as GraphNode | null) ?? this.#add({ kind: "constant", numbers: x.storage }, x);
  }

  /** A view of views becomes one of what the first is of; a view in the same shape becomes that itself. */
  #view(node: TensorSpec, source: AppliedOp): GraphNode {
    let [from] = source.inputs;
    while (from.op?.kernel === "view") from = from.inputs[0];
    if (sameShape(from.shape, node.shape) && from.dtype === node.dtype) return from;
    if (from.uniform !== null) return this.#reshapedConstant(node, from);
    return this.#add(applied(reshapeOp, node.shape, [from]), node);
  }

  /** A constant of one number in another shape: where a kernel needs it as an array, the program writes it out. */
  #reshapedConstant(node: TensorSpec, constant: GraphNode): GraphNode {
    return this.#add({ kind: "constant", numbers: single(constant) }, node);
  }

  /** A wide concat as one of concats: what copies thousands of values in one function takes an engine long to compile. */
  #concatInParts({ shape, dtype }: TensorSpec, inputs: readonly GraphNode[], attributes: unknown): GraphNode {
    const axis = attributes as number;
    const parts: GraphNode[] = [];
    for (let at = 0; at < inputs.length; at += mostConcatenated) {
      const some = inputs.slice(at, at + mostConcatenated);
      const length = some.reduce((total, input) => total + input.shape[axis], 0);
      parts.push(
        some.length === 1
          ? some[0]
          : this.#add(applied(concatOp, axis, some), { shape: shape.with(axis, length), dtype }),
      );
    }
    if (parts.length > mostConcatenated) return this.#concatInParts({ shape, dtype }, parts, axis);
    return this.#add(applied(concatOp, axis, parts), { shape, dtype });
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
    const node = this.#rewriter.add(source, spec);
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
