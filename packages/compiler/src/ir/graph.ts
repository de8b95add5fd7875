/**
 * The graph that a trace leaves behind: every value with the operation that makes it, each made once.
 */
import {
  type DType,
  type Op,
  type Parameter,
  type Shape,
  sizeOf,
  Tensor,
  type TensorSpec,
  type TypedArray,
} from "@chainrule/core";
import { formatShape, isBuiltinOp, type Lowering, loweringOf, type TracedValue } from "@chainrule/core/internal";
import { guardOp } from "./guard.ts";
import { scanOp } from "./scan.ts";

/** Where a value comes from. */
export type Source =
  | { readonly kind: "input"; readonly index: number }
  | { readonly kind: "constant"; readonly numbers: TypedArray }
  | { readonly kind: "state"; readonly parameter: Parameter }
  | { readonly kind: "op"; readonly op: Op; readonly attributes: unknown; readonly inputs: readonly GraphNode[] };

/** An op with its inputs. */
export type AppliedOp = Source & { readonly kind: "op" };

/** The application of an op to values, its attributes of the op's own type. */
export function applied<Attributes>(
  op: Op<Attributes>,
  attributes: Attributes,
  inputs: readonly GraphNode[],
): AppliedOp {
  return { kind: "op", op: op as Op, attributes, inputs };
}

const noInputs: readonly GraphNode[] = [];

/** One value: what makes it, its shape and its dtype. */
export class GraphNode implements TracedValue, TensorSpec {
  /** Nodes are numbered as they are made, so a larger number never feeds a smaller one. */
  readonly id: number;
  /** The trace that it belongs to, by identity. */
  readonly owner: object;
  readonly source: Source;
  readonly shape: Shape;
  readonly dtype: DType;
  readonly size: number;
  /** What makes it, and of what; null and none for what is no op. */
  readonly op: Op | null;
  readonly inputs: readonly GraphNode[];
  #uniform: number | null | undefined;
  #lowering: Lowering | null | undefined;

  constructor(id: number, owner: object, source: Source, { shape, dtype }: TensorSpec) {
    this.id = id;
    this.owner = owner;
    this.source = source;
    this.shape = shape;
    this.dtype = dtype;
    this.size = sizeOf(shape);
    // Fields, and no getters: passes ask for these more often than for anything else.
    this.op = source.kind === "op" ? source.op : null;
    this.inputs = source.kind === "op" ? source.inputs : noInputs;
  }

