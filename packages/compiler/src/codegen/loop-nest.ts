/**
 * Writes a group of elementwise values and reductions as one nest of loops.
 */
import type { FusionGroup, RowPass } from "../ir/fused-graph.ts";
import { callsUser, type GraphNode } from "../ir/graph.ts";
import { isFusibleReduction, type Read, type Reduction } from "../ir/reads.ts";
import { isView } from "../ir/views.ts";
import type { Code } from "../wasm/assembler.ts";
import { type Accumulator, accumulatorOf } from "./accumulators.ts";
import { type ColumnSum, columnSum, columnSumsScratch } from "./column-sums.ts";
import { emitterFor } from "./emitters.ts";
import { laneBytes, laneTypeOf, type Push } from "./lanes.ts";
import { LoopAccesses, type LoopMemory } from "./loop-accesses.ts";
import { downColumns, type LoopOrder, orderLoops } from "./loop-order.ts";
import { type MemoryAccess, patternOf } from "./memory-access.ts";
import { type MemoryOperand, type ScalarImports, VectorEmitter } from "./vector-emitter.ts";
import type { PartitionRange, WorkPartition } from "./work-partition.ts";

/** What a loop must know of the program that it belongs to. */
export interface LoopContext extends LoopMemory {
  readonly imports: ScalarImports;
}

/** Parts of a row end where a line of the cache does (of floats), so that threads share none. */
const vectorsPerLine = 4;

/** @param partition which part of the loop to write; all of it by default. */
export function writeLoop(
  code: Code,
  group: FusionGroup,
  context: LoopContext,
  partition: WorkPartition | null = null,
): void {
  new LoopNest(code, group, context, partition).write();
}

class LoopNest {
  readonly #e: VectorEmitter;
  readonly #code: Code;
  readonly #group: FusionGroup;
  readonly #partition: WorkPartition | null;
  /** The axis of which only a part is walked: where it begins and how far it goes, in vectors or elements. */
  #split: { readonly axis: number; readonly range: PartitionRange } | null = null;
  readonly #accesses: LoopAccesses;
  readonly #values = new Map<GraphNode, number>();
  readonly #accumulators = new Map<GraphNode, Accumulator | ColumnSum>();
  /** Whether running sums are being stored as results. */
  #finishes = false;
  readonly #loops: LoopOrder;
  /** Whether the rows of a block are written one after another inside of the loop over columns, and which of them is. */
  #goesDown: boolean;
  #order: readonly number[];
  #rowAtHand = 0;
  /** What is being written. */
  #rowPass: RowPass;
  /** All accesses, and which pointer each of them goes by. */
  readonly #patterns = new Map<MemoryAccess, string>();
  /** The pointers at the current depth, by their strides. */
  #pointers = new Map<string, number | null>();

  constructor(code: Code, group: FusionGroup, context: LoopContext, partition: WorkPartition | null) {
    this.#code = code;
    this.#group = group;
    this.#partition = partition;
    this.#e = new VectorEmitter(code, group.wide, context.imports);
    this.#accesses = new LoopAccesses(group, context, this.#e, partition);
    this.#rowPass = this.#accesses.rowPasses[0];
    this.#loops = orderLoops(group, this.#accesses);
    this.#order = this.#loops.order;
    this.#goesDown = this.#loops.goesDown;
  }

