/**
 * Builds a graph out of another, node by node: what passes over graphs have in common.
 */
import type { Parameter, TensorSpec } from "@chainrule/core";
import { type AppliedOp, applied, type Graph, GraphNode, liveNodes, type Source, withoutDead } from "./graph.ts";

/** Is told of a node, and of the one that it is made of. */
export type OnMade = (made: GraphNode, of: GraphNode) => void;

/** Holds the nodes of the new graph, and which of them stands for which of the old. */
export class GraphRewriter {
  readonly #owner = {};
  readonly #nodes: GraphNode[] = [];
  readonly #rewritten = new Map<GraphNode, GraphNode>();
  readonly #onMade: OnMade | null;
  readonly #standInFor: (parameter: Parameter) => Parameter;
  /** The node of the old graph that is being rewritten. */
  #current: GraphNode | null = null;

  /**
   * @param onMade is told of each node of the new graph, and of which of the old one it is made.
   * @param standInFor what the new graph has in the place of a parameter; the parameter itself by default.
   */
  constructor(
    onMade: OnMade | null = null,
    standInFor: (parameter: Parameter) => Parameter = (parameter) => parameter,
  ) {
    this.#onMade = onMade;
    this.#standInFor = standInFor;
  }

  /** Adds a node to the new graph. */
  add(source: Source, spec: TensorSpec): GraphNode {
    const node = new GraphNode(this.#nodes.length, this.#owner, source, spec);
    this.#nodes.push(node);
    if (this.#current) this.#onMade?.(node, this.#current);
    return node;
  }

  /** What a node of the old graph became. */
  of(node: GraphNode): GraphNode {
    return this.#rewritten.get(node)!;
  }

  /**
   * The new graph, without dead nodes.
   *
   * @param rewrite what a live node of the old graph becomes, given its source on what its inputs have become.
   */
  run(graph: Graph, rewrite: (node: GraphNode, source: Source) => GraphNode): Graph {
    for (const node of liveNodes(graph)) {
      this.#current = node;
      this.#rewritten.set(node, rewrite(node, this.#onNew(node.source)));
    }
    const made = {
      nodes: this.#nodes,
      outputs: graph.outputs.map((node) => this.of(node)),
      assigned: graph.assigned.map(([parameter, node]) => [this.#standInFor(parameter), this.of(node)] as const),
    };
    return withoutDead(made);
  }

  #onNew(source: Source): Source {
    if (source.kind === "op") return this.#onNewInputs(source);
    return source.kind === "state" ? { kind: "state", parameter: this.#standInFor(source.parameter) } : source;
  }

  #onNewInputs({ op, attributes, inputs }: AppliedOp): AppliedOp {
    return applied(
      op,
      attributes,
      inputs.map((input) => this.of(input)),
    );
  }
}
