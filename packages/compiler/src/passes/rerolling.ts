/**
 * How equal steps are written as scans, where `reroll.ts` has found that operations repeat.
 */
import type { Op, TensorSpec } from "@chainrule/core";
import { matmulOp, permuteOp, reshapeOp, sliceOp, sliceScatterOp } from "@chainrule/core/internal";
import { type AppliedOp, applied, type Graph, GraphNode, liveNodes, resultsOf, type Source } from "../ir/graph.ts";
import { type Carry, entryAt, entryOf, type Kept, keptShape, Scan, type ScanInput, scanned } from "../ir/scan.ts";
import { fuseEpilogues } from "./epilogue.ts";
import { joinScatters } from "./join-scatters.ts";
import { initialsOf, type Loop, type RunningSum, type StepInput, type StepValue } from "./loop.ts";
import { Loops } from "./loops.ts";
import type { Repeat } from "./repeats.ts";
import { axisOfParts, type Place } from "./running-sums.ts";
import { simplify } from "./simplify.ts";

/** The graph, those of the repeats that are loops written as scans. @param operations all that are alive, in order. */
export function rerolled(graph: Graph, operations: readonly GraphNode[], repeats: readonly Repeat[]): Graph {
  const loops = new Loops(operations, repeats, resultsOf(graph));
  return loops.all.length > 0 ? new Rerolling(graph, liveNodes(graph), loops).run() : graph;
}

/** Makes the nodes of a graph. */
class Builder {
  readonly nodes: GraphNode[] = [];
  readonly #owner = {};

  add(source: Source, spec: TensorSpec): GraphNode {
    const node = new GraphNode(this.nodes.length, this.#owner, source, spec);
    this.nodes.push(node);
    return node;
  }

  reshape(node: GraphNode, shape: readonly number[]): GraphNode {
    return this.add(applied(reshapeOp, shape, [node]), { shape, dtype: node.dtype });
  }

  /** A part of a value along its first axis, and all or the beginning of its second. */
  slice(node: GraphNode, start: number, length: number, beginning?: number): GraphNode {
    const lengths = [length, ...node.shape.slice(1)];
    if (beginning !== undefined) lengths[1] = beginning;
    const bounds = { starts: [start, ...lengths.slice(1).fill(0)], steps: lengths.map(() => 1), lengths };
    return this.add(applied(sliceOp, bounds as never, [node]), { shape: lengths, dtype: node.dtype });
  }

  /** What one step made, of what was kept of all. */
  entry(kept: GraphNode, at: number, value: GraphNode): GraphNode {
    const isWhole = entryOf(value) === value.size;
    return this.reshape(this.slice(kept, at, 1, isWhole ? undefined : value.size), value.shape);
  }
}

/** What is kept of a value that the steps of a loop make. */
interface Result {
  readonly kept: Kept;
  readonly node: GraphNode;
}

class Rerolling {
  readonly #graph: Graph;
  readonly #nodes: readonly GraphNode[];
  readonly #loops: Loops;
  readonly #to = new Builder();
  readonly #rewritten = new Map<GraphNode, GraphNode>();
  /** For each loop, the values that are kept, and whether of all steps. */
  readonly #wanted = new Map<Loop, Map<number, boolean>>();
  readonly #results = new Map<Loop, Map<number, Result>>();
  /** Constants that lie before the first step's value in what is kept of a carry, so that a product of all is one of neighbours. */
  readonly #initials = new Map<GraphNode, () => GraphNode>();

  constructor(graph: Graph, nodes: readonly GraphNode[], loops: Loops) {
    this.#graph = graph;
    this.#nodes = nodes;
    this.#loops = loops;
  }

