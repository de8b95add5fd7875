/**
 * Simplification: constant folding, common subexpression elimination, identities and rewrite rules, dead code elimination.
 */

import { add, div, JitError, mul, type Op, sub, Tensor, type TensorSpec, type TypedArray } from "@chainrule/core";
import {
  allocate,
  broadcastOp,
  compute,
  concatOp,
  loweringOf,
  matmulOp,
  maxOp,
  minOp,
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
import { GraphRewriter, type OnMade } from "../ir/graph-rewriter.ts";
import { guardOp } from "../ir/guard.ts";
import { rewrite, ruleFor, ruleNames } from "./rewrite-rules.ts";

/** A concat of more values is one of several concats. */
const mostConcatenated = 128;

/**
 * The same outputs and assignments of fewer and cheaper nodes.
 *
 * @param onApplied is told the name of each simplification that was applied, for tests.
 * @param onMade is told of each node of the new graph, and of which of the old one it is made.
 */
export function simplify(
  graph: Graph,
  onApplied: (name: string) => void = () => {},
  onMade: OnMade | null = null,
): Graph {
  return new Simplifier(onApplied, onMade).run(graph);
}

/** The numbers of a constant as text, so that equal ones are found: of a small one, or one that is a number throughout. */
function numbersKey(numbers: TypedArray): string | null {
  const text = (x: number) => (Object.is(x, -0) ? "-0" : `${x}`);
  if (numbers.length <= 16) return Array.from(numbers, text).join();
  return numbers.every((x) => Object.is(x, numbers[0])) ? text(numbers[0]) : null;
}

/** Rules are pure functions of tensors without numbers. */
function refuseRead(): never {
  throw new JitError({ where: "simplify", expected: "rules of operations on tensors alone", got: "a read of numbers" });
}

/** The one number of a uniform constant. */
function single({ dtype, uniform }: GraphNode): TypedArray {
  return allocate(dtype, 1).fill(uniform!);
}

/** A node that is equal to what the source makes; null where it does not apply. */
type Identity = (self: Simplifier, node: TensorSpec, source: AppliedOp) => GraphNode | null;

class Simplifier {
  /** In the order in which they are tried, each with the reason why results are the same to the last bit. */
  static readonly identities: Readonly<Record<string, Identity>> = {
    // Every element of the result is that of the same elements, and computed by the op's own kernel.
    "constant folded": (self, node, source) => {
      const { op, inputs, attributes } = source;
      const isFoldable = loweringOf(op, attributes)?.kind === "elementwise" && !op.random;
      return isFoldable && inputs.every(({ uniform }) => uniform !== null) ? self.#constant(node, source) : null;
    },
    // A guard that holds whatever the numbers are is none.
    "void guard": (_self, _node, { op, inputs: [flag] }) => (op === guardOp && flag.uniform === 0 ? flag : null),
    // The parts lie one after another either way.
    "wide concat in parts": (self, node, { op, inputs, attributes }) =>
      op === concatOp && inputs.length > mostConcatenated ? self.#concatInParts(node, inputs, attributes) : null,
    // Views share the numbers, whichever of them they are views of.
    "view of a view": (self, node, source) => (source.op.kernel === "view" ? self.#view(node, source) : null),
    "broadcast constant": (self, node, { op, inputs: [x] }) =>
      op === broadcastOp && x.uniform !== null ? self.#reshapedConstant(node, x) : null,
    // All elements are one number, which is the largest and the smallest.
    "extreme of a constant": (self, node, { op, inputs: [x] }) =>
      (op === maxOp || op === minOp) && x.uniform !== null && x.dtype === node.dtype
        ? self.#reshapedConstant(node, x)
        : null,
    "neutral operand": (_self, node, { op, inputs }) => {
      const kept = neutralOperand(op, inputs);
      return kept && sameShape(kept.shape, node.shape) && kept.dtype === node.dtype ? kept : null;
    },
    // The same products, added up in the same order.
    "transposed operand": (self, node, { op, inputs, attributes }) => {
      const lowering = op === matmulOp ? loweringOf(op, attributes) : null;
      return lowering?.kind === "matmul" ? self.#matmul(node, inputs, lowering.transposed) : null;
    },
  };

  readonly #rewriter: GraphRewriter;
  readonly #byKey = new Map<string, GraphNode>();
  readonly #objectNumbers = new Map<object, number>();
  readonly #onApplied: (name: string) => void;
  /** Takes in what rules write. */
  readonly #tracer: Tracer = {
    record: (op, inputs, attributes, spec) => {
      const nodes = inputs.map((x) => this.#nodeOf(x));
      return tensorOf(this.#simplified(spec, applied(op, attributes, nodes)));
    },
    refuseRead,
    state: null,
  };

  constructor(onApplied: (name: string) => void, onMade: OnMade | null) {
    this.#rewriter = new GraphRewriter(onMade);
    this.#onApplied = onApplied;
  }

  run(graph: Graph): Graph {
    return this.#rewriter.run(graph, (node, source) =>
      source.kind === "op" ? this.#simplified(node, source) : this.#add(source, node),
    );
  }

  #simplified(node: TensorSpec, source: AppliedOp): GraphNode {
    const key = this.#keyOf(source, node);
    const known = this.#known(key);
    if (known) return known;
    const simplified = this.#applyRule(node, source) ?? this.#applyIdentities(node, source);
    if (key !== null) this.#byKey.set(key, simplified);
    return simplified;
  }

  #applyRule({ shape }: TensorSpec, source: AppliedOp): GraphNode | null {
    const rule = ruleFor(source.op);
    if (!rule) return null;
    const rewritten = withGradEnabled(false, () =>
      withTracer(this.#tracer, () => rewrite(rule, source, shape, tensorOf)),
    );
    if (!rewritten) return null;
    this.#onApplied(rule.name);
    return this.#nodeOf(rewritten);
  }

  #applyIdentities(node: TensorSpec, source: AppliedOp): GraphNode {
    for (const name in Simplifier.identities) {
      const found = Simplifier.identities[name](this, node, source);
      if (!found) continue;
      this.#onApplied(name);
      return found;
    }
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
  #matmul(node: TensorSpec, operands: readonly GraphNode[], transposed: Transposed): GraphNode | null {
    const now = { ...transposed };
    const inputs = [...operands];
    for (const [i, side] of (["a", "b"] as const).entries()) {
      const { lowering, shape, inputs: from } = inputs[i];
      if (!inputs[i].isMadeBy(permuteOp) || lowering?.kind !== "permute" || !swapsLastTwo(lowering.order, shape))
        continue;
      inputs[i] = from[0];
      now[side] = !now[side];
    }
    if (inputs.every((input, i) => input === operands[i])) return null;
    return this.#add(applied(matmulOp, now, inputs), node);
  }

  /** The node, or an equal one that is there already. */
  #add(source: Source, spec: TensorSpec): GraphNode {
    const key = this.#keyOf(source, spec);
    const known = this.#known(key);
    if (known) return known;
    const node = this.#rewriter.add(source, spec);
    if (key !== null) this.#byKey.set(key, node);
    return node;
  }

  /**
   * The node under the key: one of the same op, attributes and inputs, whose numbers are the same then, unless it draws
   * random ones. Keys tell 0 from -0 and any two attributes apart.
   */
  #known(key: string | null): GraphNode | null {
    const known = key === null ? undefined : this.#byKey.get(key);
    if (!known) return null;
    this.#onApplied("common subexpression");
    return known;
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

/** The operand that x · 1, x / 1, x - 0 and x + (-0) leave as it is. Not x + 0, which makes 0 of -0. */
function neutralOperand(op: Op, [a, b]: readonly GraphNode[]): GraphNode | null {
  if (op === mul.op && b.uniform === 1) return a;
  if (op === mul.op && a.uniform === 1) return b;
  if (op === div.op && b.uniform === 1) return a;
  if (op === sub.op && Object.is(b.uniform, 0)) return a;
  if (op === add.op && Object.is(b.uniform, -0)) return a;
  if (op === add.op && Object.is(a.uniform, -0)) return b;
  return null;
}

/** The names of all simplifications. */
export const simplificationNames: readonly string[] = [
  "common subexpression",
  ...Object.keys(Simplifier.identities),
  ...ruleNames,
];
