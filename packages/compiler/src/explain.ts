/**
 * What became of a function: its graph before and after, its kernels, and where its memory went.
 */
import { formatShape, isBuiltinOp } from "@chainrule/core/internal";
import { registeredEmitter } from "./codegen/elementwise-emitter.ts";
import { callsJavaScript } from "./codegen/emitters.ts";
import { matmulFlops } from "./codegen/matmul.ts";
import { windowFlops } from "./codegen/window.ts";
import type { Compilation } from "./compile.ts";
import { basesReadBy, type FusedGraph, type FusionGroup } from "./ir/fused-graph.ts";
import { describeNode, type Graph, type GraphNode } from "./ir/graph.ts";
import { isFusibleReduction } from "./ir/reads.ts";
import { type Kept, type Scan, scanResultOf } from "./ir/scan.ts";
import { machineLimits } from "./runtime/machine-limits.ts";
import { timeGroups } from "./runtime/timing.ts";
import { bytesPer } from "./wasm/heap.ts";

/** One kernel: what is computed in one go. */
export interface KernelReport {
  /** A loop over elements, a matrix product, convolution or pooling, loops along an axis, reading at indices, copying, a guard (a look at whether a check failed), equal steps one after another (`ops` and `shape` are those of a step, and how many there are), or an op that runs in JavaScript. */
  readonly kind: "loop" | "matmul" | "window" | "axisLoop" | "indexing" | "copy" | "guard" | "scan" | "host";
  /** The operations in it, in order. */
  readonly ops: readonly string[];
  /** What it loops over, or the shape of its result. */
  readonly shape: readonly number[];
  /** Floating-point operations, an elementwise function counted as one. */
  readonly flops: number;
  /** Bytes that it reads and writes. */
  readonly bytes: number;
  /** Into how many parts it is cut for threads to share; 1 where it is done by one (see `setNumThreads`). */
  readonly parts: number;
  /**
   * Operations that call their JavaScript function for each element, for want of instructions. That takes many times
   * as long as compiled code, and is never done by several threads.
   */
  readonly scalarFallbacks: readonly string[];
  /**
   * The milliseconds that it takes on the numbers of the last call; null where no call has been, or another compiled
   * function has run since, and NaN for what draws random numbers.
   */
  readonly ms: number | null;
  /** The least milliseconds in which this machine could do so many flops and move so many bytes, on one thread. */
  readonly limit: number | null;
}

/** What `explain` finds out about one program. */
export interface Explanation {
  /** The operations as the function was traced, and after simplification: a line each. */
  readonly before: readonly string[];
  readonly after: readonly string[];
  readonly kernels: readonly KernelReport[];
  readonly memory: {
    /** Bytes of intermediate results, after parts have been used again, and before. */
    readonly arena: number;
    readonly unshared: number;
    /** Bytes of everything but parameters: arena, inputs, constants, scratch. */
    readonly total: number;
    /** How many parameters and buffers are updated where they lie. */
    readonly inPlace: number;
    /** Each intermediate result: its place in the arena, and the first and last kernel that need it. */
    readonly parts: readonly { name: string; offset: number; bytes: number; from: number; to: number }[];
  };
  toString(): string;
}

export function explainCompilation(compilation: Compilation): Explanation {
  const { traced, graph, fused, inPlace, plan, program } = compilation;
  const times = timeGroups(program, fused.groups);
  const kernels = fused.groups.map((group, i) => {
    const work = workOf(group, compilation);
    return { ...work, ms: times?.[i] ?? null, limit: times && limitOf(work) };
  });
  const explanation = {
    before: linesOf(traced.graph),
    after: linesOf(graph),
    kernels,
    memory: {
      arena: plan.bytes,
      unshared: plan.allocations.reduce((total, { bytes }) => total + bytes, 0),
      total: program.layout.bytes,
      inPlace: inPlace.parameters.size,
      parts: plan.allocations.map(({ node, offset, bytes, from, to }) => ({
        name: `%${node.id} ${node.name}`,
        offset,
        bytes,
        from,
        to,
      })),
    },
  };
  return { ...explanation, toString: () => textOf(explanation, opsWithoutEmitterIn(fused)) };
}