  write(): void {
    for (const access of this.#accesses.all()) this.#patterns.set(access, patternOf(access));
    if (this.#partition) this.#partitionAxis(this.#partition);
    for (const pattern of this.#patterns.values()) this.#pointers.set(pattern, null);
    for (const node of this.#group.members)
      if (isFusibleReduction(node)) this.#accumulators.set(node, this.#accumulatorOf(node));
    if (this.#accesses.rowPasses.length === 1) this.#loadAt(-1);
    if (this.#accesses.rowPasses.length > 1 && this.#accesses.sums.size > 0) this.#sumUp(() => this.#nest(0));
    else this.#nest(0);
  }

  /** Picks the axis that is partitioned: the outermost that is long enough, or else the longest, of those that stay. */
  #partitionAxis(partition: WorkPartition): void {
    if (partition.rows !== undefined) {
      const range = partition.rowRange(this.#code, this.#loops.lengths[0], this.#vectorsOf(0));
      this.#split = { axis: 0, range };
      return;
    }
    const steps = (axis: number) => this.#vectorsOf(axis) ?? this.#loops.lengths[axis];
    const axes = [...this.#order.slice(0, this.#loops.kept), ...(this.#accesses.sums.size > 0 ? [this.#lastAxis] : [])];
    const longest = axes.toSorted((a, b) => steps(b) - steps(a))[0];
    const axis = axes.find((each) => steps(each) >= 2 * partition.parts) ?? longest;
    const grain = axis === this.#lastAxis && this.#vectorsOf(axis) !== null ? vectorsPerLine : 1;
    this.#split = { axis, range: partition.range(this.#code, steps(axis), grain) };
  }

  /** How many whole vectors the axis is walked in; null where it is walked by elements. */
  #vectorsOf(axis: number): number | null {
    if (!this.#group.wide || axis !== this.#lastAxis) return null;
    const length = this.#loops.lengths[axis];
    return this.#isPadded() ? Math.ceil(length / 4) : Math.floor(length / 4);
  }

  get #lastAxis(): number {
    return this.#loops.lengths.length - 1;
  }

  #memoryOf(access: MemoryAccess): MemoryOperand {
    const pattern = this.#patterns.get(access)!;
    const own = pattern.includes("@");
    const pointer = this.#pointers.get(pattern) ?? null;
    const further = this.#rowAtHand && this.#rowAtHand * this.#bytesPerStep(this.#loops.rowsOfBlock!, access);
    if (pointer === null) return { pointer: access.from, address: access.address + further };
    return { pointer, address: (own ? 0 : access.address) + further };
  }

  #accumulatorOf(node: Reduction): Accumulator {
    const sum = this.#accesses.sums.get(node);
    if (sum) return columnSum(this.#e, () => this.#memoryOf(sum));
    const {
      lowering: { reducer },
      dtype,
    } = node;
    const horizontal = this.#group.wide && this.#order.indexOf(this.#lastAxis) >= this.#loops.kept;
    return accumulatorOf(this.#e, reducer, laneTypeOf[dtype], horizontal);
  }

  /** How deep the loops are in which the access moves on. */
  #depthOf({ strides }: MemoryAccess): number {
    let depth = -1;
    this.#order.forEach((axis, level) => {
      if (strides[axis] !== 0) depth = level;
    });
    return depth;
  }

  /** Loads what moves on at this depth. Passes over a row load what they need of it when they begin. */
  #loadAt(depth: number): void {
    const byRow = this.#accesses.rowPasses.length > 1;
    const begins = byRow && depth === this.#loops.kept - 1;
    for (const access of this.#accesses.loads.values()) {
      const own = this.#depthOf(access);
      if (byRow && access.rowPass !== this.#rowPass) continue;
      if (begins ? own > depth : own !== depth) continue;
      this.#e.load(access.lane, this.#memoryOf(access), access.strides[this.#lastAxis] ?? 0);
      this.#code.set(access.value);
    }
  }

  #nest(depth: number): void {
    if (depth < this.#loops.kept) {
      this.#loop(depth);
      return;
    }
    for (const rowPass of this.#accesses.rowPasses) {
      this.#rowPass = rowPass;
      this.#pass();
    }
  }

  /** The loops over the axes that are reduced, and nothing else where none is. */
  #pass(): void {
    if (this.#goesDown) {
      this.#sumUp(() => this.#loopsFrom(this.#loops.kept));
      return;
    }
    if (this.#isWideAcrossRows()) {
      this.#acrossRows();
      return;
    }
    if (this.#accesses.rowPasses.length > 1) this.#loadAt(this.#loops.kept - 1);
    if (this.#rowPass.down) this.#columns();
    else if (this.#loops.rowsOfBlock === null) this.#row();
    else this.#loop(this.#loops.kept);
  }

  /** The columns of a block of rows. */
  #columns(): void {
    const order = this.#order;
    this.#goesDown = true;
    this.#order = downColumns(order);
    this.#loop(this.#loops.kept);
    this.#goesDown = false;
    this.#order = order;
  }

  /** What the pass computes of one row. */
  #row(): void {
    const accumulators = [...this.#accumulators].filter(
      ([node]) => this.#accesses.rowPassOf.get(node) === this.#rowPass,
    );
    for (const [, accumulator] of accumulators) accumulator.initialize();
    if (this.#rowPass.along)
      this.#loopsFrom(this.#loops.rowsOfBlock === null ? this.#loops.kept : this.#loops.kept + 1);
    else this.#single();
    for (const [node, accumulator] of accumulators) accumulator.store(this.#memoryOf(this.#accesses.stores.get(node)!));
  }

  /** Adds up columns row after row, then stores the results of all of them. */
  #sumUp(rows: () => void): void {
    const [{ from, address }] = this.#accesses.sums.values();
    this.#code.place({ local: from, offset: address }).int(0).int(columnSumsScratch(this.#group)).op("memory.fill");
    rows();
    this.#finishes = true;
    this.#loop(this.#order.indexOf(this.#lastAxis));
    this.#finishes = false;
  }

  /** Stores the sums of the columns at hand. */
  #finish(): void {
    for (const node of this.#accesses.sums.keys())
      this.#accumulators.get(node)!.store(this.#memoryOf(this.#accesses.stores.get(node)!));
  }

  /** Adds the rows of a block to the sums of the columns at hand. */
  #addRows(depth: number): void {
    const nodes = this.#rowPass.members.filter((node) => this.#accesses.sums.has(node));
    const sums = nodes.map((node) => this.#accumulators.get(node) as ColumnSum);
    for (const sum of sums) sum.initialize();
    for (let row = 0; row < this.#loops.lengths[this.#loops.rowsOfBlock!]; row++) {
      this.#rowAtHand = row;
      this.#loadAt(depth);
      this.#body();
    }
    this.#rowAtHand = 0;
    for (const sum of sums) sum.keep();
  }

  #loopsFrom(depth: number): void {
    if (this.#finishes) this.#finish();
    else if (depth === this.#order.length) this.#body();
    else if (this.#goesDown && this.#order[depth] === this.#loops.rowsOfBlock) this.#addRows(depth);
    else this.#loop(depth);
  }

  /** One element for the row. */
  #single(): void {
    this.#e.width = 1;
    this.#body();
    this.#e.width = this.#e.wide ? 4 : 1;
  }

  /** Whether what the pass computes of the rows of a block is a vector. */
  #isWideAcrossRows(): boolean {
    if (this.#loops.rowsOfBlock === null || this.#loops.lengths[this.#loops.rowsOfBlock] < 4) return false;
    if (this.#rowPass.along || !this.#e.wide) return false;
    const stores = [...this.#accesses.stores.values()].filter(({ rowPass }) => rowPass === this.#rowPass);
    return stores.every(({ strides }) => strides[this.#loops.rowsOfBlock!] === 1);
  }

  /** One element for each row of the block. */
  #acrossRows(): void {
    for (const access of this.#accesses.loads.values()) {
      if (access.rowPass !== this.#rowPass) continue;
      this.#e.load(access.lane, this.#memoryOf(access), access.strides[this.#loops.rowsOfBlock!]);
      this.#code.set(access.value);
    }
    this.#body();
  }

  #loop(depth: number): void {
    const axis = this.#order[depth];
    const length = this.#loops.lengths[axis];
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
    for (const access of this.#movingAlong(axis)) {
      const pattern = this.#patterns.get(access)!;
      if (pointers.get(pattern) !== this.#pointers.get(pattern)) continue;
      const pointer = this.#code.local("i32");
      const outer = this.#pointers.get(pattern) ?? null;
      if (outer !== null) this.#code.get(outer);
      else this.#code.place({ local: access.from, offset: pattern.includes("@") ? access.address : 0 });
      if (this.#split?.axis === axis)
        this.#code.push(this.#split.range.start, [this.#bytesPerStep(axis, access)], "i32.mul", "i32.add");
      this.#code.set(pointer);
      pointers.set(pattern, pointer);
    }
    return pointers;
  }

  /** The accesses that move along the axis; along rows, those of the pass that is being written. */
  #movingAlong(axis: number): MemoryAccess[] {
    if (this.#finishes) return this.#results().filter(({ strides }) => strides[axis] !== 0);
    const isInner = this.#accesses.rowPasses.length > 1 && this.#order.indexOf(axis) >= this.#loops.kept;
    return this.#accesses
      .all()
      .filter(({ strides, rowPass }) => strides[axis] !== 0 && (!isInner || rowPass === this.#rowPass));
  }

  /** Running sums, and where they end. */
  #results(): MemoryAccess[] {
    return [...this.#accesses.sums].flatMap(([node, sum]) => [sum, this.#accesses.stores.get(node)!]);
  }

  /** Runs the inside of a loop so many times, moving the pointers on. */
  #times(depth: number, count: number | PartitionRange, more: boolean): void {
    if (count === 0) return;
    const inside = () => {
      if (depth >= this.#loops.kept) {
        if (!this.#finishes) this.#loadAt(depth);
        if (!this.#goesDown && this.#order[depth] === this.#loops.rowsOfBlock) this.#row();
        else this.#loopsFrom(depth + 1);
        return;
      }
      if (this.#accesses.rowPasses.length === 1) this.#loadAt(depth);
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

  /** How far an access moves with one step along the axis. */
  #bytesPerStep(axis: number, { strides, lane }: MemoryAccess): number {
    return strides[axis] * laneBytes[lane] * (axis === this.#lastAxis ? this.#e.width : 1);
  }

  #advance(depth: number): void {
    const axis = this.#order[depth];
    const moved = new Set<string>();
    for (const access of this.#movingAlong(axis)) {
      const pattern = this.#patterns.get(access)!;
      if (moved.has(pattern)) continue;
      moved.add(pattern);
      this.#code.advance(this.#pointers.get(pattern)!, this.#bytesPerStep(axis, access));
    }
  }

  /**
   * Whether the last vector may reach beyond the last element: blocks of memory end with a whole vector. Functions of the
   * user's could refuse what lies there.
   */
  #isPadded(): boolean {
    return (
      this.#group.reducedAxes === null &&
      !this.#group.members.some(callsUser) &&
      this.#loops.lengths.length === 1 &&
      this.#accesses
        .all()
        .every(
          ({ strides: [stride], lane, address }) =>
            stride === 0 || (stride === 1 && address % (4 * laneBytes[lane]) === 0),
        )
    );
  }

  #body(): void {
    for (const node of this.#rowPass.members) {
      const inputs = this.#accesses.readsOf(node).map((read) => this.#push(node, read));
      if (isFusibleReduction(node)) this.#accumulators.get(node)!.accumulate(inputs[0]);
      else this.#compute(node, inputs);
    }
  }

  #compute(node: GraphNode, inputs: readonly Push[]): void {
    const lane = laneTypeOf[node.dtype];
    const local = this.#values.get(node) ?? this.#e.local(lane);
    this.#values.set(node, local);
    if (isView(node)) inputs[0]();
    else emitterFor(node)!(this.#e, inputs);
    this.#code.set(local);
    const access = this.#accesses.stores.get(node);
    if (access) this.#e.store(lane, this.#memoryOf(access), () => this.#code.get(local));
  }

  /** What puts an input on the stack. */
  #push(node: GraphNode, read: Read): Push {
    const { base } = read;
    if (base.uniform !== null) {
      const x = base.uniform;
      return () => this.#e.constant(laneTypeOf[base.dtype], x);
    }
    const access = this.#accesses.accessOf(node, read);
    const local = access ? access.value : this.#values.get(base)!;
    return () => this.#code.get(local);
  }
}
