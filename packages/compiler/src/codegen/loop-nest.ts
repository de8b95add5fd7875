/**
 * Writes a group of elementwise values and reductions as one nest of loops.
 */
import { mergeAxes, stridesOf } from "@chainrule/core/internal";
import { type FusionGroup, isFusibleReduction, type RowPass } from "../ir/fused-graph.ts";
import type { GraphNode } from "../ir/graph.ts";
import type { Layout } from "../ir/layout.ts";
import { isView, stridesWithin, type View } from "../ir/views.ts";
import type { Code } from "../wasm/assembler.ts";
import { type Accumulator, accumulatorOf } from "./accumulators.ts";
import { emitterFor, type Lane, laneOf, type Push } from "./emitters.ts";
import { type Imports, laneBytes, type Place, VectorEmitter } from "./vector-emitter.ts";
import { type Range, rangeOf, type Share } from "./work-partition.ts";

/** What a loop must know of the program that it belongs to. */
export interface LoopContext {
  readonly layout: Layout;
  /** Values that are written to memory. */
  readonly stored: ReadonlySet<GraphNode>;
  readonly imports: Imports;
}

/** Something that is read or written along the loops. */
interface Stream {
  readonly lane: Lane;
  readonly address: number;
  /** One stride for each axis of the group, then (see `merge`) for each loop; in elements. */
  strides: readonly number[];
  /** The local that holds what was loaded. */
  value: number;
  /** Which of the passes over a row needs it. */
  readonly rowPass: RowPass;
}

/** Strides of a group's reductions in their results: 0 along what is folded. */
function foldStrides({ lengths, reducedAxes }: FusionGroup): number[] {
  const isGone = (axis: number) => reducedAxes !== null && axis >= reducedAxes.first && axis <= reducedAxes.last;
  const kept = stridesOf(lengths.filter((_, axis) => !isGone(axis)));
  let at = 0;
  return lengths.map((_, axis) => (isGone(axis) ? 0 : kept[at++]));
}

/** @param share which share of the loop to write; all of it by default. */
export function writeLoop(code: Code, group: FusionGroup, context: LoopContext, share: Share | null = null): void {
  new LoopNest(code, group, context, share).write();
}

class LoopNest {
  readonly #e: VectorEmitter;
  readonly #code: Code;
  readonly #group: FusionGroup;
  readonly #context: LoopContext;
  readonly #share: Share | null;
  /** The axis of which only a share is walked: where it begins and how far it goes, in vectors or elements. */
  #split: { readonly axis: number; readonly range: Range } | null = null;
  /** One, but for loops that are computed row by row. */
  readonly #rowPasses: readonly RowPass[];
  readonly #stageOf: ReadonlyMap<GraphNode, RowPass>;
  readonly #loads = new Map<string, Stream>();
  readonly #stores = new Map<GraphNode, Stream>();
  readonly #values = new Map<GraphNode, number>();
  readonly #reducedAxes = new Map<GraphNode, Accumulator>();
  #lengths: readonly number[] = [];
  /** The axes in the order of the loops, outermost first: those that stay, then those that are folded. */
  #order: number[] = [];
  #kept = 0;
  /** What is being written. */
  #rowPass: RowPass;
  /** The pointers at the current depth, by their strides. */
  #pointers = new Map<string, number | null>();

