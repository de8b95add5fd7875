/**
 * A program's place in the heap: where its regions lie, with its parameters, its constants, and the table that its code finds
 * them by.
 */
import type { Parameter, TypedArray } from "@chainrule/core";
import { allocate } from "@chainrule/core/internal";
import type { GraphNode } from "../ir/graph.ts";
import { type Location, tableEntry } from "../ir/layout.ts";
import type { Views } from "../ir/views.ts";
import type { Datum, Regions } from "../passes/regions.ts";
import type { Heap } from "../wasm/heap.ts";
import { type Arena, arenaOf } from "./arena.ts";
import type { Bindings } from "./bindings.ts";
import { bufferOf, type HeapBuffer } from "./parameter-buffer.ts";
import { ProgramData } from "./program-data.ts";
import { type Residents, residentsOf } from "./residents.ts";

/** A parameter that the program reads or changes. */
export interface ParameterSlot {
  readonly parameter: Parameter;
  /** What stands for it in the program's graph. */
  readonly standIn: Parameter;
  readonly buffer: HeapBuffer;
  /** Where the table says that it lies. */
  readonly address: number;
  readonly assigned: boolean;
}

/** Where an input's numbers go, and which of the inputs it is. */
interface PlacedInput {
  readonly index: number;
  readonly dtype: GraphNode["dtype"];
  readonly address: number;
}

let layouts = 0;

/** Addresses hold as long as nothing of it has to leave the heap: `settle` says so before each run. */
export class MemoryLayout {
  readonly heap: Heap;
  readonly residents: Residents;
  readonly views: Views;
  readonly bindings: Bindings;
  readonly parameters: readonly ParameterSlot[];
  readonly inputs: readonly PlacedInput[];
  /** Where the addresses of all regions stand. */
  readonly table: number;
  readonly #number = ++layouts;
  readonly #regions: Regions;
  readonly #arena: Arena;
  readonly #data: ProgramData;
  /** The address of each region. */
  readonly #addresses: readonly number[];
  /** How many had left the heap when everything was last found in its place. */
  #departures: number;

  constructor(regions: Regions, bindings: Bindings, heap: Heap) {
    this.heap = heap;
    this.residents = residentsOf(heap);
    this.views = regions.views;
    this.bindings = bindings;
    this.#regions = regions;
    this.#data = new ProgramData(heap, this);
    this.parameters = [...regions.parameters].map(([standIn, assigned]) => {
      const parameter = bindings.parameters.get(standIn)!;
      const buffer = bufferOf(parameter, heap);
      return { parameter, standIn, buffer, address: buffer.address, assigned };
    });
    this.#arena = arenaOf(heap, regions.arenaBytes);
    this.#data.use(this.#arena);
    this.table = this.allocate(regions.dataBytes);
    this.#addresses = [this.#arena.address, this.table, ...this.parameters.map(({ address }) => address)];
    heap.write("int32", this.table + tableEntry(0), Int32Array.from(this.#addresses));
    for (const datum of regions.data) this.#write(datum);
    this.inputs = regions.inputs.map(({ index, dtype, location }) => ({
      ...{ index, dtype },
      address: this.addressOf(location),
    }));
    this.#departures = this.residents.departures;
  }

  #write({ dtype, offset, numbers }: Datum): void {
    const address = this.table + offset;
    if ("times" in numbers) this.heap.view(dtype, address, numbers.times).fill(numbers.number);
    else this.heap.write(dtype, address, numbers);
  }

  /** The bytes of everything but the parameters. */
  get bytes(): number {
    return this.#regions.arenaBytes + this.#data.bytes;
  }

  /** Memory that the program keeps between its runs. */
  allocate(bytes: number): number {
    return this.#data.allocate(bytes);
  }

  /**
   * Brings back what had to leave, for the run that is on, and values of parameters that were assigned outside; false
   * where something now lies elsewhere, or another run is busy in the arena: then the program has to be placed anew.
   */
  settle(): boolean {
    const { run, departures } = this.residents;
    const { parameters } = this;
    this.#data.lastRun = run;
    this.#arena.lastRun = run;
    let isReady = departures === this.#departures;
    for (const { parameter, buffer } of parameters) {
      buffer.lastRun = run;
      if (buffer.stale || parameter.buffer !== buffer) isReady = false;
    }
    if (!isReady) {
      for (const { parameter, buffer } of parameters) buffer.upload(parameter);
      if (this.#data.isLost || !this.#arena.isResident) return false;
      if (parameters.some(({ buffer, address }) => buffer.address !== address)) return false;
      this.#departures = this.residents.departures;
    }
    return !this.#arena.isBusy;
  }

  /** Takes the arena for a run, until `leave`. */
  enter(): void {
    this.#arena.isBusy = true;
    this.#arena.tenant = this.#number;
  }

  leave(): void {
    this.#arena.isBusy = false;
  }

  /** Whether the numbers of the last run are still there. */
  get holdsNumbers(): boolean {
    return this.#arena.tenant === this.#number && this.#arena.isResident;
  }

  /** Bytes that had to leave, and are wanted again. */
  get lost(): number {
    return (this.#data.isLost ? this.#data.bytes : 0) + (this.#arena.isResident ? 0 : this.#arena.bytes);
  }

  /** Takes the place of another, of the same program: what of it had to leave is welcome back. */
  replace(before: MemoryLayout): void {
    if (before.#data.isLost) this.residents.welcome(this.#data);
    if (!before.#arena.isResident) this.residents.welcome(this.#arena);
    this.residents.release(before.#data);
  }

  addressOf({ region, offset }: Location): number {
    return this.#addresses[region] + offset;
  }

  /** Where the elements of a contiguous value begin. */
  contiguousAddressOf(node: GraphNode): number {
    return this.addressOf(this.#regions.contiguousLocationOf(node));
  }

  /** The numbers of a contiguous value where they lie, to use until the memory grows. */
  numbersOf(node: GraphNode): TypedArray {
    if (node.uniform !== null) return filled(node, node.uniform);
    return this.heap.view(node.dtype, this.contiguousAddressOf(node), node.size);
  }

  /** What copies the numbers of a contiguous value out of the heap. */
  readerOf(node: GraphNode): () => TypedArray {
    const { uniform, dtype, size } = node;
    if (uniform !== null) return () => filled(node, uniform);
    const address = this.contiguousAddressOf(node);
    return () => this.heap.copy(dtype, address, size);
  }
}

function filled({ dtype, size }: GraphNode, number: number): TypedArray {
  return allocate(dtype, size).fill(number);
}
