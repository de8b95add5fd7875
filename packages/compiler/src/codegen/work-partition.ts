/**
 * Writing only a part of a group's work: threads call the same function with different numbers of parts.
 */
import { rowsPerPart } from "../ir/row-parts.ts";
import type { Code } from "../wasm/assembler.ts";

/** Into how many parts the work is cut; the locals that hold which part is to be done, and by which thread. */
export interface WorkPartition {
  readonly parts: number;
  readonly part: number;
  readonly thread: number;
  /** Of how many rows, the outermost axis of everything, each part does some; undefined where any axis may be cut. */
  readonly rows?: number;
}

/** A run of steps along a loop, held in locals. */
export interface PartitionRange {
  readonly start: number;
  readonly count: number;
  /** Writes what belongs to the last part only: what comes after all steps. */
  onLast(body: () => void): void;
}

/**
 * The steps that are the part's among `length`: as many for each as for the others, in whole multiples of `grain`, but
 * for the last; parts beyond the end have none.
 */
export function partitionRange(code: Code, partition: WorkPartition, length: number, grain = 1): PartitionRange {
  return rangeOf(code, partition, length, stepsPerPart(length, partition.parts, grain));
}

/**
 * The steps that go over the part's rows, along an axis of so many elements that all rows lie along: a whole number for each row,
 * or a whole number of rows for each element.
 *
 * @param vectors in how many vectors of four it is walked; null where it is walked by elements.
 */
export function rowRange(
  code: Code,
  { rows, ...partition }: WorkPartition,
  length: number,
  vectors: number | null = null,
): PartitionRange {
  const elements = (rowsPerPart(rows!, partition.parts) * length) / rows!;
  return rangeOf(code, partition, vectors ?? length, vectors === null ? elements : elements / 4);
}

/** Each part's steps, so many, but for those of the last. */
function rangeOf(code: Code, { parts, part }: WorkPartition, length: number, per: number): PartitionRange {
  const { start, count } = code.variables("start", "count");
  const atMost = (local: number, most: number) => code.put(local, local, [most], local, [most], "i32.lt_s", "select");
  code.put(start, part, [per], "i32.mul");
  atMost(start, length);
  code.put(count, [length], start, "i32.sub");
  atMost(count, per);
  return {
    start,
    count,
    onLast: (body) => {
      code.push(part, [parts - 1], "i32.eq").branch(body);
    },
  };
}

/** No part has a single step where the others have more: kernels treat that case in another way, with other roundings. */
function stepsPerPart(length: number, parts: number, grain: number): number {
  let per = Math.ceil(length / parts / grain) * grain;
  while (per > 1 && per < length && length % per === 1) per += grain;
  return per;
}
