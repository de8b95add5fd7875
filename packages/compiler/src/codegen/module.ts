/**
 * A program's module: a function for each fusion group, and an entry point for each run of groups that is called in one
 * go.
 */

import type { FusedGraph, FusionGroup } from "../ir/fused-graph.ts";
import type { GraphNode } from "../ir/graph.ts";
import type { Layout, Scratch } from "../ir/layout.ts";
import type { Phase } from "../ir/phases.ts";
import type { Code, FunctionDefinition } from "../wasm/assembler.ts";
import { writeAxisLoop } from "./axis-loops.ts";
import { writeCopy } from "./copy.ts";
import { scalarFallbacks } from "./emitters.ts";
import { writeIndexing } from "./gather-scatter.ts";
import { writeGuard } from "./guard.ts";
import { writeLoop } from "./loop-nest.ts";
import { writeMatmul } from "./matmul.ts";
import { partLocal, partParameters, threadLocal, threadParameters, writePhases } from "./parallel.ts";
import { ScalarImports } from "./vector-emitter.ts";
import { type Geometries, writeWindow } from "./window.ts";
import type { WorkPartition } from "./work-partition.ts";

/** What the program calls: neighbouring groups that are all in WebAssembly, from the first to the last. */
export interface EntryPoint {
  readonly first: number;
  readonly last: number;
  /** How it is dispatched in parallel; no phases where it runs serially. */
  readonly phases: readonly Phase[];
}

export interface GeneratedModule {
  readonly functions: readonly FunctionDefinition[];
  /** JavaScript functions that loops call for each element. */
  readonly imports: ScalarImports;
  readonly entryPoints: readonly EntryPoint[];
  /** Into how many parts groups are cut, by their number: those that any thread can do. */
  readonly parts: ReadonlyMap<number, number>;
}

/** Where values lie, and what kernels need besides. */
export interface ModuleLayout extends Layout {
  readonly scratch: Scratch;
  readonly geometries: Geometries;
}

/** What the function of group number `group` is called. */
export function groupName(group: number): string {
  return `group${group}`;
}

/** What an entry point is called: workers know it by the number of its first group. */
export function entryName({ first }: EntryPoint): string {
  return `run${first}`;
}

/** @param phases how threads share the work; none where there is one thread. */
export function generateModule(fused: FusedGraph, phases: readonly Phase[], layout: ModuleLayout): GeneratedModule {
  const { groups, stored } = fused;
  const compiled = groups.flatMap((group, number) => (group.kind === "host" ? [] : [{ group, number }]));
  const imports = importsOf(compiled.flatMap(({ group }) => group.members));
  const parts = partsOf(phases);
  const entryPoints = entryPointsOf(groups, phases);
  const functions = compiled.map(({ group, number }): FunctionDefinition => {
    const partition = partitionOf(parts.get(number));
    return {
      name: groupName(number),
      parameters: partition ? partParameters : [],
      body: (code) => writeGroup(code, group, { layout, stored, imports }, partition),
    };
  });
  return { functions: [...functions, ...entryPoints.map(entryFunction)], imports, entryPoints, parts };
}

/** The JavaScript functions that nodes call for each element, for want of an emitter. */
function importsOf(nodes: readonly GraphNode[]): ScalarImports {
  const imports = new ScalarImports();
  for (const fallback of nodes.flatMap(scalarFallbacks)) imports.add(fallback);
  return imports;
}

interface GroupContext {
  readonly layout: ModuleLayout;
  readonly stored: ReadonlySet<GraphNode>;
  readonly imports: ScalarImports;
}

function writeGroup(code: Code, group: FusionGroup, context: GroupContext, partition: WorkPartition | null): void {
  const { layout } = context;
  const [node] = group.members;
  if (group.kind === "loop") writeLoop(code, group, context, partition);
  else if (group.kind === "matmul") writeMatmul(code, node, layout, layout.scratch, partition);
  else if (group.kind === "window")
    writeWindow(code, node, { layout, geometries: layout.geometries, scratch: layout.scratch }, partition);
  else if (group.kind === "axisLoop") writeAxisLoop(code, node, layout);
  else if (group.kind === "indexing") writeIndexing(code, node, layout);
  else if (group.kind === "guard") writeGuard(code, node, layout);
  else writeCopy(code, node, layout);
}

function partitionOf(parts: number | undefined): WorkPartition | null {
  return parts === undefined ? null : { parts, part: partLocal, thread: threadLocal };
}

function partsOf(phases: readonly Phase[]): Map<number, number> {
  const tasks = phases.flatMap((phase) => (phase.kind === "split" ? phase.tasks : []));
  return new Map(tasks.map(({ group, parts }) => [group, parts]));
}

function entryPointsOf(groups: readonly FusionGroup[], phases: readonly Phase[]): EntryPoint[] {
  const runs: { first: number; last: number }[] = [];
  groups.forEach(({ kind }, number) => {
    if (kind === "host") return;
    const run = runs.at(-1);
    if (run?.last === number - 1) run.last = number;
    else runs.push({ first: number, last: number });
  });
  return runs.map(({ first, last }) => {
    const inside = phases.filter((phase) => phase.first >= first && phase.last <= last);
    return { first, last, phases: inside.some(({ kind }) => kind === "split") ? inside : [] };
  });
}

/** Calls the groups one after another; where threads share the work, what each of them does of it. */
function entryFunction(entry: EntryPoint): FunctionDefinition {
  const { first, last, phases } = entry;
  const name = entryName(entry);
  if (phases.length > 0)
    return { name, parameters: threadParameters, result: "i32", body: (code) => writePhases(code, phases, groupName) };
  return {
    name,
    parameters: [],
    body: (code) => {
      for (let number = first; number <= last; number++) code.call(groupName(number));
    },
  };
}
