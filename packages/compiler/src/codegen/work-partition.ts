/**
 * Writing only a part of a group's work: threads call the same function with different numbers of parts.
 */
import { rowsPerPart } from "../ir/row-parts.ts";
import type { Code } from "../wasm/assembler.ts";

/** A run of steps along a loop, held in locals. */
export interface PartitionRange {
  readonly start: number;
  readonly count: number;
  /** Writes what belongs to the last part only: what comes after all steps. */
  onLast(body: () => void): void;
}

/** Into how many parts the work is cut. Programs of one thread have none, and bundles without threads nothing of it. */
export class WorkPartition {
  readonly parts: number;
  /** The locals that hold which part is to be done, and by which thread. */
  readonly part: number;
  readonly thread: number;
  /** Of how many rows, the outermost axis of everything, each part does some; undefined where any axis may be cut. */
  readonly rows: number | undefined;

  constructor(parts: number, part: number, thread: number, rows?: number) {
    this.parts = parts;
    this.part = part;
    this.thread = thread;
    this.rows = rows;
  }

  /**
   * The steps that are the part's among `length`: as many for each as for the others, in whole multiples of `grain`, but
   * for the last; parts beyond the end have none. Where rows are cut, those of the part's rows.
   */
  range(code: Code, length: number, grain = 1): PartitionRange {
    if (this.rows !== undefined) return this.rowRange(code, length);
    return rangeOf(code, this, length, stepsPerPart(length, this.parts, grain));
  }

  /**
   * The steps that go over the part's rows, along an axis of so many elements that all rows lie along: a whole number for each row,
   * or a whole number of rows for each element.
   *
   * @param vectors in how many vectors of four it is walked; null where it is walked by elements.
   */
  rowRange(code: Code, length: number, vectors: number | null = null): PartitionRange {
    const elements = (rowsPerPart(this.rows!, this.parts) * length) / this.rows!;
    return rangeOf(code, this, vectors ?? length, vectors === null ? elements : elements / 4);
  }
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