/** The names of the user's own ops that have no emitter. */
function opsWithoutEmitterIn({ groups }: FusedGraph): ReadonlySet<string> {
  const nodes = groups.flatMap(({ members }) => members);
  const isOwn = (node: GraphNode) => node.op !== null && !isBuiltinOp(node.op);
  return new Set(nodes.filter((node) => isOwn(node) && registeredEmitter(node) === null).map(({ name }) => name));
}

/** Kernels that touch no more than so many bytes find them in the second cache. */
const cached = 1 << 20;

function linesOf({ nodes, outputs, assigned }: Graph): string[] {
  const known = new Set<Scan>();
  const linesOfNode = (node: GraphNode): string[] => {
    const result = scanResultOf(node);
    if (!result) return [describeNode(node)];
    const { scan, value, kept } = result;
    const line = `${describeNode(node)}, ${keptTexts[kept]} of %${scan.body.outputs[value].id} in it`;
    if (known.has(scan)) return [line];
    known.add(scan);
    return [...linesOfStep(scan, node.inputs), line];
  };
  return [
    ...nodes.flatMap(linesOfNode),
    ...assigned.map(([, node]) => `assign %${node.id}`),
    `return ${outputs.map(({ id }) => `%${id}`).join(", ") || "nothing"}`,
  ];
}

const keptTexts: Readonly<Record<Kept, string>> = {
  last: "the last",
  all: "all",
  carried: "the first carry and all",
};

/** What each step of a scan does, with where its inputs come from. */
function linesOfStep({ steps, inputs, carries, body }: Scan, operands: readonly GraphNode[]): string[] {
  const line = (node: GraphNode): string => {
    if (node.source.kind !== "input") return describeNode(node);
    const input = inputs[node.source.index];
    const isCarry = input.kind === "carry";
    const { id } = operands[isCarry ? carries[input.carry].operand : input.operand];
    const what = isCarry
      ? `%${body.outputs[carries[input.carry].value].id} of the step before, at first %${id} above`
      : `%${id} above${input.stride === 0 ? "" : `, begun ${input.stride} elements further on at each step`}`;
    return `%${node.id} = ${what}`;
  };
  return [`${steps} steps:`, ...body.nodes.map((node) => `  ${line(node)}`)];
}

/** A kernel's flops and bytes happen at the same time: the longer of both counts. */
function limitOf({ flops, bytes }: { flops: number; bytes: number }): number {
  const limits = machineLimits();
  const perMs = bytes > cached ? limits.memoryBytes : limits.cacheBytes;
  return Math.max(flops / limits.flops, bytes / perMs);
}

function workOf(group: FusionGroup, { fused, phases }: Compilation): Omit<KernelReport, "ms" | "limit"> {
  const inside = new Set(group.members);
  const read = new Set(basesReadBy(group, fused.views).filter((node) => !inside.has(node) && node.uniform === null));
  const written = group.members.filter((node) => fused.stored.has(node) && !fused.inRows.has(node));
  const bytes = [...read, ...written].reduce((total, node) => total + node.size * bytesPer(node.dtype), 0);
  const tasks = phases.flatMap((phase) => phase.tasks);
  return {
    kind: group.kind,
    parts: tasks.find((task) => fused.groups[task.group] === group)?.parts ?? 1,
    ops: opsOf(group).map(({ name }) => name),
    scalarFallbacks: scalarFallbacksOf(group),
    shape: group.kind === "loop" ? group.lengths : stepsOf(group) ? [stepsOf(group)] : group.members[0].shape,
    flops: totalFlopsOf(group),
    bytes,
  };
}

/** The operations of a group, or of one step of a scan. */
function opsOf({ members, body }: FusionGroup): readonly GraphNode[] {
  return body ? body.fused.groups.flatMap((group) => group.members) : members;
}

/** How many steps a scan has; 0 for others. */
function stepsOf({ kind, members: [node] }: FusionGroup): number {
  return kind === "scan" ? scanResultOf(node)!.scan.steps : 0;
}

function totalFlopsOf(group: FusionGroup): number {
  const { members, body } = group;
  if (body) return stepsOf(group) * body.fused.groups.reduce((total, each) => total + totalFlopsOf(each), 0);
  return members.reduce((total, node) => total + flopsOf(group, node), 0);
}

