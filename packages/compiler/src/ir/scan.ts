/**
 * Scans: equal steps, one after another, as one loop in a graph. What a step reads begins a little further on at each of them,
 * or is what the step before left.
 */
import { JitError, type Op, type Shape } from "@chainrule/core";
import { bytesPer } from "../wasm/heap.ts";
import type { AppliedOp, Graph, GraphNode } from "./graph.ts";

/** What an input of the body is. */
export type ScanInput =
  /**
   * A value from outside, which begins so many elements further on at each step than at the one before, 0 for the same at all
   * of them; what the body reads of it is what the step reads where it begins at its beginning.
   */
  | { readonly kind: "window"; readonly operand: number; readonly stride: number; readonly start: number }
  | { readonly kind: "carry"; readonly carry: number };

/** What goes from step to step. */
export interface Carry {
  /** Which of the operands it is at the first step. */
  readonly operand: number;
  /** Which of the body's outputs it is at the next. */
  readonly value: number;
}

/** The steps of a scan. */
export class Scan {
  readonly steps: number;
  /** Whether what is kept of all steps lies in memory from the last to the first. */
  readonly reversed: boolean;
  /** One step. Its inputs are numbered as in `inputs`. */
  readonly body: Graph;
  readonly inputs: readonly ScanInput[];
  readonly carries: readonly Carry[];

  constructor(
    { steps, reversed }: { readonly steps: number; readonly reversed: boolean },
    body: Graph,
    inputs: readonly ScanInput[],
    carries: readonly Carry[],
  ) {
    this.steps = steps;
    this.reversed = reversed;
    this.body = body;
    this.inputs = inputs;
    this.carries = carries;
  }
}

/** What is kept of one of the body's outputs: of the last step, of all, or of all and, as a carry, what it was before. */
export type Kept = "last" | "all" | "carried";

/** One result of a scan. */
export interface ScanResult {
  readonly scan: Scan;
  /** Which of the body's outputs. */
  readonly value: number;
  readonly kept: Kept;
}

function refuseRun(): never {
  throw new JitError({ where: "scan", expected: "an op that is compiled", got: "one that is run" });
}

/** Results of one scan have the same inputs, its operands, and are computed together. */
export const scanOp: Op<ScanResult> = {
  name: "scan",
  inferShape: ([x]) => x,
  kernel: () => refuseRun(),
};

/** Makes a result of a scan. */
export function scanned(result: ScanResult, operands: readonly GraphNode[]): AppliedOp {
  return { kind: "op", op: scanOp as Op, attributes: result, inputs: operands };
}

/** Which result of which scan the node is; null for others. */
export function scanResultOf({ source }: GraphNode): ScanResult | null {
  return source.kind === "op" && source.op === (scanOp as Op) ? (source.attributes as ScanResult) : null;
}

/** How many elements lie between those of one step and of the next: values begin at multiples of 16 bytes. */
export function entryOf({ size, dtype }: GraphNode): number {
  const grain = 16 / bytesPer(dtype);
  return Math.ceil(size / grain) * grain;
}

/** The shape of what is kept of a value. */
export function keptShape(value: GraphNode, kept: Kept, steps: number): Shape {
  if (kept === "last") return value.shape;
  const entries = kept === "carried" ? steps + 1 : steps;
  return entryOf(value) === value.size ? [entries, ...value.shape] : [entries, entryOf(value)];
}

/** Which entry of what is kept holds step number `step`; step -1 is what a carry was before. */
export function entryAt({ steps, reversed }: { steps: number; reversed: boolean }, kept: Kept, step: number): number {
  if (reversed) return steps - 1 - step;
  return kept === "carried" ? step + 1 : step;
}

/** What a scan works in: memory, which no operation makes. */
export const scanMemoryOp: Op<void> = {
  name: "scan memory",
  inferShape: () => ({ shape: [], dtype: "float32" }),
  kernel: () => refuseRun(),
};
