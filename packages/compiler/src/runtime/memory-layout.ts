/**
 * Where everything of a program lies in the heap: its parameters, inputs, constants, intermediate results, and what
 * kernels need besides.
 */
import type { Parameter, TypedArray } from "@chainrule/core";
import { allocate } from "@chainrule/core/internal";
import { scratchOf } from "../codegen/matmul.ts";
import type { ModuleLayout } from "../codegen/module.ts";
import { Geometries } from "../codegen/window.ts";
import type { FusedGraph } from "../ir/fused-graph.ts";
import type { Graph, GraphNode } from "../ir/graph.ts";
import type { Scratch } from "../ir/layout.ts";
import type { Views } from "../ir/views.ts";
import type { InPlace } from "../passes/in-place.ts";
import { bytesOf, type MemoryPlan } from "../passes/memory-plan.ts";
import { bytesPer, type Heap } from "../wasm/heap.ts";
import { type Block, bufferOf, freeWith, type HeapBuffer } from "./parameter-buffer.ts";
import { threadGroupOf } from "./threads/thread-group.ts";

/** A parameter that the program reads or changes. */
export interface ParameterSlot {
  readonly parameter: Parameter;
  readonly buffer: HeapBuffer;
  readonly assigned: boolean;
}

/** Where an input's numbers go, and which of the inputs it is. */
export interface InputSlot {
  readonly index: number;
  readonly dtype: GraphNode["dtype"];
  readonly address: number;
}

/** The blocks go back to the heap when nobody holds the layout any more. */
export class MemoryLayout implements ModuleLayout {
  readonly heap: Heap;
  readonly views: Views;
  readonly parameters: readonly ParameterSlot[];
  readonly inputs: readonly InputSlot[];
  readonly geometries: Geometries;
  readonly scratch: Scratch;
  readonly #addresses = new Map<GraphNode, number>();
  readonly #writtenOut = new Map<GraphNode, number>();
  readonly #blocks: Block[] = [];

  constructor(graph: Graph, { groups, views }: FusedGraph, inPlace: InPlace, plan: MemoryPlan, heap: Heap) {
    this.heap = heap;
    this.views = views;
    freeWith(this, heap, this.#blocks);
    this.parameters = this.#placeParameters(graph);
    this.#placeIntermediates(plan, inPlace);
    this.inputs = this.#placeInputs(graph);
    this.#placeConstants(graph);
    this.geometries = new Geometries(groups);
    this.geometries.place(heap, (bytes) => this.allocate(bytes));
    this.scratch = this.#placeScratch(Math.max(scratchOf(groups), this.geometries.scratch));
  }

  /** The bytes of everything but the parameters. */
  get bytes(): number {
    return this.#blocks.reduce((total, { bytes }) => total + bytes, 0);
  }

  allocate(bytes: number): number {
    const address = this.heap.allocate(bytes);
    this.#blocks.push({ address, bytes });
    return address;
  }

  addressOf(node: GraphNode): number {
    return this.#addresses.get(node)!;
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
    return [...parameters].map((parameter) => ({
      parameter,
      buffer: bufferOf(parameter, this.heap),
      assigned: changing.has(parameter),
    }));
  }

  #placeIntermediates({ bytes, allocations }: MemoryPlan, { parameters, aliases }: InPlace): void {
    const arena = this.allocate(bytes);
    for (const { node, offset } of allocations) this.#addresses.set(node, arena + offset);
    for (const [node, parameter] of parameters) this.#addresses.set(node, bufferOf(parameter, this.heap).address);
    for (const [node, old] of aliases) this.#addresses.set(node, this.addressOf(old));
  }

  #placeInputs({ nodes }: Graph): InputSlot[] {
    return nodes.flatMap((node) => {
      if (node.source.kind !== "input") return [];
      const address = this.allocate(bytesOf(node));
      this.#addresses.set(node, address);
      return [{ index: node.source.index, dtype: node.dtype, address }];
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

  /** For each thread its own. */
  #placeScratch(bytes: number): Scratch {
    return { bytes, address: bytes > 0 ? this.allocate(bytes * (threadGroupOf(this.heap)?.size ?? 1)) : 0 };
  }
}

function filled({ dtype, size }: GraphNode, number: number): TypedArray {
  return allocate(dtype, size).fill(number);
}
