/**
 * Where everything of a program lies in the heap: its parameters, inputs, constants, intermediate results, and what
 * kernels need besides.
 */
import type { Parameter, TypedArray } from "@chainrule/core";
import { allocate } from "@chainrule/core/internal";
import { columnSumsScratch } from "../codegen/column-sums.ts";
import { scratchOf } from "../codegen/matmul.ts";
import type { ModuleLayout } from "../codegen/module.ts";
import { Geometries } from "../codegen/window.ts";
import { type FusedGraph, withBodies } from "../ir/fused-graph.ts";
import type { Graph, GraphNode } from "../ir/graph.ts";
import type { Part, Scratch } from "../ir/layout.ts";
import { rowValuesScratch } from "../ir/row-values.ts";
import type { Views } from "../ir/views.ts";
import type { InPlace } from "../passes/in-place.ts";
import { bytesOf, type MemoryPlan } from "../passes/memory-plan.ts";
import { bytesPer, type Heap } from "../wasm/heap.ts";
import { type Arena, arenaOf } from "./arena.ts";
import { bufferOf, type HeapBuffer } from "./parameter-buffer.ts";
import { ProgramData } from "./program-data.ts";
import { type Residents, residentsOf } from "./residents.ts";
import { threadGroupOf } from "./threads/thread-group.ts";

/** A parameter that the program reads or changes. */
export interface ParameterSlot {
  readonly parameter: Parameter;
  readonly buffer: HeapBuffer;
  /** Where the code expects it. */
  readonly address: number;
  readonly assigned: boolean;
}

/** Where an input's numbers go, and which of the inputs it is. */
export interface InputSlot {
  readonly index: number;
  readonly dtype: GraphNode["dtype"];
  readonly address: number;
}

let layouts = 0;

/** Addresses hold as long as nothing of it has to leave the heap: `settle` says so before each run. */
export class MemoryLayout implements ModuleLayout {
  readonly heap: Heap;
  readonly residents: Residents;
  readonly views: Views;
  readonly parameters: readonly ParameterSlot[];
  readonly inputs: readonly InputSlot[];
  readonly geometries: Geometries;
  readonly scratch: Scratch;
  readonly #number = ++layouts;
  readonly #arena: Arena;
  readonly #arenaBytes: number;
  readonly #data: ProgramData;
  readonly #addresses = new Map<GraphNode, number>();
  readonly #parts: ReadonlyMap<GraphNode, Part>;
  readonly #writtenOut = new Map<GraphNode, number>();
  /** How many had left the heap when everything was last found in its place. */
  #departures: number;

  constructor(graph: Graph, fused: FusedGraph, inPlace: InPlace, plan: MemoryPlan, heap: Heap) {
    const { groups, views } = fused;
    this.heap = heap;
    this.residents = residentsOf(heap);
    this.views = views;
    this.#parts = inPlace.parts;
    this.#data = new ProgramData(heap, this);
    this.parameters = this.#placeParameters(graph);
    this.geometries = new Geometries(groups);
    const threads = threadGroupOf(heap)?.size ?? 1;
    const scratchBytes = Math.max(scratchOf(withBodies(groups)), this.geometries.scratch, ...loopScratch(fused));
    const inputs = graph.nodes.filter(({ source }) => source.kind === "input");
    const inputBytes = inputs.reduce((total, node) => total + bytesOf(node), 0);
    // Intermediate results, then inputs, then scratch memory for each thread: whoever runs next may have all of it.
    this.#arenaBytes = plan.bytes + inputBytes + scratchBytes * threads;
    this.#arena = arenaOf(heap, this.#arenaBytes);
    this.#data.use(this.#arena);
    const { address } = this.#arena;
    this.#placeIntermediates(address, plan, inPlace);
    this.inputs = this.#placeInputs(address + plan.bytes, inputs);
    this.scratch = { bytes: scratchBytes, address: address + plan.bytes + inputBytes };
    this.#placeConstants(graph);
    for (const { body } of groups) if (body) this.#placeConstants(body.fused.graph);
    this.geometries.place(heap, (bytes) => this.allocate(bytes));
    this.#departures = this.residents.departures;
  }

  /** The bytes of everything but the parameters. */
  get bytes(): number {
    return this.#arenaBytes + this.#data.bytes;
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

  addressOf(node: GraphNode): number {
    return this.#addresses.get(node)!;
  }

  partOf(node: GraphNode): Part | undefined {
    return this.#parts.get(node);
  }

  contiguousAddressOf(node: GraphNode): number {
    if (node.uniform === null) {
      const { base, offset } = this.views.of(node);
      return this.addressOf(base) + offset * bytesPer(node.dtype);
    }
    let address = this.#writtenOut.get(node);
    if (address === undefined) {
      address = this.allocate(bytesOf(node));
      this.heap.view(node.dtype, address, node.size).fill(node.uniform);
      this.#writtenOut.set(node, address);
    }
    return address;
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

  #placeParameters({ nodes, assigned }: Graph): ParameterSlot[] {
    const changing = new Set(assigned.map(([parameter]) => parameter));
    const parameters = new Set(changing);
    for (const node of nodes) {
      if (node.source.kind !== "state") continue;
      const { parameter } = node.source;
      parameters.add(parameter);
      this.#addresses.set(node, bufferOf(parameter, this.heap).address);
    }
    return [...parameters].map((parameter) => {
      const buffer = bufferOf(parameter, this.heap);
      return { parameter, buffer, address: buffer.address, assigned: changing.has(parameter) };
    });
  }

  #placeIntermediates(arena: number, { allocations }: MemoryPlan, { parameters, aliases, parts }: InPlace): void {
    for (const { node, offset } of allocations) this.#addresses.set(node, arena + offset);
    for (const [node, parameter] of parameters) this.#addresses.set(node, bufferOf(parameter, this.heap).address);
    for (const [node, old] of aliases) this.#addresses.set(node, this.addressOf(old));
    for (const [node, { whole, offset }] of parts)
      this.#addresses.set(node, this.addressOf(whole) + offset * bytesPer(node.dtype));
  }

  #placeInputs(from: number, inputs: readonly GraphNode[]): InputSlot[] {
    let address = from;
    return inputs.flatMap((node) => {
      if (node.source.kind !== "input") return [];
      const slot = { index: node.source.index, dtype: node.dtype, address };
      this.#addresses.set(node, address);
      address += bytesOf(node);
      return [slot];
    });
  }

  #placeConstants({ nodes }: Graph): void {
    for (const node of nodes) {
      if (node.source.kind !== "constant") continue;
      const { numbers } = node.source;
      const address = this.allocate(numbers.length * bytesPer(node.dtype));
      this.heap.write(node.dtype, address, numbers);
      this.#addresses.set(node, address);
    }
  }
}

/** The scratch bytes of each loop, those in scans included. */
function loopScratch({ groups, inRows }: FusedGraph): number[] {
  return groups.flatMap((group) => [
    columnSumsScratch(group) + rowValuesScratch(group, inRows),
    ...(group.body ? loopScratch(group.body.fused) : []),
  ]);
}

function filled({ dtype, size }: GraphNode, number: number): TypedArray {
  return allocate(dtype, size).fill(number);
}
