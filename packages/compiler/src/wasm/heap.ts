/**
 * The one WebAssembly memory in which compiled programs keep their numbers: blocks of it are handed out and taken back.
 */
import type { DType, TypedArray } from "@chainrule/core";
import { allocate } from "@chainrule/core/internal";
import { assemble } from "./assembler.ts";
import { createMemory, instantiate, type Memory } from "./host.ts";

const page = 65536;
/** Vectors are 16 bytes long; a block may be read and written up to the end of its last vector. */
const grain = 16;

interface Gap {
  start: number;
  size: number;
}

/** Hands out blocks of one growing memory, first fit, neighbours joined when they come back. */
export class Heap {
  readonly memory: Memory;
  /** Changes whenever the memory grows: views made before are then void. */
  generation = 0;
  #f32: Float32Array;
  #f64: Float64Array;
  #i32: Int32Array;
  #u8: Uint8Array;
  #gaps: Gap[];
  #used = 0;

  constructor(memory: Memory) {
    this.memory = memory;
    this.#f32 = new Float32Array(memory.buffer);
    this.#f64 = new Float64Array(memory.buffer);
    this.#i32 = new Int32Array(memory.buffer);
    this.#u8 = new Uint8Array(memory.buffer);
    // Address 0 stays free, so that it can stand for none.
    this.#gaps = [{ start: grain, size: memory.buffer.byteLength - grain }];
  }

  /** The bytes handed out at the moment. */
  get used(): number {
    return this.#used;
  }

  /** The address of a block of at least so many bytes, a multiple of 16. Its contents are what was there before. */
  allocate(bytes: number): number {
    const size = roundUp(bytes);
    let at = this.#gaps.findIndex((gap) => gap.size >= size);
    if (at < 0) at = this.#grow(size);
    const gap = this.#gaps[at];
    const { start } = gap;
    gap.start += size;
    gap.size -= size;
    if (gap.size === 0) this.#gaps.splice(at, 1);
    this.#used += size;
    return start;
  }

  /** Takes a block back; `bytes` as it was asked for. */
  free(address: number, bytes: number): void {
    const size = roundUp(bytes);
    this.#used -= size;
    let at = this.#gaps.findIndex((gap) => gap.start > address);
    if (at < 0) at = this.#gaps.length;
    this.#gaps.splice(at, 0, { start: address, size });
    this.#join(at);
    this.#join(at - 1);
  }

  /** Joins a gap with the next if they touch. */
  #join(at: number): void {
    const [gap, next] = [this.#gaps[at], this.#gaps[at + 1]];
    if (!gap || !next || gap.start + gap.size !== next.start) return;
    gap.size += next.size;
    this.#gaps.splice(at + 1, 1);
  }

  /** Makes room for a block at the end, and returns the gap's number. */
  #grow(size: number): number {
    const end = this.memory.buffer.byteLength;
    // By half as much again, so that growing is rare.
    this.memory.grow(Math.ceil(Math.max(size, end / 2) / page));
    this.generation++;
    const { buffer } = this.memory;
    this.#f32 = new Float32Array(buffer);
    this.#f64 = new Float64Array(buffer);
    this.#i32 = new Int32Array(buffer);
    this.#u8 = new Uint8Array(buffer);
    this.#gaps.push({ start: end, size: buffer.byteLength - end });
    this.#join(this.#gaps.length - 2);
    return this.#gaps.length - 1;
  }

  /** All of the memory as numbers of one dtype. */
  all(dtype: DType): TypedArray {
    switch (dtype) {
      case "float32":
        return this.#f32;
      case "float64":
        return this.#f64;
      case "int32":
        return this.#i32;
      case "bool":
        return this.#u8;
    }
  }

  /** The numbers of a block, to read and write until the memory grows. */
  view(dtype: DType, address: number, length: number): TypedArray {
    const start = address / bytesPer(dtype);
    return this.all(dtype).subarray(start, start + length);
  }

  /** A copy of the numbers of a block. */
  copy(dtype: DType, address: number, length: number): TypedArray {
    const numbers = this.all(dtype);
    const start = address / bytesPer(dtype);
    // Not slice(), which fills the copy with zeros first.
    if (length > 16) return new (numbers.constructor as typeof Float32Array)(numbers.subarray(start, start + length));
    const copied = allocate(dtype, length);
    for (let i = 0; i < length; i++) copied[i] = numbers[start + i];
    return copied;
  }

  /** Copies bytes from one block to another. */
  move(from: number, to: number, bytes: number): void {
    this.#u8.copyWithin(to, from, from + bytes);
  }

  /** Writes numbers into a block. */
  write(dtype: DType, address: number, from: TypedArray): void {
    const numbers = this.all(dtype);
    const start = address / bytesPer(dtype);
    if (from.length > 16) numbers.set(from, start);
    else for (let i = 0; i < from.length; i++) numbers[start + i] = from[i];
  }
}

function roundUp(bytes: number): number {
  return Math.max(grain, Math.ceil(bytes / grain) * grain);
}

/** How many bytes a number of the dtype takes. */
export function bytesPer(dtype: DType): number {
  if (dtype === "bool") return 1;
  return dtype === "float64" ? 8 : 4;
}

/** A new heap; null where WebAssembly or its SIMD is missing, or a content security policy forbids it. */
export function createHeap(): Heap | null {
  try {
    const memory = createMemory(16);
    instantiate(assemble([{ name: "probe", parameters: [], body: (code) => code.zero128().op("drop") }]), memory);
    return new Heap(memory);
  } catch {
    return null;
  }
}
