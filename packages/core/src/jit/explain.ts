/**
 * What became of a function: its graph before and after, its kernels, and where its memory went.
 */
import { formatShape } from "../tensor/shape.ts";
import { bytesPer } from "../wasm/heap.ts";
import { isFolded, type Unit } from "./fuse.ts";
import { describeNode, type Graph, type GraphNode } from "./graph.ts";
import { matmulFlops } from "./matmul.ts";
import { readsOf } from "./plan.ts";
import type { Program } from "./program.ts";

/** One kernel: what is computed in one go. */
export interface KernelReport {
  /** A loop over elements, a matrix product, reading at indices, copying, or an op that runs in JavaScript. */
  readonly kind: "loop" | "matmul" | "indexed" | "copies" | "host";
  /** The operations in it, in order. */
  readonly ops: readonly string[];
  /** What it loops over, or the shape of its result. */
  readonly shape: readonly number[];
  /** Floating-point operations, an elementwise function counted as one. */
  readonly flops: number;
  /** Bytes that it reads and writes. */
  readonly bytes: number;
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
    /** How many parameters and variables are updated where they lie. */
    readonly inPlace: number;
    /** Each intermediate result: its place in the arena, and the first and last kernel that need it. */
    readonly parts: readonly { name: string; offset: number; bytes: number; from: number; to: number }[];
  };
  toString(): string;
}

export function explainProgram(traced: Graph, program: Program): Explanation {
  const { graph, fused, plan } = program;
  const kernels = fused.units.map((unit) => reportOf(unit, program));
  const explanation = {
    before: linesOf(traced),
    after: linesOf(graph),
    kernels,
    memory: {
      arena: plan.bytes,
      unshared: plan.parts.reduce((total, { bytes }) => total + bytes, 0),
      total: program.bytes,
      inPlace: plan.inPlace.size,
      parts: plan.parts.map(({ node, offset, bytes, from, to }) => ({
        name: `%${node.id} ${node.name}`,
        offset,
        bytes,
        from,
        to,
      })),
    },
  };
  return { ...explanation, toString: () => textOf(explanation) };
}

function linesOf({ nodes, outputs, assigned }: Graph): string[] {
  return [
    ...nodes.map(describeNode),
    ...assigned.map(([, node]) => `assign %${node.id}`),
    `return ${outputs.map(({ id }) => `%${id}`).join(", ") || "nothing"}`,
  ];
}

function reportOf(unit: Unit, { fused }: Program): KernelReport {
  const inside = new Set(unit.members);
  const read = new Set(readsOf(unit, fused).filter((node) => !inside.has(node) && node.uniform === null));
  const written = unit.members.filter((node) => fused.stored.has(node));
  const bytes = [...read, ...written].reduce((total, node) => total + node.size * bytesPer(node.dtype), 0);
  return {
    kind: unit.kind,
    ops: unit.members.map(({ name }) => name),
    shape: unit.kind === "loop" ? unit.lengths : unit.members[0].shape,
    flops: unit.members.reduce((total, node) => total + flopsOf(unit, node), 0),
    bytes,
  };
}

function flopsOf({ kind }: Unit, node: GraphNode): number {
  if (kind === "matmul") return matmulFlops(node);
  return isFolded(node) ? node.inputs[0].size : node.size;
}

function textOf({ before, after, kernels, memory }: Omit<Explanation, "toString">): string {
  const operations = (lines: readonly string[]) => lines.filter((line) => line.includes("(")).length;
  const rows = kernels.map(({ kind, ops, shape, flops, bytes }, i) =>
    [
      `${i}`.padStart(4),
      kind.padEnd(6),
      formatShape(shape).padEnd(14),
      `${short(flops)}flop`.padStart(10),
      `${short(bytes)}B`.padStart(8),
      ` ${shorten(ops)}`,
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
    `memory: arena ${short(memory.arena)}B (${short(memory.unshared)}B before sharing), all but parameters ` +
      `${short(memory.total)}B; ${memory.inPlace} parameters and variables updated in place`,
  ].join("\n");
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
