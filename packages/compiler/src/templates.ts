/**
 * What was compiled in this process, by its structure: a second model of the same shape, or the same one with other numbers, has
 * its code at once.
 */
import type { Parameter } from "@chainrule/core";
import type { FusedGraph } from "./ir/fused-graph.ts";
import type { Graph } from "./ir/graph.ts";
import type { Phase } from "./ir/phases.ts";
import type { InPlace } from "./passes/in-place.ts";
import type { MemoryPlan } from "./passes/memory-plan.ts";
import type { Regions } from "./passes/regions.ts";
import type { Linked } from "./runtime/link.ts";
import { areEqualStructures, type Structure, type StructureOfGraph } from "./trace/structure.ts";
import type { Heap } from "./wasm/heap.ts";

/** What passes make of a graph: the same for all that have its structure, wherever they are placed. */
export interface Template {
  readonly graph: Graph;
  readonly fused: FusedGraph;
  readonly inPlace: InPlace;
  readonly phases: readonly Phase[];
  readonly plan: MemoryPlan;
  readonly regions: Regions;
  readonly linked: Linked;
  /** What stands in the graph for the parameters of its structure, in their order. */
  readonly standIns: readonly Parameter[];
  /** The attributes of its random draws, in their order. */
  readonly draws: readonly unknown[];
}

interface Entry {
  readonly structure: Structure;
  readonly deterministic: boolean;
  readonly template: Template;
  readonly size: number;
}

/** So many operations are kept, which hold about 2 kB each. */
const mostOperations = 30_000;
/** So many numbers of constants count as one operation. */
const constantsPerOperation = 512;

const caches = new WeakMap<Heap, Templates>();

/** Those for the programs of a heap, with its threads. */
export function templatesOf(heap: Heap): Templates {
  let found = caches.get(heap);
  if (!found) {
    found = new Templates();
    caches.set(heap, found);
  }
  return found;
}

export class Templates {
  /** The one that was used last comes last. */
  readonly #entries = new Set<Entry>();
  #size = 0;

  /** One of equal structure; otherwise what `make` makes, which is kept for the next. */
  find(structure: StructureOfGraph, deterministic: boolean, make: () => Template): Template {
    for (const entry of this.#entries) {
      if (entry.deterministic !== deterministic || !areEqualStructures(entry.structure, structure)) continue;
      this.#entries.delete(entry);
      this.#entries.add(entry);
      return entry.template;
    }
    const template = make();
    if (structure.isComparable) this.#keep(structure, deterministic, template);
    return template;
  }

  #keep(
    { parameters: _, draws: __, ...structure }: StructureOfGraph,
    deterministic: boolean,
    template: Template,
  ): void {
    const numbers = structure.constants.reduce((total, { length }) => total + length, 0);
    const size = structure.ops.length + numbers / constantsPerOperation;
    this.#entries.add({ structure, deterministic, template, size });
    this.#size += size;
    for (const entry of this.#entries) {
      if (this.#size <= mostOperations) return;
      this.#entries.delete(entry);
      this.#size -= entry.size;
    }
  }
}
