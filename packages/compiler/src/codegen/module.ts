/**
 * A program's module: a function for each fusion group, and an entry point for each run of groups that is called in one
 * go.
 */

import { type FusedGraph, type FusionGroup, withBodies } from "../ir/fused-graph.ts";
import type { GraphNode } from "../ir/graph.ts";
import { type Layout, type Location, type Places, type Scratch, tableEntry } from "../ir/layout.ts";
import type { Phase } from "../ir/phases.ts";
import type { Code, FunctionDefinition } from "../wasm/assembler.ts";
import { writeAxisLoop } from "./axis-loops.ts";
import { writeCopy } from "./copy.ts";
import { scalarFallbacks } from "./emitters.ts";
import { type EqualGroups, equalGroups, misalignment, type Storage } from "./equal-groups.ts";
import { writeIndexing } from "./gather-scatter.ts";
import { writeGuard } from "./guard.ts";
import { writeLoop } from "./loop-nest.ts";
import { writeMatmul } from "./matmul.ts";
import { partParameters, type ThreadedCode, threadParameters } from "./parallel.ts";
import { rarer } from "./rarer.ts";
import { type GroupWriting, scanFunctions } from "./scan.ts";
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

/** The function that computes a group, and what it is given the addresses of, after part and thread. */
export interface GroupCall {
  readonly name: string;
  readonly given: readonly Location[];
  /** Into how many parts the group is cut, which any thread can do; undefined where it is not. */
  readonly parts: number | undefined;
}

export interface GeneratedModule {
  readonly functions: readonly FunctionDefinition[];
  /** JavaScript functions that loops call for each element. */
  readonly imports: ScalarImports;
  readonly entryPoints: readonly EntryPoint[];
  /** How each group that is in WebAssembly is computed, by its number. */
  readonly calls: ReadonlyMap<number, GroupCall>;
}

/** Where values lie, and what kernels need besides. */
export interface ModuleLayout extends Layout {
  /** Memory in which kernels pack their operands: so many bytes for each thread. */
  readonly scratch: { readonly location: Location; readonly bytes: number };
  readonly geometries: Geometries;
}

/** What an entry point is called: workers know it by the number of its first group. */
export function entryName({ first }: EntryPoint): string {
  return `run${first}`;
}

/**
 * The module's functions take, last, where the program's table of regions lies: their code is the same wherever that is.
 *
 * @param phases how threads share the work; none where there is one thread.
 * @param threaded writes what each of them does.
 */
export function generateModule(
  fused: FusedGraph,
  phases: readonly Phase[],
  layout: ModuleLayout,
  threaded?: ThreadedCode,
): GeneratedModule {
  const { groups, stored, inRows } = fused;
  const imports = importsOf(withBodies(groups));
  const parts = partsOf(phases);
  const entryPoints = entryPointsOf(groups, phases);
  const functions: FunctionDefinition[] = [];
  const calls = new Map<number, GroupCall>();
  const define = (name: string, group: FusionGroup, cut: number | undefined, shared: SharedPlaces | null) => {
    const partition = cut === undefined ? null : threaded!.partition(cut);
    const first = partition ? partParameters.length : 0;
    const table = first + (shared?.count ?? 0);
    functions.push({
      name,
      parameters: new Array<"i32">(table + 1).fill("i32"),
      body: (code) => {
        const fixed = placesIn(code, layout, table);
        const places = shared ? shared.placesIn(fixed, first) : fixed;
        writeGroup(code, group, { layout, places, stored, inRows, imports }, partition);
      },
    });
  };
  const storage: Storage = { views: layout.views, partOf: (node) => layout.partOf(node), stored, inRows };
  for (const equal of equalGroups(groups, storage, (number) => parts.get(number))) {
    const [{ number }] = equal.members;
    const [name, cut] = [groupName(number), parts.get(number)];
    const shared = sharedPlaces(equal, layout);
    define(name, equal.group, cut, shared);
    for (const { number, operands } of equal.members)
      calls.set(number, { name, given: shared.givenFor(operands), parts: cut });
  }
  const defineScan = (name: string, group: FusionGroup, cut: number | undefined) => {
    const { fused, rows } = group.body!;
    const { stored, inRows } = fused;
    const own = cut === undefined ? null : threaded!.partition(cut, rows!);
    const context = { layout, imports, stored, inRows };
    const writing: GroupWriting = {
      placesIn: (code, table) => placesIn(code, layout, table),
      writeGroup: (code, group, places) => writeGroup(code, group, { ...context, places }, own),
    };
    functions.push(...scanFunctions(name, group, layout, writing, own));
  };
  groups.forEach((group, number) => {
    if (group.kind === "host" || calls.has(number)) return;
    const [name, cut] = [groupName(number), parts.get(number)];
    if (group.kind === "scan") defineScan(name, group, cut);
    else define(name, group, cut, null);
    calls.set(number, { name, given: [], parts: cut });
  });
  functions.push(...(rarer.smallProducts?.helpersOf(withBodies(groups)) ?? []));
  for (const entry of entryPoints) functions.push(entryFunction(entry, calls, layout, threaded));
  return { functions, imports, entryPoints, calls };
}

