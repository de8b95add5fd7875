/**
 * Linking: a generated module becomes functions on the heap's memory, with the shared kernels that it imports; and, for each
 * program that has it, commands at its place, dispatched in parallel where threads share the work.
 */
import { giveUp } from "../codegen/guard.ts";
import { type EntryPoint, entryName, type GeneratedModule, type GroupCall } from "../codegen/module.ts";
import { type FusionGroup, withBodies } from "../ir/fused-graph.ts";
import { guardFailure } from "../ir/guard.ts";
import { assemble } from "../wasm/assembler.ts";
import type { Heap } from "../wasm/heap.ts";
import { instantiate } from "../wasm/host.ts";
import { relaxedSimd } from "../wasm/kernels/gemm.ts";
import type { Command } from "./command.ts";
import { hostKernel } from "./host-kernel.ts";
import type { MemoryLayout } from "./memory-layout.ts";
import { kernelsFor } from "./shared-kernels.ts";
import { threadGroupOf } from "./threads/groups.ts";
import type { SharedModule, SharedRun } from "./threads/thread-group.ts";

/** Computes a group: a part of it, on a thread, where work is partitioned; at the addresses that equal groups differ in; by a table. */
type GroupFunction = (...partThreadAddressesAndTable: number[]) => void;
type SerialRun = (table: number) => void;
type Exports = Readonly<Record<string, GroupFunction | SharedRun | SerialRun>>;

/** A module's functions, which programs of equal structure share. */
export interface Linked extends Pick<GeneratedModule, "calls" | "entryPoints"> {
  readonly exports: Exports;
  /** What other threads make the same of: its bytes, their number, and the shared kernels; null where there are none. */
  readonly shared: {
    readonly bytes: Uint8Array;
    readonly id: number;
    readonly kernels: readonly SharedModule[];
  } | null;
}

export interface Commands {
  /** What a call runs, in this order: entry points, and kernels in JavaScript. */
  readonly commands: readonly Command[];
  /** Each group by itself, run serially on this thread. */
  readonly groups: readonly Command[];
}

/** @param deterministic whether to round after multiplying and after adding, as every host can. */
export function link(
  module: GeneratedModule,
  groups: readonly FusionGroup[],
  heap: Heap,
  deterministic: boolean,
): Linked {
  const { functions, imports, calls, entryPoints } = module;
  if (functions.length === 0) return { calls, entryPoints, exports: {}, shared: null };
  const threads = threadGroupOf(heap);
  const kernels = kernelsFor(heap, withBodies(groups), deterministic);
  const types = [...kernels.flatMap((each) => each.types), giveUp, ...imports.types, ...(threads?.imports ?? [])];
  const others = [...kernels.map((each) => each.functions), threads?.protocol];
  const given = Object.assign({ ...imports.functions, [giveUp.name]: failGuard }, ...others);
  const bytes = assemble(functions, types, { shared: threads !== null, relaxed: !deterministic && relaxedSimd() });
  const shared = threads && { bytes, id: threads.newModule(), kernels: kernels.map((each) => each.module!) };
  return { calls, entryPoints, exports: instantiate<Exports>(bytes, heap.memory, given), shared };
}

/** What a program runs where it has been placed. */
export function commandsOf(linked: Linked, groups: readonly FusionGroup[], layout: MemoryLayout): Commands {
  const { calls, entryPoints, exports } = linked;
  const serial = groups.map((group, number) =>
    group.kind === "host" ? hostKernel(group.members[0], layout) : serially(exports, calls.get(number)!, layout),
  );
  const parallel = inParallel(linked, layout);
  const entries = new Map(entryPoints.map((entry) => [entry.first, entry]));
  const commands = groups.flatMap(({ kind }, number): Command[] => {
    if (kind === "host") return [serial[number]];
    const entry = entries.get(number);
    if (!entry) return [];
    if (entry.phases.length > 0 && parallel)
      return [parallel(entry, inTurn(serial.slice(entry.first, entry.last + 1)))];
    const run = exports[entryName(entry)] as SerialRun;
    const { table } = layout;
    return [() => run(table)];
  });
  return { commands, groups: serial };
}

function failGuard(): never {
  throw guardFailure;
}

/**
 * Publishes the program to the other threads; returns what makes commands that dispatch its functions to all of them, or run them
 * serially where that is faster.
 */
function inParallel(
  { entryPoints, exports, shared }: Linked,
  layout: MemoryLayout,
): ((entry: EntryPoint, serial: Command) => Command) | null {
  const threads = threadGroupOf(layout.heap);
  if (!threads || !shared || entryPoints.every(({ phases }) => phases.length === 0)) return null;
  const { bytes, id, kernels } = shared;
  const own = threads.publishModule(id, bytes, layout.allocate(bytes.length));
  const program = threads.publishProgram([...kernels, own], layout.table, (size) => layout.allocate(size));
  return (entry, serial) => {
    const run = exports[entryName(entry)] as SharedRun;
    return threads.fasterOf(() => threads.dispatch(program, entry.first, run), serial);
  };
}

function inTurn(commands: readonly Command[]): Command {
  return () => {
    for (const command of commands) command();
  };
}

/** All parts of a group on this thread, one after another. */
function serially(exports: Exports, { name, given, parts }: GroupCall, layout: MemoryLayout): Command {
  const group = exports[name] as GroupFunction;
  const rest = [...given.map((location) => layout.addressOf(location)), layout.table];
  if (parts === undefined) return () => group(...rest);
  return () => {
    for (let part = 0; part < parts; part++) group(part, 0, ...rest);
  };
}
