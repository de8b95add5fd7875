/**
 * A program's module: a function for each fusion group, and an entry point for each run of groups that is called in one
 * go.
 */

import { type FusedGraph, type FusionGroup, withBodies } from "../ir/fused-graph.ts";
import type { GraphNode } from "../ir/graph.ts";
import { fixedPlaces, type Layout, type Places, type Scratch } from "../ir/layout.ts";
import type { Phase } from "../ir/phases.ts";
import type { Code, FunctionDefinition } from "../wasm/assembler.ts";
import { writeAxisLoop } from "./axis-loops.ts";
import { writeCopy } from "./copy.ts";
import { scalarFallbacks } from "./emitters.ts";
import { type EqualGroups, equalGroups, misalignment } from "./equal-groups.ts";
import { writeIndexing } from "./gather-scatter.ts";
import { writeGuard } from "./guard.ts";
import { writeLoop } from "./loop-nest.ts";
import { writeMatmul } from "./matmul.ts";
import { partLocal, partParameters, threadLocal, threadParameters, writePhases } from "./parallel.ts";
import { ScanPlaces, writeScan } from "./scan.ts";
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

/** The function that computes a group, and the addresses that it is given after part and thread. */
export interface GroupCall {
  readonly name: string;
  readonly addresses: readonly number[];
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
  readonly scratch: Scratch;
  readonly geometries: Geometries;
}

/** What an entry point is called: workers know it by the number of its first group. */
export function entryName({ first }: EntryPoint): string {
  return `run${first}`;
}

/** @param phases how threads share the work; none where there is one thread. */
export function generateModule(fused: FusedGraph, phases: readonly Phase[], layout: ModuleLayout): GeneratedModule {
  const { groups, stored, inRows } = fused;
  const imports = importsOf(withBodies(groups));
  const parts = partsOf(phases);
  const entryPoints = entryPointsOf(groups, phases);
  const functions: FunctionDefinition[] = [];
  const calls = new Map<number, GroupCall>();
  const define = (name: string, group: FusionGroup, places: Places, cut: number | undefined, addresses: number) => {
    const partition = cut === undefined ? null : { parts: cut, part: partLocal, thread: threadLocal };
    functions.push({
      name,
      parameters: [...(partition ? partParameters : []), ...new Array<"i32">(addresses).fill("i32")],
      body: (code) => writeGroup(code, group, { layout, places, stored, inRows, imports }, partition),
    });
  };
  const places = fixedPlaces(layout);
  for (const equal of equalGroups(groups, { ...places, stored, inRows }, (number) => parts.get(number))) {
    const [{ number }] = equal.members;
    const [name, cut] = [groupName(number), parts.get(number)];
    const shared = sharedPlaces(equal, layout, places, cut === undefined ? 0 : partParameters.length);
    define(name, equal.group, shared.places, cut, shared.count);
    for (const { number, operands } of equal.members)
      calls.set(number, { name, addresses: shared.addressesOf(operands), parts: cut });
  }
  const defineScan = (name: string, group: FusionGroup) => {
    const scan = new ScanPlaces(group, layout);
    const steps = scan.calls();
    const names = steps.map((_, i) => `${name}step${i}`);
    const { stored, inRows } = group.body!.fused;
    const context = { layout, imports, stored, inRows };
    steps.forEach(({ group, moving, places }, i) => {
      functions.push({
        name: names[i],
        parameters: moving.map(() => "i32"),
        body: (code) => writeGroup(code, group, { ...context, places }, null),
      });
    });
    functions.push({ name, parameters: [], body: (code) => writeScan(code, scan, steps, names) });
  };
  groups.forEach((group, number) => {
    if (group.kind === "host" || calls.has(number)) return;
    if (group.kind === "scan") {
      defineScan(groupName(number), group);
      calls.set(number, { name: groupName(number), addresses: [], parts: undefined });
      return;
    }
    const [name, cut] = [groupName(number), parts.get(number)];
    define(name, group, places, cut, 0);
    calls.set(number, { name, addresses: [], parts: cut });
  });
  for (const entry of entryPoints) functions.push(entryFunction(entry, calls));
  return { functions, imports, entryPoints, calls };
}

/** What the function of group number `group` is called. */
function groupName(group: number): string {
  return `group${group}`;
}

/** Places at the addresses that the function of equal groups is given: those that are not the same for all of them. */
function sharedPlaces({ operands, members }: EqualGroups, layout: ModuleLayout, fixed: Places, firstLocal: number) {
  const differing = operands.flatMap((node, i) => {
    const address = layout.addressOf(node);
    return members.every((member) => layout.addressOf(member.operands[i]) === address) ? [] : [i];
  });
  // What a function is given is a multiple of 16; how far beyond it a value begins is the same for equal groups.
  const beyond = operands.map((node) => misalignment(node, layout.partOf(node)));
  const found = new Map(
    differing.map((operand, i) => [operands[operand], { local: firstLocal + i, offset: beyond[operand] }]),
  );
  const places: Places = { ...fixed, placeOf: (node) => found.get(node) ?? fixed.placeOf(node) };
  const addressesOf = (own: readonly GraphNode[]) =>
    differing.map((operand) => layout.addressOf(own[operand]) - beyond[operand]);
  return { places, addressesOf, count: differing.length };
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
  if (group.kind === "loop") writeLoop(code, group, { ...context, scratch: layout.scratch }, partition);
  else if (group.kind === "matmul") writeMatmul(code, node, places, layout.scratch, partition);
  else if (group.kind === "window")
    writeWindow(code, node, { layout, geometries: layout.geometries, scratch: layout.scratch }, partition);
  else if (group.kind === "axisLoop") writeAxisLoop(code, node, layout);
  else if (group.kind === "indexing") writeIndexing(code, node, layout);
  else if (group.kind === "guard") writeGuard(code, node, layout);
  else writeCopy(code, node, places);
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
function entryFunction(entry: EntryPoint, calls: ReadonlyMap<number, GroupCall>): FunctionDefinition {
  const { first, last, phases } = entry;
  const name = entryName(entry);
  const writeCall = (code: Code, group: number) => {
    const { name, addresses } = calls.get(group)!;
    for (const address of addresses) code.int(address);
    code.call(name);
  };
  if (phases.length > 0)
    return {
      name,
      parameters: threadParameters,
      result: "i32",
      body: (code) => writePhases(code, phases, (group) => writeCall(code, group)),
    };
  return {
    name,
    parameters: [],
    body: (code) => {
      for (let number = first; number <= last; number++) writeCall(code, number);
    },
  };
}
