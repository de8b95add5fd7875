/**
 * Regions: where in a program's memory everything lies, counted from the beginnings of its regions, which lie wherever there is
 * room. It is the same for all programs of the same structure.
 */
import type { DType, Parameter, TypedArray } from "@chainrule/core";
import { columnSumsScratch } from "../codegen/column-sums.ts";
import { scratchOf } from "../codegen/matmul.ts";
import type { ModuleLayout } from "../codegen/module.ts";
import { Geometries } from "../codegen/window.ts";
import { type FusedGraph, withBodies } from "../ir/fused-graph.ts";
import type { Graph, GraphNode } from "../ir/graph.ts";
import { arenaRegion, dataRegion, firstParameterRegion, type Location, type Part, tableEntry } from "../ir/layout.ts";
import { rowValuesScratch } from "../ir/row-values.ts";
import type { Views } from "../ir/views.ts";
import { bytesPer, cacheLine, roundUp, vectorBytes } from "../wasm/heap.ts";
import type { InPlace } from "./in-place.ts";
import { bytesOf, type MemoryPlan } from "./memory-plan.ts";

/** Where an input's numbers go, and which of the inputs it is. */
export interface InputSlot {
  readonly index: number;
  readonly dtype: DType;
  readonly location: Location;
}

/** Numbers that a program is placed with: an array, or one number so many times. */
export interface Datum {
  readonly dtype: DType;
  readonly offset: number;
  readonly numbers: TypedArray | { readonly number: number; readonly times: number };
}

export class Regions implements ModuleLayout {
  readonly views: Views;
  /** The parameters that are read or changed, in the order of their regions, and whether they are changed. */
  readonly parameters: ReadonlyMap<Parameter, boolean>;
  readonly inputs: readonly InputSlot[];
  readonly geometries: Geometries;
  readonly scratch: ModuleLayout["scratch"];
  /** Bytes of intermediate results, inputs, and scratch memory of each thread: whoever runs next may have all of it. */
  readonly arenaBytes: number;
  readonly data: Datum[] = [];
  /** Bytes of the data; the table comes first. More may come while code is written. */
  dataBytes: number;
  readonly #locations = new Map<GraphNode, Location>();
  readonly #regions = new Map<Parameter, number>();
  readonly #parts: ReadonlyMap<GraphNode, Part>;
  readonly #writtenOut = new Map<GraphNode, Location>();

  constructor(graph: Graph, fused: FusedGraph, inPlace: InPlace, plan: MemoryPlan, threads: number) {
    const { groups, views } = fused;
    this.views = views;
    this.#parts = inPlace.parts;
    this.parameters = this.#parametersOf(graph);
    this.dataBytes = roundUp(tableEntry(firstParameterRegion + this.parameters.size), vectorBytes);
    this.geometries = new Geometries(groups);
    const scratch = Math.max(scratchOf(withBodies(groups)), this.geometries.scratch, ...loopScratch(fused));
    const grain = threads > 1 ? cacheLine : vectorBytes;
    const scratchBytes = roundUp(scratch, grain);
    this.#placeIntermediates(plan, inPlace);
    let end = plan.bytes;
    this.inputs = graph.nodes.flatMap((node) => {
      if (node.source.kind !== "input") return [];
      const location = { region: arenaRegion, offset: end };
      this.#locations.set(node, location);
      end += bytesOf(node, grain);
      return [{ index: node.source.index, dtype: node.dtype, location }];
    });
    this.scratch = { location: { region: arenaRegion, offset: end }, bytes: scratchBytes };
    this.arenaBytes = end + scratchBytes * threads;
    this.#placeConstants(graph);
    for (const { body } of groups) if (body) this.#placeConstants(body.fused.graph);
    this.geometries.place((numbers) => this.#add("int32", numbers, numbers.length));
  }

  locationOf(node: GraphNode): Location {
    return this.#locations.get(node)!;
  }

  partOf(node: GraphNode): Part | undefined {
    return this.#parts.get(node);
  }

  contiguousLocationOf(node: GraphNode): Location {
    const { uniform, size, dtype } = node;
    if (uniform === null) {
      const { base, offset } = this.views.of(node);
      return beyond(this.locationOf(base), offset * bytesPer(dtype));
    }
    let location = this.#writtenOut.get(node);
    if (location === undefined) {
      location = this.#add(dtype, { number: uniform, times: size }, size);
      this.#writtenOut.set(node, location);
    }
    return location;
  }

  #add(dtype: DType, numbers: Datum["numbers"], length: number): Location {
    const offset = this.dataBytes;
    this.data.push({ dtype, offset, numbers });
    this.dataBytes += roundUp(length * bytesPer(dtype), vectorBytes);
    return { region: dataRegion, offset };
  }

  #parametersOf({ nodes, assigned }: Graph): Map<Parameter, boolean> {
    const parameters = new Map<Parameter, boolean>(assigned.map(([parameter]) => [parameter, true]));
    for (const { source } of nodes)
      if (source.kind === "state" && !parameters.has(source.parameter)) parameters.set(source.parameter, false);
    for (const parameter of parameters.keys()) this.#regions.set(parameter, firstParameterRegion + this.#regions.size);
    for (const node of nodes)
      if (node.source.kind === "state") this.#locations.set(node, this.#beginningOf(node.source.parameter));
    return parameters;
  }

  #beginningOf(parameter: Parameter): Location {
    return { region: this.#regions.get(parameter)!, offset: 0 };
  }

  #placeConstants({ nodes }: Graph): void {
    for (const node of nodes) {
      if (node.source.kind !== "constant") continue;
      this.#locations.set(node, this.#add(node.dtype, node.source.numbers, node.source.numbers.length));
    }
  }

  #placeIntermediates({ allocations }: MemoryPlan, { parameters, aliases, parts }: InPlace): void {
    for (const { node, offset } of allocations) this.#locations.set(node, { region: arenaRegion, offset });
    for (const [node, parameter] of parameters) this.#locations.set(node, this.#beginningOf(parameter));
    for (const [node, old] of aliases) this.#locations.set(node, this.locationOf(old));
    for (const [node, { whole, offset }] of parts)
      this.#locations.set(node, beyond(this.locationOf(whole), offset * bytesPer(node.dtype)));
  }
}

/** The scratch bytes of each loop, those in scans included. */
function loopScratch({ groups, inRows }: FusedGraph): number[] {
  return groups.flatMap((group) => [
    columnSumsScratch(group) + rowValuesScratch(group, inRows),
    ...(group.body ? loopScratch(group.body.fused) : []),
  ]);
}

function beyond({ region, offset }: Location, bytes: number): Location {
  return { region, offset: offset + bytes };
}
