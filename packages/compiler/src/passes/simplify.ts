/**
 * Simplification: constant folding, common subexpression elimination, identities and rewrite rules, dead code elimination.
 */

import {
  add,
  div,
  JitError,
  mul,
  type Op,
  type Parameter,
  sub,
  Tensor,
  type TensorSpec,
  type TypedArray,
} from "@chainrule/core";
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
  areEqualAttributes,
  type Graph,
  type GraphNode,
  type Source,
  tensorOf,
  uniformOf,
} from "../ir/graph.ts";
import { GraphRewriter, type OnMade } from "../ir/graph-rewriter.ts";
import { guardOp } from "../ir/guard.ts";
import { rewrite, ruleFor, ruleNames } from "./rewrite-rules.ts";
import { concatInParts, joinNeighbours, mostConcatenated, type NodeMaker } from "./simplify-concat.ts";

/**
 * The same outputs and assignments of fewer and cheaper nodes.
 *
 * @param onApplied is told the name of each simplification that was applied, for tests.
 * @param onMade is told of each node of the new graph, and of which of the old one it is made.
 * @param standInFor what the new graph has in the place of a parameter; the parameter itself by default.
 */
export function simplify(
  graph: Graph,
  onApplied: (name: string) => void = () => {},
  onMade: OnMade | null = null,
  standInFor?: (parameter: Parameter) => Parameter,
): Graph {
  return new Simplifier(onApplied, new GraphRewriter(onMade, standInFor)).run(graph);
}

/** The numbers of a constant as text, so that equal ones are found: of a small one, or one that is a number throughout. */
function numbersKey(numbers: TypedArray): string | null {
  const text = (x: number) => (Object.is(x, -0) ? "-0" : `${x}`);
  if (numbers.length <= 16) return Array.from(numbers, text).join();
  const uniform = uniformOf(numbers);
  return uniform === null ? null : text(uniform);
}

/** Rules are pure functions of tensors without numbers. */
function refuseRead(): never {
  throw new JitError({ where: "simplify", expected: "rules of operations on tensors alone", got: "a read of numbers" });
}

/** The one number of a uniform constant. */
function single({ dtype, uniform }: GraphNode): TypedArray {
  return allocate(dtype, 1).fill(uniform!);
}

/** Simplifies an operation of some ops: to a node that is equal to what the source makes; null where it does not apply. */
interface Identity {
  isFor(op: Op): boolean;
  apply(self: Simplifier, node: TensorSpec, source: AppliedOp): GraphNode | null;
}

const isView = ({ kernel }: Op) => kernel === "view";

class Simplifier {
  /** In the order in which they are tried, each with the reason why results are the same to the last bit. */
  static readonly identities: Readonly<Record<string, Identity>> = {
    // Every element of the result is that of the same elements, and computed by the op's own kernel.
    "constant folded": {
      isFor: ({ random }) => random !== true,
      apply: (self, node, source) => {
        for (const { uniform } of source.inputs) if (uniform === null) return null;
        return loweringOf(source.op, source.attributes)?.kind === "elementwise" ? self.#constant(node, source) : null;
      },
    },
    // A guard that holds whatever the numbers are is none.
    "void guard": {
      isFor: (op) => op === guardOp,
      apply: (_self, _node, { inputs: [flag] }) => (flag.uniform === 0 ? flag : null),
    },
    // They lie one after another in the other value.
    "neighbours joined": {
      isFor: (op) => op === concatOp,
      apply: (self, node, { inputs, attributes }) => joinNeighbours(self.#make, node, inputs, attributes as number),
    },
    // The parts lie one after another either way.
    "wide concat in parts": {
      isFor: (op) => op === concatOp,
      apply: (self, node, { inputs, attributes }) =>
        inputs.length > mostConcatenated ? concatInParts(self.#make, node, inputs, attributes as number) : null,
    },
    // Views share the numbers, whichever of them they are views of.
    "view of a view": { isFor: isView, apply: (self, node, source) => self.#view(node, source) },
    "broadcast constant": {
      isFor: (op) => op === broadcastOp,
      apply: (self, node, { inputs: [x] }) => (x.uniform !== null ? self.#reshapedConstant(node, x) : null),
    },
    // All elements are one number, which is the largest and the smallest.
    "extreme of a constant": {
      isFor: (op) => op === maxOp || op === minOp,
      apply: (self, node, { inputs: [x] }) =>
        x.uniform !== null && x.dtype === node.dtype ? self.#reshapedConstant(node, x) : null,
    },
    "neutral operand": {
      isFor: (op) => op === mul.op || op === div.op || op === sub.op || op === add.op,
      apply: (_self, node, { op, inputs }) => {
        const kept = neutralOperand(op, inputs);
        return kept && sameShape(kept.shape, node.shape) && kept.dtype === node.dtype ? kept : null;
      },
    },
    // The same products, added up in the same order.
    "transposed operand": {
      isFor: (op) => op === matmulOp,
      apply: (self, node, { op, inputs, attributes }) => {
        const lowering = loweringOf(op, attributes);
        return lowering?.kind === "matmul" ? self.#matmul(node, inputs, lowering.transposed) : null;
      },
    },
  };

  readonly #rewriter: GraphRewriter;
  readonly #sources = new Map<string | number | object, GraphNode>();
  readonly #applications = new Applications();
  readonly #identitiesFor = new Map<Op, readonly string[]>();
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

  readonly #make: NodeMaker = {
    add: (source, spec) => this.#add(source, spec),
    view: (spec, source) => this.#view(spec, source),
  };

  constructor(onApplied: (name: string) => void, rewriter: GraphRewriter) {
    this.#rewriter = rewriter;
    this.#onApplied = onApplied;
  }

  run(graph: Graph): Graph {
    return this.#rewriter.run(graph, (node, source) =>
      source.kind === "op" ? this.#simplified(node, source) : this.#add(source, node),
    );
  }

  #simplified(node: TensorSpec, source: AppliedOp): GraphNode {
    const key = keyOf(source, node);
    const known = this.#knownApplication(key, source, node);
    if (known) return known;
    const simplified = this.#applyRule(node, source) ?? this.#applyIdentities(node, source, key);
    this.#applications.set(key, source, node, simplified);
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

  #applyIdentities(node: TensorSpec, source: AppliedOp, key: number): GraphNode {
    let names = this.#identitiesFor.get(source.op);
    if (!names) {
      names = Object.keys(Simplifier.identities).filter((name) => Simplifier.identities[name].isFor(source.op));
      this.#identitiesFor.set(source.op, names);
    }
    for (const name of names) {
      const found = Simplifier.identities[name].apply(this, node, source);
      if (!found) continue;
      this.#onApplied(name);
      return found;
    }
    return this.#knownApplication(key, source, node) ?? this.#rewriter.add(source, node);
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
    if (source.kind === "op") {
      const key = keyOf(source, spec);
      const known = this.#knownApplication(key, source, spec);
      if (known) return known;
      const node = this.#rewriter.add(source, spec);
      this.#applications.set(key, source, spec, node);
      return node;
    }
    const key = keyOfSource(source, spec);
    const known = key !== null && this.#sources.get(key);
    if (known) return this.#same(known);
    const node = this.#rewriter.add(source, spec);
    if (key !== null) this.#sources.set(key, node);
    return node;
  }

  #knownApplication(key: number, source: AppliedOp, spec: TensorSpec): GraphNode | null {
    const known = this.#applications.get(key, source, spec);
    return known && this.#same(known);
  }

