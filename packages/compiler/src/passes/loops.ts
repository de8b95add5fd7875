/**
 * Loops in a graph: repeats (`repeats.ts`) whose operations are of values that fit together (`loop-draft.ts`), so that the steps
 * can be taken one after another by the same code.
 */
import type { GraphNode } from "../ir/graph.ts";
import { isView, Views } from "../ir/views.ts";
import type { Loop, Origin, StepValue } from "./loop.ts";
import { LoopDraft } from "./loop-draft.ts";
import type { Repeat } from "./repeats.ts";

/** Finds the loops of a graph. */
export class Loops {
  readonly all: Loop[] = [];
  readonly #views = new Views();
  readonly #operations: Operations;
  /** For each operation which loop it belongs to; -1 for none. */
  readonly #loopOf: Int32Array;

  /**
   * @param all the operations that are alive, in order, and the repeats that there are among them.
   * @param results what is read from outside.
   */
  constructor(all: readonly GraphNode[], repeats: readonly Repeat[], results: readonly GraphNode[]) {
    this.#operations = new Operations(all, results);
    this.#loopOf = new Int32Array(all.length).fill(-1);
    for (const repeat of repeats) this.#add(repeat);
  }

  #add(repeat: Repeat): void {
    const loop = new LoopDraft(repeat, this.#operations, (node) => this.originOf(node)).loop();
    if (loop === null) return;
    const number = this.all.push(loop) - 1;
    this.#loopOf.fill(number, loop.first, loop.first + loop.steps * loop.inputs.length);
  }

  /** Which step of which loop makes the node; null for none, and for windows. */
  madeBy(node: GraphNode): StepValue | null {
    const index = this.#operations.indexOf(node);
    if (index < 0 || this.#loopOf[index] < 0) return null;
    const loop = this.all[this.#loopOf[index]];
    const { length } = loop.inputs;
    const at = (index - loop.first) % length;
    return loop.windowAt.has(at) ? null : { loop, at, step: Math.floor((index - loop.first) / length) };
  }

  /** Of what is the same at each step of a loop, that of the first step; other nodes as they are. */
  hoisted(node: GraphNode): GraphNode {
    const index = this.#operations.indexOf(node);
    if (index < 0 || this.#loopOf[index] < 0) return node;
    const loop = this.all[this.#loopOf[index]];
    const at = (index - loop.first) % loop.inputs.length;
    return loop.hoisted.has(at) ? loop.nodeAt(0, at) : node;
  }

  /** Whether the node is one of the operations of a loop. */
  isStep(node: GraphNode): boolean {
    const index = this.#operations.indexOf(node);
    return index >= 0 && this.#loopOf[index] >= 0;
  }

  /** The value of which the node is a view. */
  baseOf(node: GraphNode): GraphNode {
    return isView(node) ? this.#views.of(node).base : node;
  }

  /** Of which value the node is a view; of those that a loop makes, where in all that it makes of it. */
  originOf(node: GraphNode): Origin {
    const { base, offset, strides } = this.#views.of(node);
    const made = this.madeBy(base);
    return { base: this.hoisted(base), made, offset: made ? made.step * base.size + offset : offset, strides };
  }
}

/** The operations of a graph by their numbers, with who reads what they make. */
export class Operations {
  readonly all: readonly GraphNode[];
  readonly #indices: Int32Array;
  /** How many read what each makes, and who does so last. */
  readonly #readers: Int32Array;
  readonly #lastReader: Int32Array;

  constructor(all: readonly GraphNode[], results: readonly GraphNode[]) {
    this.all = all;
    const ids = all.length === 0 ? 0 : all[all.length - 1].id + 1;
    this.#indices = new Int32Array(ids).fill(-1);
    this.#readers = new Int32Array(ids);
    this.#lastReader = new Int32Array(ids);
    all.forEach((node, index) => {
      this.#indices[node.id] = index;
      for (const { id } of node.inputs) {
        this.#readers[id]++;
        this.#lastReader[id] = index;
      }
    });
    // Whoever asked for it is no operation.
    for (const { id } of results) this.#readers[id] = 2;
  }

  /** -1 for what is none. */
  indexOf({ id }: GraphNode): number {
    return id < this.#indices.length ? this.#indices[id] : -1;
  }

  /** Whether the reader reads the node, and nobody else. */
  isOnlyRead(node: GraphNode, reader: GraphNode): boolean {
    return this.#readers[node.id] === 1 && this.all[this.#lastReader[node.id]] === reader;
  }
}