/** What the function of group number `group` is called. */
function groupName(group: number): string {
  return `group${group}`;
}

/** Where values lie for a function that finds the regions of its program in the table at the address in a local. */
function placesIn(code: Code, layout: Layout, table: number): Places {
  const placeAt = ({ region, offset }: Location) => ({ local: code.loadedOnce(table, tableEntry(region)), offset });
  return {
    views: layout.views,
    partOf: (node) => layout.partOf(node),
    placeOf: (node) => placeAt(layout.locationOf(node)),
    contiguousPlaceOf: (node) => placeAt(layout.contiguousLocationOf(node)),
    placeAt,
  };
}

/** What the function of equal groups is given the addresses of: values that do not lie at the same location for all of them. */
interface SharedPlaces {
  readonly count: number;
  /** Its own places, where the addresses that it is given are in locals from a first one on. */
  placesIn(fixed: Places, firstLocal: number): Places;
  /** What it is to be given for a group with these operands. */
  givenFor(operands: readonly GraphNode[]): Location[];
}

function sharedPlaces({ operands, members }: EqualGroups, layout: ModuleLayout): SharedPlaces {
  const differing = operands.flatMap((node, i) => {
    const own = layout.locationOf(node);
    return members.every((member) => isSame(layout.locationOf(member.operands[i]), own)) ? [] : [i];
  });
  // What a function is given is a multiple of 16; how far beyond it a value begins is the same for equal groups.
  const beyond = operands.map((node) => misalignment(node, layout.partOf(node)));
  return {
    count: differing.length,
    placesIn: (fixed, firstLocal) => {
      const found = new Map(
        differing.map((operand, i) => [operands[operand], { local: firstLocal + i, offset: beyond[operand] }]),
      );
      return { ...fixed, placeOf: (node) => found.get(node) ?? fixed.placeOf(node) };
    },
    givenFor: (own) =>
      differing.map((operand) => {
        const { region, offset } = layout.locationOf(own[operand]);
        return { region, offset: offset - beyond[operand] };
      }),
  };
}

/** Values that are never in memory have no location. */
function isSame(a: Location | undefined, b: Location | undefined): boolean {
  return a?.region === b?.region && a?.offset === b?.offset;
}

/** The JavaScript functions that nodes call for each element, for want of an emitter. */
function importsOf(groups: readonly FusionGroup[]): ScalarImports {
  const imports = new ScalarImports();
  for (const { kind, members } of groups) {
    if (kind !== "loop") continue;
    for (const node of members) for (const fallback of scalarFallbacks(node)) imports.add(fallback);
  }
  return imports;
}

interface GroupContext {
  readonly layout: ModuleLayout;
  readonly places: Places;
  readonly stored: ReadonlySet<GraphNode>;
  readonly inRows: ReadonlySet<GraphNode>;
  readonly imports: ScalarImports;
}

function writeGroup(code: Code, group: FusionGroup, context: GroupContext, partition: WorkPartition | null): void {
  const { layout, places } = context;
  const [node] = group.members;
  const { geometries } = layout;
  // Only what needs scratch memory looks up where it is.
  const scratch: Scratch = {
    bytes: layout.scratch.bytes,
    get place() {
      return places.placeAt(layout.scratch.location);
    },
  };
  if (group.kind === "loop") writeLoop(code, group, { ...context, scratch }, partition);
  else if (group.kind === "matmul") writeMatmul(code, node, places, scratch, partition);
  else if (group.kind === "window") writeWindow(code, node, { places, geometries, scratch }, partition);
  else if (group.kind === "axisLoop") writeAxisLoop(code, node, places);
  else if (group.kind === "indexing") writeIndexing(code, node, places);
  else if (group.kind === "guard") writeGuard(code, node, places);
  else writeCopy(code, node, places, partition?.rows === undefined ? null : partition);
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
function entryFunction(
  entry: EntryPoint,
  calls: ReadonlyMap<number, GroupCall>,
  layout: ModuleLayout,
  threaded: ThreadedCode | undefined,
): FunctionDefinition {
  const { first, last, phases } = entry;
  const name = entryName(entry);
  const callsIn = (code: Code, table: number) => {
    const { placeAt } = placesIn(code, layout, table);
    return (group: number) => {
      const { name, given } = calls.get(group)!;
      for (const location of given) code.place(placeAt(location));
      code.get(table).call(name);
    };
  };
  if (phases.length > 0)
    return {
      name,
      parameters: [...threadParameters, "i32"],
      result: "i32",
      body: (code) => threaded!.writePhases(code, phases, callsIn(code, threadParameters.length)),
    };
  return {
    name,
    parameters: ["i32"],
    body: (code) => {
      const writeCall = callsIn(code, 0);
      for (let number = first; number <= last; number++) writeCall(number);
    },
  };
}