  /** How the op is written; null for what is no op, and for ops that run their kernel. */
  get lowering(): Lowering | null {
    if (this.#lowering === undefined) this.#lowering = this.source.kind === "op" ? loweringIn(this.source) : null;
    return this.#lowering;
  }

  /** Whether it is made by this op, and no other of its name. */
  isMadeBy<Attributes>(op: Op<Attributes>): boolean {
    return this.source.kind === "op" && this.source.op === op;
  }

  /** The op's name, or what else it is. */
  get name(): string {
    return this.source.kind === "op" ? this.source.op.name : this.source.kind;
  }

  /** The one number that a constant consists of, else null. */
  get uniform(): number | null {
    if (this.source.kind !== "constant") return null;
    if (this.#uniform === undefined) this.#uniform = uniformOf(this.source.numbers);
    return this.#uniform;
  }
}

/** What was found of arrays of more than one number, of which each pass makes a node: tensors' numbers never change. */
const uniforms = new WeakMap<TypedArray, number | null>();

/** The one number that all are, else null. */
export function uniformOf(numbers: TypedArray): number | null {
  if (numbers.length < 2) return numbers.length === 0 ? null : numbers[0];
  let found = uniforms.get(numbers);
  if (found === undefined) {
    const first = numbers[0];
    // Object.is, since NaN is one number and -0 is another than 0.
    const isAnother = (x: number) => !Object.is(x, first);
    found = numbers.some(isAnother) ? null : first;
    uniforms.set(numbers, found);
  }
  return found;
}

/** What ops without attributes are lowered to, and built-in ones with these attributes: it is asked for at every copy of a node. */
const plainLowerings = new WeakMap<Op, Lowering | null>();
const lowerings = new WeakMap<object, { readonly op: Op; readonly lowering: Lowering | null }>();

function loweringIn({ op, attributes }: AppliedOp): Lowering | null {
  if (attributes === undefined) {
    let found = plainLowerings.get(op);
    if (found === undefined) {
      found = loweringOf(op, attributes);
      plainLowerings.set(op, found);
    }
    return found;
  }
  if (typeof attributes !== "object" || attributes === null || !isBuiltinOp(op)) return loweringOf(op, attributes);
  const known = lowerings.get(attributes);
  if (known?.op === op) return known.lowering;
  const lowering = loweringOf(op, attributes);
  lowerings.set(attributes, { op, lowering });
  return lowering;
}

/** A tensor without numbers that stands for the node. */
export function tensorOf(node: GraphNode): Tensor {
  const made = new Tensor(null, node.shape, node.dtype);
  made.traced = node;
  return made;
}

/** What one call computes: from inputs and state to outputs and new state. */
export interface Graph {
  /** Everything that is computed, in an order in which it can be. */
  readonly nodes: readonly GraphNode[];
  /** What the caller gets to see. */
  readonly outputs: readonly GraphNode[];
  /** The new values of parameters and buffers. */
  readonly assigned: readonly (readonly [Parameter, GraphNode])[];
}

/** What the caller gets to see, and what is assigned. */
export function resultsOf({ outputs, assigned }: Graph): GraphNode[] {
  return [...outputs, ...assigned.map(([, node]) => node)];
}

/** Whether running the node calls a function of the user's, which may throw, or do what nobody sees in its result. */
export function callsUser(node: GraphNode): boolean {
  const { op } = node;
  if (op === null || isBuiltinOp(op) || op.kernel === "view" || op === guardOp || op === (scanOp as Op)) return false;
  const { lowering } = node;
  return lowering === null || (lowering.kind === "elementwise" && lowering.scalar !== undefined);
}

/** The kinds of code of built-in ops, each of which has one, whatever its attributes: to work those out for each node takes long. */
const kinds = new WeakMap<Op, Lowering["kind"] | null>();

/** What kind of code the node's op is lowered to; null where it has none. */
export function kindOf(node: GraphNode): Lowering["kind"] | null {
  const { op } = node;
  if (op === null) return null;
  let kind = kinds.get(op);
  if (kind !== undefined) return kind;
  kind = node.lowering?.kind ?? null;
  if (isBuiltinOp(op)) kinds.set(op, kind);
  return kind;
}

/** What was found of graphs, which never change: several passes ask of each. */
const live = new WeakMap<Graph, readonly GraphNode[]>();

/** The same graph of its live nodes alone. */
export function withoutDead(graph: Graph): Graph {
  const pruned = { ...graph, nodes: liveNodes(graph) };
  live.set(pruned, pruned.nodes);
  return pruned;
}

/**
 * What outputs and assignments come from, every random draw, because the next call must find the generator the same, what
 * guards look at, and ops of the user's, in their order. Indices that nothing of that looks up are looked up all the same:
 * one that is not there is an error.
 */
export function liveNodes(graph: Graph): readonly GraphNode[] {
  let found = live.get(graph);
  if (!found) {
    found = liveIn(graph);
    live.set(graph, found);
  }
  return found;
}

/** Built-in ops that do no more than their results say, and look nothing up: nearly all. */
const plainOps = new WeakSet<Op>();

function liveIn(graph: Graph): readonly GraphNode[] {
  const { nodes } = graph;
  const isLive = new Uint8Array(nodes.length === 0 ? 0 : nodes[nodes.length - 1].id + 1);
  const lookups: GraphNode[] = [];
  for (const node of resultsOf(graph)) isLive[node.id] = 1;
  for (const node of nodes) {
    const { op } = node;
    if (op === null || plainOps.has(op)) continue;
    const [acts, looksUp] = [actsByItself(node), kindOf(node) === "indexing"];
    if (acts) isLive[node.id] = 1;
    if (looksUp) lookups.push(node);
    if (!acts && !looksUp && isBuiltinOp(op)) plainOps.add(op);
  }
  // Whoever reads a node comes after it.
  const visit = (from: GraphNode | undefined): void => {
    for (let at = from ? nodes.lastIndexOf(from) : -1; at >= 0; at--) {
      const { id, inputs } = nodes[at];
      if (isLive[id] === 1) for (let i = 0; i < inputs.length; i++) isLive[inputs[i].id] = 1;
    }
  };
  visit(nodes.at(-1));
  if (lookups.length > 0) visit(unreadLookup(lookups, isLive));
  return nodes.filter(({ id }) => isLive[id] === 1);
}

/** Makes alive what looks up indices that nothing alive looks up in an axis of that length; the last of these. */
function unreadLookup(lookups: readonly GraphNode[], live: Uint8Array): GraphNode | undefined {
  const lookedUp = new Map<GraphNode, Set<number>>();
  const isNew = (node: GraphNode): boolean => {
    const [, indices] = node.inputs;
    const lengths = lookedUp.get(indices) ?? new Set();
    lookedUp.set(indices, lengths);
    return lengths.size < lengths.add(lookedUpLength(node)).size;
  };
  for (const node of lookups) if (live[node.id] === 1) isNew(node);
  const found = lookups.filter((node) => live[node.id] === 0 && isNew(node));
  for (const node of found) live[node.id] = 1;
  return found.at(-1);
}

/** Whether running the node does more than its result says. */
function actsByItself(node: GraphNode): boolean {
  const { op } = node;
  return op !== null && (op.random === true || op === guardOp || callsUser(node));
}

/** The length of the axis into which the node's second input are the indices. */
function lookedUpLength({ lowering, inputs, shape }: GraphNode): number {
  const { indexing, axis } = lowering as Lowering & { readonly kind: "indexing" };
  return (indexing === "indexAdd" ? shape : inputs[0].shape)[axis];
}

/** The graph without its guards, for whom what they check is no matter: the caller of an exported model. */
export function withoutGuards(graph: Graph): Graph {
  return { ...graph, nodes: graph.nodes.filter((node) => !node.isMadeBy(guardOp)) };
}

/** `%7 = matmul(%3, %5) float32 [64, 10]` */
export function describeNode(node: GraphNode): string {
  const { source } = node;
  const spec = `${node.dtype} ${formatShape(node.shape)}`;
  if (source.kind === "op") {
    const attributes = describeAttributes(source.attributes);
    const parts = [...source.inputs.map((input) => `%${input.id}`), ...(attributes ? [attributes] : [])];
    return `%${node.id} = ${source.op.name}(${parts.join(", ")})  ${spec}`;
  }
  if (source.kind === "constant" && node.uniform !== null) return `%${node.id} = ${node.uniform}  ${spec}`;
  return `%${node.id} = ${source.kind}${source.kind === "input" ? ` ${source.index}` : ""}  ${spec}`;
}

function describeAttributes(attributes: unknown): string {
  const key = attributesKey(attributes);
  return key === null || attributes === undefined ? "" : key.replaceAll('"', "");
}

/** What is deeper is no plain data, or holds itself. */
const deepest = 32;

/** Whether these are equal plain data: what has the same text below. */
export function areEqualAttributes(a: unknown, b: unknown, depth = 0): boolean {
  if (typeof a !== "object" || a === null) return typeof a !== "function" && Object.is(a, b);
  if (typeof b !== "object" || b === null || depth > deepest) return false;
  if (Array.isArray(a)) {
    if (!Array.isArray(b) || a.length !== b.length) return false;
    for (let i = 0; i < a.length; i++) if (!areEqualAttributes(a[i], b[i], depth + 1)) return false;
    return true;
  }
  if (!isRecord(a) || !isRecord(b)) return false;
  const keys = Object.keys(a);
  if (Object.keys(b).length !== keys.length) return false;
  for (const key of keys) if (!Object.hasOwn(b, key) || !areEqualAttributes(a[key], b[key], depth + 1)) return false;
  return true;
}

function isRecord(x: object): x is Record<string, unknown> {
  return Object.getPrototypeOf(x) === Object.prototype && Object.getOwnPropertySymbols(x).length === 0;
}

/**
 * Attributes as text that is equal only where they are, which JSON's is not: 0 and -0, NaN, "NaN" and null, an undefined
 * item. Null where they hold more than plain data.
 */
export function attributesKey(x: unknown, depth = 0): string | null {
  if (typeof x === "string") return JSON.stringify(x);
  if (Object.is(x, -0)) return "-0";
  if (x === null || x === undefined || typeof x === "number" || typeof x === "boolean") return String(x);
  if (typeof x !== "object" || depth > deepest) return null;
  const isArray = Array.isArray(x);
  if (!isArray && !isRecord(x)) return null;
  const parts: string[] = [];
  for (const [name, item] of isArray ? x.entries() : Object.entries(x)) {
    const key = attributesKey(item, depth + 1);
    if (key === null) return null;
    parts.push(isArray ? key : `${JSON.stringify(name)}:${key}`);
  }
  return isArray ? `[${parts}]` : `{${parts}}`;
}
