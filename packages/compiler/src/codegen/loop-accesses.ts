/**
 * What a loop reads and writes: of each value where it lies, and the strides along the loop's axes.
 */
import { stridesOf } from "@chainrule/core/internal";
import type { FusionGroup, RowPass } from "../ir/fused-graph.ts";
import type { GraphNode } from "../ir/graph.ts";
import { further, type Place, type Places, type Scratch } from "../ir/layout.ts";
import { isFusibleReduction, type Read, readsOf } from "../ir/reads.ts";
import { isSingle, rowBytes, rowStride } from "../ir/row-values.ts";
import type { Code } from "../wasm/assembler.ts";
import { columnSumBytes, columnSumsScratch } from "./column-sums.ts";
import { laneBytes, laneTypeOf } from "./lanes.ts";
import { type MemoryAccess, reductionStrides } from "./memory-access.ts";
import type { VectorEmitter } from "./vector-emitter.ts";
import type { WorkPartition } from "./work-partition.ts";

/** Where values lie, and which of them are written to memory. */
export interface LoopMemory {
  readonly places: Places;
  readonly scratch: Scratch;
  readonly stored: ReadonlySet<GraphNode>;
  readonly inRows: ReadonlySet<GraphNode>;
}

export class LoopAccesses {
  readonly loads = new Map<string, MemoryAccess>();
  readonly stores = new Map<GraphNode, MemoryAccess>();
  /** Running sums in memory, where columns are added up row after row; none elsewhere. */
  readonly sums = new Map<GraphNode, MemoryAccess>();
  /** One, but for loops that are computed row by row. */
  readonly rowPasses: readonly RowPass[];
  readonly rowPassOf: ReadonlyMap<GraphNode, RowPass>;
  readonly #group: FusionGroup;
  readonly #memory: LoopMemory;
  readonly #e: VectorEmitter;
  /** The thread's scratch memory: first running sums, then values of a block of rows, each so many bytes from there. */
  readonly #scratch: Place;
  readonly #rowOffsets = new Map<GraphNode, number>();

  constructor(group: FusionGroup, memory: LoopMemory, e: VectorEmitter, partition: WorkPartition | null) {
    this.#group = group;
    this.#memory = memory;
    this.#e = e;
    this.rowPasses = group.rowPasses ?? [{ members: group.members, along: true }];
    this.rowPassOf = new Map(
      this.rowPasses.flatMap((rowPass) => rowPass.members.map((node) => [node, rowPass] as const)),
    );
    this.#scratch = this.#placeScratch(e.code, partition);
    for (const node of group.members) this.#collect(node);
    if (columnSumsScratch(group) > 0) this.#collectSums();
  }

  #placeScratch(code: Code, partition: WorkPartition | null): Place {
    const { scratch, inRows } = this.#memory;
    let offset = columnSumsScratch(this.#group);
    for (const rowPass of this.rowPasses)
      for (const node of rowPass.members) {
        if (!inRows.has(node)) continue;
        this.#rowOffsets.set(node, offset);
        offset += rowBytes(node, rowPass, this.#group);
      }
    // In the arena itself, what is read and written in step shares a pointer.
    if (offset === 0 || !partition) return scratch.place;
    const local = code.local("i32");
    code.place(scratch.place).set(local).put(local, partition.thread, [scratch.bytes], "i32.mul", local, "i32.add");
    return { local, offset: 0 };
  }

  /** Where a value begins, and for those of a block of rows how far a row lies from the next. */
  #placeOf(node: GraphNode): Place & { readonly rowStride?: number } {
    const offset = this.#rowOffsets.get(node);
    if (offset === undefined) return this.#memory.places.placeOf(node);
    const single = isSingle(node, this.rowPassOf.get(node)!);
    return { ...further(this.#scratch, offset), rowStride: single ? 1 : rowStride(this.#group) };
  }

  all(): MemoryAccess[] {
    return [...this.loads.values(), ...this.stores.values(), ...this.sums.values()];
  }

  /** What the node reads, one for each input. */
  readsOf(node: GraphNode): Read[] {
    return readsOf(node, this.#memory.places.views);
  }

  /** The access of a value that the node reads from outside; null for what is at hand. */
  accessOf(node: GraphNode, { base, offset, ...read }: Read): MemoryAccess | null {
    const rowPass = this.rowPassOf.get(node)!;
    if (base.uniform !== null || (this.rowPassOf.get(base) === rowPass && !isFusibleReduction(base))) return null;
    const strides = rowPass.along ? read.strides : [...read.strides, 0];
    const key = `${this.rowPasses.indexOf(rowPass)} ${base.id}+${offset}:${strides}`;
    let access = this.loads.get(key);
    if (!access) {
      const lane = laneTypeOf[base.dtype];
      const place = this.#placeOf(base);
      const address = place.offset + offset * laneBytes[lane];
      const value = this.#e.local(lane);
      access = { lane, address, from: place.local, strides, value, rowPass, rowStride: place.rowStride };
      this.loads.set(key, access);
    }
    return access;
  }

  /** Collects what the node reads from outside and what of it is to be kept. */
  #collect(node: GraphNode): void {
    for (const read of this.readsOf(node)) this.accessOf(node, read);
    const { places, stored } = this.#memory;
    if (!stored.has(node)) return;
    const rowPass = this.rowPassOf.get(node)!;
    const strides = places.partOf(node)?.strides ?? this.#stridesOf(node, rowPass);
    const { local, offset, rowStride } = this.#placeOf(node);
    const lane = laneTypeOf[node.dtype];
    this.stores.set(node, { lane, address: offset, from: local, strides, value: -1, rowPass, rowStride });
  }

  /** The strides of a value that the pass computes, where it lies by itself. */
  #stridesOf(node: GraphNode, { along, down }: RowPass): number[] {
    if (down && isFusibleReduction(node)) return stridesOf(this.#group.lengths).fill(0, 0, -1);
    return isFusibleReduction(node) || !along ? reductionStrides(this.#group) : stridesOf(this.#group.lengths);
  }

  /** Places the running sums in the thread's scratch memory. */
  #collectSums(): void {
    for (const rowPass of this.rowPasses) {
      if (this.rowPasses.length > 1 && !rowPass.down) continue;
      for (const node of rowPass.members.filter(isFusibleReduction)) {
        const place = further(this.#scratch, this.sums.size * columnSumBytes(this.#group));
        // Only along columns: what comes further out begins anew.
        const strides = this.#stridesOf(node, rowPass).fill(0, 0, this.#group.reducedAxes?.first);
        this.sums.set(node, { lane: "f64", address: place.offset, from: place.local, strides, value: -1, rowPass });
      }
    }
  }
}
