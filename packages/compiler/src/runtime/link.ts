/**
 * Linking: a generated module becomes functions on the heap's memory, with the shared kernels that it imports, and is
 * dispatched in parallel where threads share the work.
 */
import { giveUp } from "../codegen/guard.ts";
import { type EntryPoint, entryName, type GeneratedModule, type GroupCall } from "../codegen/module.ts";
import { type FusionGroup, withBodies } from "../ir/fused-graph.ts";
import { guardFailure } from "../ir/guard.ts";
import { assemble } from "../wasm/assembler.ts";
import { instantiate } from "../wasm/host.ts";
import { relaxedSimd } from "../wasm/kernels/gemm.ts";
import type { Command } from "./command.ts";
import { hostKernel } from "./host-kernel.ts";
import type { MemoryLayout } from "./memory-layout.ts";
import { kernelsFor } from "./shared-kernels.ts";
import { fasterOf } from "./threads/faster.ts";
import { protocolImports } from "./threads/protocol.ts";
import { type SharedModule, type SharedRun, type ThreadGroup, threadGroupOf } from "./threads/thread-group.ts";

/** Computes a group: a part of it, on a thread, where work is partitioned; at the addresses that equal groups differ in. */
type GroupFunction = (...partThreadAndAddresses: number[]) => void;
type Exports = Readonly<Record<string, GroupFunction | SharedRun | Command>>;

export interface LinkedModule {
  /** What a call runs, in this order: entry points, and kernels in JavaScript. */
  readonly commands: readonly Command[];
  /** Each group by itself, run serially on this thread. */
  readonly groups: readonly Command[];
}

/** @param deterministic whether to round after multiplying and after adding, as every host can. */
export function link(
  module: GeneratedModule,
  groups: readonly FusionGroup[],
  layout: MemoryLayout,
  deterministic: boolean,
): LinkedModule {
  const { exports, dispatch } = instantiated(module, groups, layout, deterministic);
  const serial = groups.map((group, number) =>
    group.kind === "host" ? hostKernel(group.members[0], layout) : serially(exports, module.calls.get(number)!),
  );
  const entries = new Map(module.entryPoints.map((entry) => [entry.first, entry]));
  const commands = groups.flatMap(({ kind }, number): Command[] => {
    if (kind === "host") return [serial[number]];
    const entry = entries.get(number);
    return entry ? [dispatch(entry, serial)] : [];
  });
  return { commands, groups: serial };
}

interface Instantiated {
  readonly exports: Exports;
  /** What runs an entry point: serially or in parallel. `groups` are its groups, one by one. */
  dispatch(entry: EntryPoint, groups: readonly Command[]): Command;
}

function instantiated(
  { functions, imports, entryPoints }: GeneratedModule,
  groups: readonly FusionGroup[],
  layout: MemoryLayout,
  deterministic: boolean,
): Instantiated {
  const { heap } = layout;
  if (functions.length === 0) return { exports: {}, dispatch: () => () => {} };
  const threads = threadGroupOf(heap);
  const shared = kernelsFor(heap, withBodies(groups), deterministic);
  const types = [
    ...shared.flatMap((each) => each.types),
    giveUp,
    ...imports.types,
    ...(threads ? protocolImports : []),
  ];
  const calls = shared.map((each) => each.functions);
  const given = Object.assign({ ...imports.functions, [giveUp.name]: failGuard }, ...calls, threads?.protocol);
  const bytes = assemble(functions, types, { shared: threads !== null, relaxed: !deterministic && relaxedSimd() });
  const exports = instantiate<Exports>(bytes, heap.memory, given);
  const serial = (entry: EntryPoint) => exports[entryName(entry)] as Command;
  if (!threads || entryPoints.every(({ phases }) => phases.length === 0)) return { exports, dispatch: serial };
  const modules = shared.map((each) => each.module!);
  const parallel = inParallel(threads, bytes, modules, layout);
  const dispatch = (entry: EntryPoint, groups: readonly Command[]) => {
    if (entry.phases.length === 0) return serial(entry);
    const onThreads = parallel(entry.first, exports[entryName(entry)] as SharedRun);
    return fasterOf(onThreads, inTurn(groups.slice(entry.first, entry.last + 1)));
  };
  return { exports, dispatch };
}

function failGuard(): never {
  throw guardFailure;
}

/** Publishes the program to the other threads; returns what makes commands that dispatch its functions to all of them. */
function inParallel(
  threads: ThreadGroup,
  bytes: Uint8Array,
  kernels: readonly SharedModule[],
  layout: MemoryLayout,
): (number: number, run: SharedRun) => Command {
  const module = threads.publishModule(bytes, layout.allocate(bytes.length));
  const program = threads.publishProgram([...kernels, module], (size) => layout.allocate(size));
  return (number, run) => () => threads.dispatch(program, number, run);
}

function inTurn(commands: readonly Command[]): Command {
  return () => {
    for (const command of commands) command();
  };
}

/** All parts of a group on this thread, one after another. */
function serially(exports: Exports, { name, addresses, parts }: GroupCall): Command {
  const group = exports[name] as GroupFunction;
  if (parts === undefined) return () => group(...addresses);
  return () => {
    for (let part = 0; part < parts; part++) group(part, 0, ...addresses);
  };
}