  run(): Graph {
    this.#findWanted();
    for (const node of this.#nodes) {
      const loop = this.#loops.madeBy(node)?.loop;
      if (loop && !this.#results.has(loop)) this.#writeLoop(loop);
      // Of what is in a loop, only what somebody asks for.
      if (!this.#loops.isStep(node)) this.#of(node);
    }
    const { outputs, assigned } = this.#graph;
    return {
      nodes: this.#to.nodes,
      outputs: outputs.map((node) => this.#of(node)),
      assigned: assigned.map(([parameter, node]) => [parameter, this.#of(node)] as const),
    };
  }

  // What is kept

  #findWanted(): void {
    const { all } = this.#loops;
    for (const loop of all) this.#wanted.set(loop, new Map());
    for (const node of resultsOf(this.#graph)) this.#want(node);
    for (const node of this.#nodes) if (!this.#loops.madeBy(node)) for (const input of node.inputs) this.#want(input);
    for (const loop of all) {
      for (const { origin, node, stride } of loop.windows)
        if (stride !== 0 && origin.made) this.#wantAll(origin.made.loop, origin.made.at);
        else this.#want(node);
      for (const at of carriedIn(loop)) for (const node of initialsOf(loop, at)) this.#want(node);
      for (const { at, side, inputs } of loop.sums) {
        this.#want(loop.nodeAt(0, at).inputs[side]);
        for (const input of inputs) if (input.kind === "step" || input.kind === "before") this.#wantAll(loop, input.at);
      }
    }
  }

  #want(node: GraphNode): void {
    const value = this.#loops.madeBy(this.#loops.baseOf(node));
    if (!value) return;
    const { loop, at, step } = value;
    const wanted = this.#wanted.get(loop)!;
    wanted.set(at, wanted.get(at) || step < loop.steps - 1);
  }

  #wantAll(loop: Loop, at: number): void {
    this.#wanted.get(loop)!.set(at, true);
  }

  // What a node becomes

  #of(node: GraphNode): GraphNode {
    let found = this.#rewritten.get(node);
    if (!found) {
      found = this.#write(node);
      this.#rewritten.set(node, found);
    }
    return found;
  }

  #write(node: GraphNode): GraphNode {
    const { source } = node;
    if (source.kind !== "op") return this.#to.add(source, node);
    const hoisted = this.#loops.hoisted(node);
    if (hoisted !== node) return this.#of(hoisted);
    const value = this.#loops.madeBy(node);
    if (value && this.#loops.baseOf(node) === node) return this.#stepValue(node, value);
    const isProduct = source.op === (matmulOp as Op);
    const inputs = source.inputs.map((input) => (isProduct && this.#initials.get(input)?.()) || this.#of(input));
    return this.#to.add(applied(source.op, source.attributes, inputs), node);
  }

  #stepValue(node: GraphNode, { loop, at, step }: StepValue): GraphNode {
    const { kept, node: all } = this.#results.get(loop)!.get(at)!;
    return kept === "last" ? all : this.#to.entry(all, entryAt(loop, kept, step), node);
  }

  // Loops

  #writeLoop(loop: Loop): void {
    const results = new Map<number, Result>();
    this.#results.set(loop, results);
    const gone = new Set(loop.sums.flatMap(({ own }) => [...own]));
    const body = new BodyWriter(loop, gone);
    const operands: GraphNode[] = [];
    const operandOf = (node: GraphNode) => {
      const known = operands.indexOf(node);
      return known >= 0 ? known : operands.push(node) - 1;
    };
    const wanted = [...this.#wanted.get(loop)!].filter(([at]) => !gone.has(at));
    const scan = body.write(
      wanted.map(([at]) => at),
      (window) => this.#windowOn(loop, window, operandOf, body),
      (initial) => operandOf(this.#of(initial)),
    );
    for (const [at, isAll] of wanted) {
      const kept = isAll ? (body.carriesOf(at) === 1 ? "carried" : "all") : "last";
      const value = loop.nodeAt(0, at);
      const spec = { shape: keptShape(value, kept, loop.steps), dtype: value.dtype };
      const node = this.#to.add(scanned({ scan, value: body.outputOf(at), kept }, operands), spec);
      results.set(at, { kept, node });
      if (kept !== "carried") continue;
      const [initial] = initialsOf(loop, at);
      if (initial.source.kind === "constant")
        this.#initials.set(initial, () => this.#to.entry(node, entryAt(loop, kept, -1), value));
    }
    for (const sum of loop.sums) this.#writeSum(loop, sum);
  }

  /** Gives the body what it reads through a window: a value that moves from step to step, and a view of it. */
  #windowOn(loop: Loop, number: number, operandOf: (node: GraphNode) => number, body: BodyWriter): GraphNode {
    const { node, last, origin, stride } = loop.windows[number];
    const { base, made } = origin;
    // What is read lies within the value at the step that reads the part nearest to its beginning: no address is below it.
    if (!made || stride === 0) {
      const operand = this.#of(base);
      const input = body.window(operand, operandOf(operand), stride);
      return body.view(stride < 0 ? last : node, (each) => this.#loops.hoisted(each) === base, input);
    }
    const { kept, node: all } = this.#results.get(made.loop)!.get(made.at)!;
    const step = Math.floor(origin.offset / base.size);
    const further = stride / base.size;
    const moved = further * entryOf(base) * (made.loop.reversed ? -1 : 1);
    const nearest = entryAt(made.loop, kept, moved < 0 ? step + (loop.steps - 1) * further : step);
    const input = body.window(all, operandOf(all), moved);
    return body.view(node, (each) => each === base, body.to.entry(input, nearest, base));
  }

  /** A sum over all steps, as one term. */
  #writeSum(loop: Loop, { at, side, term, inputs, own }: RunningSum): void {
    const to = this.#to;
    const last = loop.steps - 1;
    const first = loop.nodeAt(0, term);
    const rows = inputs.map((input, i) => this.#rowsOf(loop, input, first.inputs[i].shape));
    const { op, attributes } = first.source as AppliedOp;
    const axis = axisOfParts(loop, term);
    let sum = axis === null ? to.add(applied(op, attributes, rows), first) : this.#partsOf(loop, term, rows[0], axis);
    const shape = loop.nodeAt(0, at).shape;
    if (own.size > 2) sum = to.reshape(sum, shape);
    const before = this.#of(loop.nodeAt(0, at).inputs[side]);
    const both = side === 0 ? [before, sum] : [sum, before];
    const node = loop.nodeAt(last, at);
    this.#rewritten.set(node, to.add(applied((node.source as AppliedOp).op, undefined, both), node));
  }

  /** The parts of all steps, one after another along an axis, in zeros. */
  #partsOf(loop: Loop, term: number, rows: GraphNode, axis: number): GraphNode {
    const to = this.#to;
    const ends = [loop.nodeAt(0, term), loop.nodeAt(loop.steps - 1, term)];
    const places = ends.map(({ source }) => (source as AppliedOp).attributes as Place);
    const { lengths, starts } = places[0];
    // [steps, …, length, …] → […, steps, length, …]
    const order = [...lengths.keys()].map((at) => (at < axis ? at + 1 : at === axis ? 0 : at)).concat(lengths.length);
    const stacked = to.reshape(rows, [loop.steps, ...lengths]);
    const shape = order.map((at) => stacked.shape[at]);
    const beside = to.add(applied(permuteOp, order, [stacked]), { shape, dtype: rows.dtype });
    const all = lengths.with(axis, loop.steps * lengths[axis]);
    const start = Math.min(...places.map((place) => place.starts[axis]));
    const place = { ...places[0], starts: starts.with(axis, start), lengths: all };
    return to.add(applied(sliceScatterOp, place as never, [to.reshape(beside, all)]), ends[0]);
  }

  /** What all steps have for an input of a term, one after another. */
  #rowsOf(loop: Loop, input: StepInput, [rows, ...columns]: readonly number[]): GraphNode {
    const to = this.#to;
    const shape = [loop.steps * rows, ...columns];
    if (input.kind === "window") {
      const { origin, node, stride } = loop.windows[input.window];
      const { made, base } = origin;
      const ends = [0, loop.steps - 1];
      if (made) {
        const { kept, node: all } = this.#results.get(made.loop)!.get(made.at)!;
        const [a, b] = ends.map((step) => entryAt(made.loop, kept, (origin.offset + step * stride) / base.size));
        return to.reshape(to.slice(all, Math.min(a, b), loop.steps), shape);
      }
      const start = Math.min(...ends.map((step) => origin.offset + step * stride));
      const flat = to.reshape(this.#of(base), [base.size]);
      return to.reshape(to.slice(flat, start, loop.steps * node.size), shape);
    }
    const { at } = input as { readonly at: number };
    const { kept, node } = this.#results.get(loop)!.get(at)!;
    if (kept !== "carried") {
      if (kept === "last" || input.kind === "before") throw new RangeError("a sum of what is not kept of all steps");
      return to.reshape(node, shape);
    }
    // Of what is carried there is one entry more: the first of what comes in, or of what goes out.
    const isLater = (input.kind === "step") !== loop.reversed;
    return to.reshape(to.slice(node, isLater ? 1 : 0, loop.steps), shape);
  }
}

/** The operations whose results go from step to step. */
function carriedIn(loop: Loop): Set<number> {
  const gone = new Set(loop.sums.map(({ at }) => at));
  const found = new Set<number>();
  for (const inputs of loop.inputs)
    for (const input of inputs ?? []) if (input.kind === "before" && !gone.has(input.at)) found.add(input.at);
  return found;
}

/** Writes one step of a loop as a graph of its own. */
class BodyWriter {
  readonly to = new Builder();
  readonly #loop: Loop;
  readonly #gone: ReadonlySet<number>;
  readonly #inputs: ScanInput[] = [];
  readonly #operations = new Map<number, GraphNode>();
  readonly #windows = new Map<number, GraphNode>();
  /** What comes from the step before: for each value, and each of what it is at first, the carry. */
  readonly #carries: { readonly at: number; readonly initial: GraphNode; readonly node: GraphNode; operand: number }[] =
    [];
  readonly #outputs: number[] = [];

  constructor(loop: Loop, gone: ReadonlySet<number>) {
    this.#loop = loop;
    this.#gone = gone;
  }

  /** An input that is a value from outside, beginning so many elements further on at each step. */
  window(operand: GraphNode, number: number, stride: number): GraphNode {
    const start = stride < 0 ? -stride * (this.#loop.steps - 1) : 0;
    const index = this.#inputs.push({ kind: "window", operand: number, stride, start }) - 1;
    return this.to.add({ kind: "input", index }, operand);
  }

  /** The views that lead from a value to a node, on what the value is here. */
  view(node: GraphNode, isBase: (node: GraphNode) => boolean, on: GraphNode): GraphNode {
    if (isBase(node)) return on;
    const { op, attributes, inputs } = node.source as AppliedOp;
    return this.to.add(applied(op, attributes, [this.view(inputs[0], isBase, on)]), node);
  }

  /** How often the value goes to the next step, as different carries. */
  carriesOf(at: number): number {
    return this.#carries.filter((carry) => carry.at === at).length;
  }

  /** Which of the outputs the value is. */
  outputOf(at: number): number {
    return this.#outputs.indexOf(at);
  }

  write(
    wanted: readonly number[],
    windowOn: (window: number) => GraphNode,
    operandOf: (initial: GraphNode) => number,
  ): Scan {
    const loop = this.#loop;
    loop.inputs.forEach((inputs, at) => {
      if (inputs === null || this.#gone.has(at)) return;
      const node = loop.nodeAt(0, at);
      const made = inputs.map((input, i) => this.#inputOf(input, node.inputs[i], windowOn, operandOf));
      const { op, attributes } = node.source as AppliedOp;
      this.#operations.set(at, this.to.add(applied(op, attributes, made), node));
    });
    // What only a sum reads of the step before is kept with what it was at first.
    for (const { inputs } of loop.sums)
      for (const input of inputs)
        if (input.kind === "before") this.#carry(input.at, initialsOf(loop, input.at)[0], operandOf);
    for (const at of [...this.#carries.map((carry) => carry.at), ...wanted])
      if (!this.#outputs.includes(at)) this.#outputs.push(at);
    const carries = this.#carries.map(({ at, operand }): Carry => ({ operand, value: this.outputOf(at) }));
    const outputs = this.#outputs.map((at) => this.#operations.get(at)!);
    const body = fuseEpilogues(simplify(joinScatters(simplify({ nodes: this.to.nodes, outputs, assigned: [] }))));
    return new Scan(loop, body, this.#inputs, carries);
  }

  #inputOf(
    input: StepInput,
    node: GraphNode,
    windowOn: (window: number) => GraphNode,
    operandOf: (initial: GraphNode) => number,
  ): GraphNode {
    switch (input.kind) {
      case "constant":
        return this.to.add(node.source, node);
      case "step":
        return this.#operations.get(input.at)!;
      case "before":
        return this.#carry(input.at, node, operandOf);
      case "window": {
        let found = this.#windows.get(input.window);
        if (!found) {
          found = windowOn(input.window);
          this.#windows.set(input.window, found);
        }
        return found;
      }
    }
  }

  #carry(at: number, initial: GraphNode, operandOf: (initial: GraphNode) => number): GraphNode {
    const known = this.#carries.find((carry) => carry.at === at && carry.initial === initial);
    if (known) return known.node;
    const index = this.#inputs.push({ kind: "carry", carry: this.#carries.length }) - 1;
    const node = this.to.add({ kind: "input", index }, initial);
    this.#carries.push({ at, initial, node, operand: operandOf(initial) });
    return node;
  }
}