  #same(known: GraphNode): GraphNode {
    this.#onApplied("common subexpression");
    return known;
  }
}

/** What is the same for equal values that no op makes; null for constants of many numbers, which a trace holds once. */
function keyOfSource(
  source: Exclude<Source, AppliedOp>,
  { shape, dtype }: TensorSpec,
): string | number | object | null {
  if (source.kind === "input") return source.index;
  if (source.kind === "state") return source.parameter;
  const numbers = numbersKey(source.numbers);
  return numbers === null ? null : `${numbers} ${dtype}[${shape}]`;
}

/** What was made of one application of an op. */
interface Simplified {
  readonly source: AppliedOp;
  readonly spec: TensorSpec;
  readonly node: GraphNode;
}

/**
 * What became of each application of an op: of the same op, attributes and inputs the numbers are the same, unless it draws
 * random ones. Attributes that hold more than plain data are none that are the same.
 */
class Applications {
  readonly #byKey = new Map<number, Simplified[]>();

  get(key: number, source: AppliedOp, spec: TensorSpec): GraphNode | null {
    for (const known of this.#byKey.get(key) ?? none) if (isSame(known, source, spec)) return known.node;
    return null;
  }

  set(key: number, source: AppliedOp, spec: TensorSpec, node: GraphNode): void {
    if (source.op.random) return;
    const made = { source, spec, node };
    const others = this.#byKey.get(key);
    if (others) others.push(made);
    else this.#byKey.set(key, [made]);
  }
}

const none: readonly Simplified[] = [];

function isSame({ source, spec }: Simplified, { op, attributes, inputs }: AppliedOp, { shape, dtype }: TensorSpec) {
  if (source.op !== op || source.inputs.length !== inputs.length || spec.dtype !== dtype) return false;
  for (let i = 0; i < inputs.length; i++) if (source.inputs[i] !== inputs[i]) return false;
  if (!sameShape(spec.shape, shape)) return false;
  return areEqualAttributes(source.attributes, attributes);
}

/** A number that is the same for the same applications, and mostly another for others. */
function keyOf({ op, inputs, attributes }: AppliedOp, { shape }: TensorSpec): number {
  let key = mixed(hashOf(attributes), op.name.length);
  for (let i = 0; i < inputs.length; i++) key = mixed(key, inputs[i].id);
  for (let i = 0; i < shape.length; i++) key = mixed(key, shape[i]);
  return key;
}

function mixed(hash: number, x: number): number {
  const product = Math.imul(hash ^ x, 0x9e3779b1);
  return product ^ (product >>> 15);
}

/** A hash of plain data; the same for all else, and for what is deep. */
function hashOf(x: unknown, depth = 0): number {
  if (typeof x === "number") return mixed(1, x * 1024);
  if (typeof x === "string") return mixed(2, x.length);
  if (typeof x !== "object" || x === null || depth > 4) return x === true ? 3 : 4;
  let hash = 5;
  if (Array.isArray(x)) for (let i = 0; i < x.length; i++) hash = mixed(hash, hashOf(x[i], depth + 1));
  else if (Object.getPrototypeOf(x) === Object.prototype)
    for (const key in x) hash = mixed(hash, hashOf((x as Record<string, unknown>)[key], depth + 1));
  return hash;
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