  constructor(code: Code, group: FusionGroup, context: LoopContext, share: Share | null) {
    this.#code = code;
    this.#group = group;
    this.#context = context;
    this.#share = share;
    this.#e = new VectorEmitter(code, group.wide, context.imports);
    this.#rowPasses = group.rowPasses ?? [{ members: group.members, along: true }];
    this.#stageOf = new Map(
      this.#rowPasses.flatMap((rowPass) => rowPass.members.map((node) => [node, rowPass] as const)),
    );
    this.#rowPass = this.#rowPasses[0];
  }

  write(): void {
    for (const node of this.#group.members) this.#collect(node);
    this.#merge();
    if (this.#share) this.#divide(this.#share);
    for (const stream of this.#streams()) this.#pointers.set(this.#pattern(stream), null);
    for (const node of this.#group.members)
      if (isFusibleReduction(node)) this.#reducedAxes.set(node, this.#accumulatorOf(node));
    if (this.#rowPasses.length === 1) this.#loadAt(-1);
    this.#nest(0);
  }

  #streams(): Stream[] {
    return [...this.#loads.values(), ...this.#stores.values()];
  }

  /** Notes what the node reads from outside and what of it is to be kept. */
  #collect(node: GraphNode): void {
    for (const [view, from] of this.#reads(node)) this.#streamOf(node, view, from);
    if (!this.#context.stored.has(node)) return;
    const rowPass = this.#stageOf.get(node)!;
    const isSingle = isFusibleReduction(node) || !rowPass.along;
    const strides = isSingle ? foldStrides(this.#group) : stridesOf(this.#group.lengths);
    const address = this.#context.layout.addressOf(node);
    this.#stores.set(node, { lane: laneOf[node.dtype], address, strides, value: -1, rowPass });
  }

  #reads(node: GraphNode): (readonly [View, GraphNode])[] {
    const { views } = this.#context.layout;
    return isView(node)
      ? [[views.through(node), node] as const]
      : node.inputs.map((input) => [views.of(input), input] as const);
  }

  /** The stream of a value that the node reads from outside; null for what is at hand. */
  #streamOf(node: GraphNode, view: View, from: GraphNode): Stream | null {
    const { base, offset } = view;
    const rowPass = this.#stageOf.get(node)!;
    if (base.uniform !== null || (this.#stageOf.get(base) === rowPass && !isFusibleReduction(base))) return null;
    const strides = stridesWithin(view, from.shape, isFusibleReduction(node) ? node.inputs[0].shape : node.shape);
    if (!rowPass.along) strides.push(0);
    const key = `${this.#rowPasses.indexOf(rowPass)} ${base.id}+${offset}:${strides}`;
    let stream = this.#loads.get(key);
    if (!stream) {
      const lane = laneOf[base.dtype];
      const address = this.#context.layout.addressOf(base) + offset * laneBytes[lane];
      stream = { lane, address, strides, value: this.#e.local(lane), rowPass };
      this.#loads.set(key, stream);
    }
    return stream;
  }

  /** Joins axes that everything walks through in one stride, and puts the loops in order. */
  #merge(): void {
    const streams = this.#streams();
    const { lengths, strides } = mergeAxes(this.#group.lengths, [
      ...streams.map((stream) => stream.strides),
      foldStrides(this.#group),
    ]);
    streams.forEach((stream, i) => {
      stream.strides = strides[i];
    });
    this.#lengths = lengths;
    const axes = lengths.map((_, axis) => axis);
    const isGone = (axis: number) => this.#group.reducedAxes !== null && strides[streams.length][axis] === 0;
    this.#order = [...axes.filter((axis) => !isGone(axis)), ...axes.filter(isGone)];
    this.#kept = axes.filter((axis) => !isGone(axis)).length;
  }

  /** Picks the axis that is shared out: the outermost that is long enough, or else the longest, of those that stay. */
  #divide(share: Share): void {
    const steps = (axis: number) => this.#vectorsOf(axis) ?? this.#lengths[axis];
    const axes = this.#order.slice(0, this.#kept);
    const longest = axes.toSorted((a, b) => steps(b) - steps(a))[0];
    const axis = axes.find((each) => steps(each) >= 2 * share.parts) ?? longest;
    this.#split = { axis, range: rangeOf(this.#code, share, steps(axis)) };
  }

  /** How many whole vectors the axis is walked in; null where it is walked by elements. */
  #vectorsOf(axis: number): number | null {
    if (!this.#group.wide || axis !== this.#lastAxis) return null;
    const length = this.#lengths[axis];
    return this.#isPadded() ? Math.ceil(length / 4) : Math.floor(length / 4);
  }

  get #lastAxis(): number {
    return this.#lengths.length - 1;
  }

  /** Streams that step alike share their pointers; those that step backwards have their own, which is the address. */
  #pattern({ lane, strides, address }: Stream): string {
    const bytes = strides.map((stride) => stride * laneBytes[lane]);
    return bytes.some((step) => step < 0) ? `${bytes}@${address}` : `${bytes}`;
  }

  #placeOf(stream: Stream): Place {
    const pattern = this.#pattern(stream);
    const own = pattern.includes("@");
    const pointer = this.#pointers.get(pattern) ?? null;
    return { pointer, address: own && pointer !== null ? 0 : stream.address };
  }

  #accumulatorOf(node: GraphNode): Accumulator {
    const { lowering } = node;
    const reducer = lowering?.kind === "reduce" ? lowering.reducer : "sum";
    const along = this.#group.wide && this.#order.indexOf(this.#lastAxis) >= this.#kept;
    return accumulatorOf(this.#e, reducer, laneOf[node.dtype], along);
  }

  /** How deep the loops are in which the stream moves on. */
  #depthOf({ strides }: Stream): number {
    let depth = -1;
    this.#order.forEach((axis, level) => {
      if (strides[axis] !== 0) depth = level;
    });
    return depth;
  }

  /** Loads what moves on at this depth. Passes over a row load what they need of it when they begin. */
  #loadAt(depth: number): void {
    const byRow = this.#rowPasses.length > 1;
    const begins = byRow && depth === this.#kept - 1;
    for (const stream of this.#loads.values()) {
      const own = this.#depthOf(stream);
      if (byRow && stream.rowPass !== this.#rowPass) continue;
      if (begins ? own > depth : own !== depth) continue;
      this.#e.load(stream.lane, this.#placeOf(stream), stream.strides[this.#lastAxis] ?? 0);
      this.#code.set(stream.value);
    }
  }

  #nest(depth: number): void {
    if (depth < this.#kept) {
      this.#loop(depth);
      return;
    }
    for (const rowPass of this.#rowPasses) {
      this.#rowPass = rowPass;
      this.#pass();
    }
  }

  /** The loops over what is folded, and nothing else where nothing is. */
  #pass(): void {
    const reducedAxes = [...this.#reducedAxes].filter(([node]) => this.#stageOf.get(node) === this.#rowPass);
    if (this.#rowPasses.length > 1) this.#loadAt(this.#kept - 1);
    for (const [, fold] of reducedAxes) fold.start();
    if (this.#rowPass.along) this.#along(this.#kept);
    else this.#single();
    for (const [node, fold] of reducedAxes) fold.finish(this.#placeOf(this.#stores.get(node)!));
  }

  #along(depth: number): void {
    if (depth === this.#order.length) this.#body();
    else this.#loop(depth);
  }

  /** One element for the row. */
  #single(): void {
    this.#e.width = 1;
    this.#body();
    this.#e.width = this.#e.wide ? 4 : 1;
  }

  #loop(depth: number): void {
    const axis = this.#order[depth];
    const length = this.#lengths[axis];
    const outer = this.#pointers;
    this.#pointers = this.#step(axis, length);
    const vectors = this.#vectorsOf(axis);
    const range = this.#split?.axis === axis ? this.#split.range : null;
    if (vectors !== null) {
      const rest = Math.max(0, length - 4 * vectors);
      this.#times(depth, range ?? vectors, rest > 0);
      this.#e.width = 1;
      if (range && rest > 0) range.onLast(() => this.#times(depth, rest, false));
      else this.#times(depth, rest, false);
      this.#e.width = 4;
    } else this.#times(depth, range ?? length, false);
    this.#pointers = outer;
  }

  /** New pointers for what moves along the axis, starting where the outer loop stands. */
  #step(axis: number, length: number): Map<string, number | null> {
    const pointers = new Map(this.#pointers);
    if (length === 1) return pointers;
    for (const stream of this.#movingAlong(axis)) {
      const pattern = this.#pattern(stream);
      if (pointers.get(pattern) !== this.#pointers.get(pattern)) continue;
      const pointer = this.#code.local("i32");
      const outer = this.#pointers.get(pattern) ?? null;
      if (outer !== null) this.#code.get(outer);
      else this.#code.int(pattern.includes("@") ? stream.address : 0);
      if (this.#split?.axis === axis)
        this.#code.push(this.#split.range.start, [this.#bytesPerStep(axis, stream)], "i32.mul", "i32.add");
      this.#code.set(pointer);
      pointers.set(pattern, pointer);
    }
    return pointers;
  }

  /** The streams that move along the axis; along rows, those of the pass that is being written. */
  #movingAlong(axis: number): Stream[] {
    const isInner = this.#rowPasses.length > 1 && this.#order.indexOf(axis) >= this.#kept;
    return this.#streams().filter(
      ({ strides, rowPass }) => strides[axis] !== 0 && (!isInner || rowPass === this.#rowPass),
    );
  }

  /** Runs the inside of a loop so many times, moving the pointers on. */
  #times(depth: number, count: number | Range, more: boolean): void {
    if (count === 0) return;
    const inside = () => {
      if (depth >= this.#kept) {
        this.#loadAt(depth);
        this.#along(depth + 1);
        return;
      }
      if (this.#rowPasses.length === 1) this.#loadAt(depth);
      this.#nest(depth + 1);
    };
    if (count === 1) {
      inside();
      if (more) this.#advance(depth);
      return;
    }
    const counter = this.#code.local("i32");
    this.#code.put(counter, ...(typeof count === "number" ? [[count] as const] : [count.count]));
    this.#code.repeat(counter, () => {
      inside();
      this.#advance(depth);
    });
  }

  /** How far a stream moves with one step along the axis. */
  #bytesPerStep(axis: number, { strides, lane }: Stream): number {
    return strides[axis] * laneBytes[lane] * (axis === this.#lastAxis ? this.#e.width : 1);
  }

  #advance(depth: number): void {
    const axis = this.#order[depth];
    const moved = new Set<string>();
    for (const stream of this.#movingAlong(axis)) {
      const pattern = this.#pattern(stream);
      if (moved.has(pattern)) continue;
      moved.add(pattern);
      this.#code.advance(this.#pointers.get(pattern)!, this.#bytesPerStep(axis, stream));
    }
  }

  /** Whether the last vector may reach beyond the last element: blocks of memory end with a whole vector. */
  #isPadded(): boolean {
    return (
      this.#group.reducedAxes === null &&
      this.#lengths.length === 1 &&
      this.#streams().every(
        ({ strides: [stride], lane, address }) =>
          stride === 0 || (stride === 1 && address % (4 * laneBytes[lane]) === 0),
      )
    );
  }

  #body(): void {
    for (const node of this.#rowPass.members) {
      const inputs = this.#reads(node).map(([view, from]) => this.#push(node, view, from));
      if (isFusibleReduction(node)) this.#reducedAxes.get(node)!.take(inputs[0]);
      else this.#compute(node, inputs);
    }
  }

  #compute(node: GraphNode, inputs: readonly Push[]): void {
    const lane = laneOf[node.dtype];
    const local = this.#values.get(node) ?? this.#e.local(lane);
    this.#values.set(node, local);
    if (isView(node)) inputs[0]();
    else emitterFor(node)!(this.#e, inputs);
    this.#code.set(local);
    const stream = this.#stores.get(node);
    if (stream) this.#e.store(lane, this.#placeOf(stream), () => this.#code.get(local));
  }

  /** What puts an input on the stack. */
  #push(node: GraphNode, view: View, from: GraphNode): Push {
    const { base } = view;
    if (base.uniform !== null) {
      const x = base.uniform;
      return () => this.#e.constant(laneOf[base.dtype], x);
    }
    const stream = this.#streamOf(node, view, from);
    const local = stream ? stream.value : this.#values.get(base)!;
    return () => this.#code.get(local);
  }
}
