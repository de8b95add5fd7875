/**
 * The graph of a computation as plain data, from the tape of a tensor or the parents of a `Value`.
 */
import {
  type DType,
  DTypeError,
  GraphError,
  graph as graphOfValue,
  OptionError,
  Parameter,
  Tensor,
  Value,
} from "@chainrule/core";
import { checkOptions, describe, nodeOf, recorded } from "@chainrule/core/internal";
import { type LayerCall, layersOf, parameterNames } from "./layers.ts";
import { type BatchComputer, lookAt, type ResultFunction, type Subject } from "./subject.ts";

/** What a node is: a result, something that is learned, data, or a plain number. */
export type ComputationNodeKind = "op" | "parameter" | "input" | "constant";

/** One tensor or `Value` of a computation. */
export interface ComputationNode {
  /** Its index in `nodes`: every node comes after those it was made of, and the result comes last. */
  readonly id: number;
  readonly kind: ComputationNodeKind;
  /** The operation for a result, else the name; empty for a leaf without a name. */
  readonly label: string;
  /** The name of a result, where it has one. */
  readonly name?: string;
  /** The calls of layers and losses in which it was made, outermost first. */
  readonly layers?: readonly LayerCall[];
  /** Of a tensor. */
  readonly shape?: readonly number[];
  /** Of a tensor. */
  readonly dtype?: DType;
  /** The number, of a `Value` and of a scalar constant. */
  readonly value?: number;
  /** d result / d this, of a `Value` after `backward()`. */
  readonly gradient?: number;
}

/** One use of a result: node `from` is an argument of node `to`. */
export interface ComputationEdge {
  readonly from: number;
  readonly to: number;
  /** Which argument, counted from 0. */
  readonly argument: number;
  /** The local derivative d to / d from, between Values. */
  readonly derivative?: number;
}

/** A computation as data, which survives JSON. */
export interface ComputationGraph {
  readonly nodes: readonly ComputationNode[];
  readonly edges: readonly ComputationEdge[];
}

/** A graph that {@link graphOf} made: the data, of a class that notebooks know. */
export class RecordedGraph implements ComputationGraph {
  readonly nodes: readonly ComputationNode[];
  readonly edges: readonly ComputationEdge[];

  constructor({ nodes, edges }: ComputationGraph) {
    this.nodes = nodes;
    this.edges = edges;
  }
}

/** The graph that is given, or the one behind the tensor or the value that is. @throws DTypeError for anything else. */
export function asGraph(where: string, given: ComputationGraph | Tensor | Value): ComputationGraph {
  if (given instanceof Tensor || given instanceof Value) return graphOf(given);
  const { nodes, edges } = (given ?? {}) as Partial<ComputationGraph>;
  const isNode = (node: unknown) => kinds.includes((node as ComputationNode | null)?.kind as ComputationNodeKind);
  const isEdge = (edge: unknown) => typeof edge === "object" && edge !== null;
  if (Array.isArray(nodes) && Array.isArray(edges) && nodes.every(isNode) && edges.every(isEdge)) return given;
  throw new DTypeError({
    where,
    expected: "a graph, or the tensor or Value that was computed",
    got: describe(given),
    hint: "graphOf(result, { names }) makes a graph with names.",
  });
}

const kinds: readonly ComputationNodeKind[] = ["op", "parameter", "input", "constant"];

/** What to call the tensors of a graph, and of which loss it is. */
export interface GraphOptions {
  /** Tensors by the names they are to be shown under. */
  readonly names?: Readonly<Record<string, Tensor>>;
  /** The loss of a model that is not compiled, or another one than it is compiled with. */
  readonly loss?: string | ((prediction: Tensor, target: Tensor) => Tensor);
}

