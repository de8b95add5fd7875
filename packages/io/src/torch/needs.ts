/**
 * What is needed where: which values and calls of a recording are written at all, and what goes into and comes out of each
 * call's method.
 */
import type { GraphNode } from "@chainrule/compiler/internal";
import type { Module } from "@chainrule/nn";
import type { ModuleWriter } from "./module-writer.ts";
import type { Place } from "./places.ts";
import { type Frame, leavesOf } from "./record.ts";
import type { Recorded } from "./recorded.ts";

/** A layer that cannot be PyTorch's own after all, because its weights or values are used from outside. */
export class WriteOut extends Error {
  readonly module: Module<unknown>;

  constructor(module: Module<unknown>) {
    super(`${module.name} is to be written out`);
    this.module = module;
  }
}

/** What of a recording is needed. */
export class Needs {
  readonly #modules: ModuleWriter;
  readonly #recorded: Recorded;
  readonly #live = new Set<GraphNode>();
  readonly #liveFrames = new Set<Frame>();
  readonly #into = new Map<Frame, Set<GraphNode>>();
  readonly #out = new Map<Frame, Set<GraphNode>>();

  /** @throws WriteOut for a layer that cannot be PyTorch's own. */
  constructor(modules: ModuleWriter, recorded: Recorded) {
    this.#modules = modules;
    this.#recorded = recorded;
    const { root, result } = recorded;
    for (const [, node] of leavesOf(result)) this.#use(node, root);
    // The model is called even where, in one of its modes, it gives back what it is given.
    const model = modules.places.root;
    for (const item of root.items)
      if (item.kind === "call" && this.#placeOf(item.frame) === model) this.#keep(item.frame);
    this.#keepAssignments(root);
  }

  has(node: GraphNode): boolean {
    return this.#live.has(node);
  }

  hasCall(frame: Frame): boolean {
    return this.#liveFrames.has(frame);
  }

  /** What goes into a call besides its inputs. */
  into(frame: Frame): ReadonlySet<GraphNode> {
    return this.#into.get(frame) ?? new Set();
  }

  /** What comes out of a call. */
  outOf(frame: Frame): GraphNode[] {
    return [...(this.#out.get(frame) ?? [])];
  }

  #isLeaf(frame: Frame): boolean {
    return frame.module !== null && this.#modules.counterpart(frame.module) !== null;
  }

  #leafOf(frame: Frame): Frame | null {
    let found: Frame | null = null;
    for (let at: Frame | null = frame; at; at = at.parent) if (this.#isLeaf(at)) found = at;
    return found;
  }

  /** The call in whose method something is written. */
  #blockOf(frame: Frame): Frame {
    let at = frame;
    while (at.module && this.#modules.isInlined(at.module)) at = at.parent!;
    return at;
  }

  /** Where a value is made: the call in whose method its line stands; null for constants. */
  #homeOf(node: GraphNode, user: Frame): Frame | null {
    const { source } = node;
    if (source.kind === "constant") return null;
    if (source.kind === "input") return this.#recorded.root;
    if (source.kind === "state") {
      for (let at = user; at.module; at = this.#blockOf(at.parent!))
        if (this.#modules.parameter(this.#placeOf(at), source.parameter) !== null) return at;
      return this.#recorded.root;
    }
    const frame = this.#recorded.frameOf.get(node)!;
    const leaf = this.#leafOf(frame);
    if (!leaf) return this.#blockOf(frame);
    if (!leavesOf(leaf.result).some(([, result]) => result === node)) throw new WriteOut(leaf.module!);
    return this.#blockOf(leaf.parent!);
  }

  #placeOf({ module }: Frame): Place | null {
    return module ? this.#modules.places.of(module) : null;
  }

  /** Notes that a value is needed in a call, and all that it is made of where that is made. */
  #use(node: GraphNode, user: Frame): void {
    const home = this.#homeOf(node, user);
    if (home !== null) this.#carry(node, home, user);
    if (this.#live.has(node)) return;
    this.#live.add(node);
    if (node.source.kind !== "op") return;
    const frame = this.#recorded.frameOf.get(node)!;
    const leaf = this.#leafOf(frame);
    if (leaf) this.#useCall(leaf);
    else {
      this.#keep(frame);
      for (const input of node.inputs) this.#use(input, this.#blockOf(frame));
    }
  }

  #useCall(leaf: Frame): void {
    if (this.#liveFrames.has(leaf)) return;
    this.#keep(leaf);
    for (const node of [...leaf.inputs, ...Object.values(leaf.options).flat()])
      this.#use(node, this.#blockOf(leaf.parent!));
  }

  #keep(frame: Frame): void {
    for (let at: Frame | null = frame; at; at = at.parent) this.#liveFrames.add(at);
  }

  /** From where it is made to where it is needed: out of calls, and into others. */
  #carry(node: GraphNode, home: Frame, user: Frame): void {
    const above = (frame: Frame) => {
      const found: Frame[] = [];
      for (let at: Frame = frame; ; at = this.#blockOf(at.parent!)) {
        found.push(at);
        if (at.parent === null) return found;
      }
    };
    const [from, to] = [above(home), above(user)];
    const common = from.find((frame) => to.includes(frame))!;
    for (const frame of from.slice(0, from.indexOf(common))) addTo(this.#out, frame, node);
    for (const frame of to.slice(0, to.indexOf(common))) addTo(this.#into, frame, node);
  }

  /** What a module keeps in its buffers is needed. */
  #keepAssignments(frame: Frame): void {
    for (const item of frame.items) {
      if (item.kind === "call" && !this.#isLeaf(item.frame)) this.#keepAssignments(item.frame);
      if (item.kind !== "assign") continue;
      this.#keep(frame);
      this.#use(item.value, this.#blockOf(frame));
    }
  }
}

function addTo(map: Map<Frame, Set<GraphNode>>, frame: Frame, node: GraphNode): void {
  const found = map.get(frame) ?? new Set();
  map.set(frame, found.add(node));
}