function scalarFallbacksOf({ kind, members, wide, body }: FusionGroup): string[] {
  if (body) return [...new Set(body.fused.groups.flatMap(scalarFallbacksOf))];
  if (kind !== "loop") return [];
  return [...new Set(members.filter((node) => callsJavaScript(node, wide)).map(({ name }) => name))];
}

function flopsOf({ kind }: FusionGroup, node: GraphNode): number {
  if (kind === "matmul") return matmulFlops(node);
  if (kind === "window") return windowFlops(node);
  return isFusibleReduction(node) || kind === "axisLoop" ? node.inputs[0].size : node.size;
}

function textOf(
  { before, after, kernels, memory }: Omit<Explanation, "toString">,
  withoutEmitter: ReadonlySet<string>,
): string {
  const operations = (lines: readonly string[]) => lines.filter((line) => line.includes("(")).length;
  const rows = kernels.map(({ kind, ops, shape, flops, bytes, parts, scalarFallbacks, ms, limit }, i) =>
    [
      `${i}`.padStart(4),
      kind.padEnd(7),
      formatShape(shape).padEnd(14),
      `${short(flops)}flop`.padStart(10),
      `${short(bytes)}B`.padStart(8),
      ...(ms === null || limit === null ? [] : [timeOf(ms, limit)]),
      ` ${shorten(ops)}${parts > 1 ? `, in ${parts} parts` : ""}${fallbackText(scalarFallbacks, withoutEmitter)}`,
    ].join(" "),
  );
  return [
    `traced: ${operations(before)} operations; simplified: ${operations(after)}; kernels: ${kernels.length}, ` +
      `${kernels.filter(({ kind }) => kind === "host").length} of them in JavaScript`,
    "",
    ...after,
    "",
    ...rows,
    "",
    ...summaryOf(kernels),
    `memory: arena ${short(memory.arena)}B (${short(memory.unshared)}B before sharing), all but parameters ` +
      `${short(memory.total)}B; ${memory.inPlace} parameters and buffers updated in place`,
  ].join("\n");
}

/** Which ops call JavaScript for each element; for the user's own, what to do about it. */
function fallbackText(names: readonly string[], withoutEmitter: ReadonlySet<string>): string {
  if (names.length === 0) return "";
  const own = names.filter((name) => withoutEmitter.has(name));
  const whom = names.length === 1 ? "it" : own.join(", ");
  const advice = own.length > 0 ? `: give ${whom} \`compose\`, or an emitter` : "";
  return `, calls JavaScript for each element of ${names.join(", ")}${advice}`;
}

/** "12.3 us  85%": the time, and what the limit is of it. */
function timeOf(ms: number, limit: number): string {
  if (Number.isNaN(ms)) return "not timed".padStart(16);
  return `${(ms * 1000).toFixed(1)} us`.padStart(11) + `${Math.round((100 * limit) / ms)}%`.padStart(5);
}

/** All kernels together, after runs. */
function summaryOf(kernels: readonly KernelReport[]): string[] {
  const timed = kernels.filter(({ ms }) => ms !== null && !Number.isNaN(ms));
  if (timed.length === 0) return [];
  const sum = (pick: (kernel: KernelReport) => number | null) =>
    timed.reduce((total, kernel) => total + pick(kernel)!, 0);
  const [ms, limit] = [sum((kernel) => kernel.ms), sum((kernel) => kernel.limit)];
  const { flops } = machineLimits();
  return [
    `time: ${ms.toFixed(3)} ms, each kernel by itself; percentages say how close to the machine's limit a kernel is, ` +
      `all together ${Math.round((100 * limit) / ms)}% (${(flops / 1e6).toFixed(1)} GFLOP/s on one thread)`,
    "",
  ];
}

/** The same names in a row as one with their number. */
function shorten(names: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].map(([name, n]) => (n > 1 ? `${n} ${name}` : name)).join(", ");
}

/** 1234567 as "1.2 M". */
function short(n: number): string {
  if (n < 1e4) return `${n} `;
  const [divisor, prefix] = n < 1e6 ? [1e3, "k"] : n < 1e9 ? [1e6, "M"] : [1e9, "G"];
  return `${(n / divisor).toPrecision(3)} ${prefix}`;
}