/**
 * The computation that led to a tensor or a `Value`, as data for `toDot`, `toMermaid` and `graphSvg`.
 *
 * A tensor knows how it was made where a gradient may be asked for: what needs none appears as an input. The graphs of the
 * last few `backward()` are still there; older ones are forgotten unless `retainGraph` keeps them.
 *
 * @param result the last result, such as the loss. Or a model with a batch, `[x, y]` for its loss or `[x]` for its
 *   prediction; or a function, also a jitted one, with its arguments. These are run, and what they change is undone.
 * @throws GraphError for a tensor that knows nothing of its making, and for one whose graph is forgotten.
 *
 * @example
 * const w = parameter([2, 3]);
 * const loss = w.square().sum();
 * console.log(toDot(graphOf(loss, { names: { w, loss } })));
 * graphOf(model, [x]).nodes.length > 5; // true
 * graphOf(jit((t) => t.exp().sum()), [tensor([1, 2])]).nodes.map(({ label }) => label); // ["", "exp", "sum", "reshape"]
 */
export function graphOf(result: Tensor | Value, options?: GraphOptions): ComputationGraph;
export function graphOf(
  computes: BatchComputer | ResultFunction,
  batch: readonly unknown[],
  options?: GraphOptions,
): ComputationGraph;
export function graphOf(
  subject: Subject,
  second?: readonly unknown[] | GraphOptions,
  third?: GraphOptions,
): ComputationGraph {
  const where = "graphOf";
  const isResult = subject instanceof Tensor || subject instanceof Value;
  const [batch, options = {}] = isResult ? [undefined, second as GraphOptions | undefined] : [second, third];
  checkOptions(where, options, ["names", "loss"]);
  const { names = {}, loss } = options;
  return lookAt(where, subject, batch, loss, (result, { inputs }) => {
    const data = result instanceof Value ? fromValue(result) : fromTensor(where, result, names, inputs);
    return new RecordedGraph(data);
  });
}

function fromValue(result: Value): ComputationGraph {
  const { nodes, edges } = graphOfValue(result);
  const isResult = new Set(edges.map(({ to }) => to));
  return {
    nodes: nodes.map(({ id, label, op, data, grad }) => ({
      id,
      kind: isResult.has(id) ? "op" : op === "constant" ? "constant" : "input",
      label: isResult.has(id) ? op : label,
      ...(isResult.has(id) && label && { name: label }),
      value: data,
      ...(op !== "constant" && { gradient: grad }),
    })),
    edges,
  };
}

function fromTensor(
  where: string,
  result: Tensor,
  named: Readonly<Record<string, Tensor>>,
  given: ReadonlySet<Tensor>,
): ComputationGraph {
  if (result.tapeEntry === null && !result.requiresGrad)
    throw new GraphError({
      where,
      expected: "a tensor that remembers how it was made",
      got: "one that does not",
      hint: "Results are recorded where something they come from requires a gradient: make the weights with parameter(…), outside noGrad.",
    });
  for (const x of Object.values(named))
    if (!(x instanceof Tensor))
      throw new OptionError({ where, expected: "tensors by name as names", got: describe(x) });
  const computation = recorded(where, result);
  const names = parameterNames(computation);
  for (const [name, x] of Object.entries(named)) names.set(nodeOf(x), name);
  const layers = layersOf(computation);
  return {
    nodes: computation.map(({ node, tensor }, id) => ({
      ...toNode(id, tensor, names.get(node), given.has(tensor)),
      ...(layers[id].length > 0 && { layers: layers[id] }),
    })),
    edges: computation.flatMap(({ inputs }, to) => inputs.map((from, argument) => ({ from, to, argument }))),
  };
}

function toNode(id: number, x: Tensor, name: string | undefined, isGiven: boolean): ComputationNode {
  const { shape, dtype } = x;
  if (x.tapeEntry) return { id, kind: "op", label: x.tapeEntry.op.name, ...(name && { name }), shape, dtype };
  const learned = x.leaf instanceof Parameter || (x.requiresGrad && !isGiven);
  const kind = learned ? "parameter" : x.rank === 0 ? "constant" : "input";
  return { id, kind, label: name ?? "", shape, dtype, ...(kind === "constant" && { value: x.item() }) };
}
