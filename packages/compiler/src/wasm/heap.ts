/**
 * The one WebAssembly memory in which compiled programs keep their numbers: blocks of it are handed out and taken back.
 */
import { type DType, JitError, type TypedArray } from "@chainrule/core";
import { allocate } from "@chainrule/core/internal";
import { assemble } from "./assembler.ts";
import { createMemory, instantiate, type Memory } from "./host.ts";

const page = 65536;
const mostPages = 65536;
/** Vectors are 16 bytes long; a block may be read and written up to the end of its last vector. */
export const vectorBytes = 16;
/** What threads write lies in lines of its own: two that write to one line wait for each other at each number. */
export const cacheLine = 64;

/** So many numbers are copied faster one by one than at once. */
const few = 32;

interface Gap {
  start: number;
  size: number;
}

/** Hands out blocks of one growing memory, first fit, neighbours joined when they come back. */
export class Heap {
  readonly memory: Memory;
  /** Changes whenever the memory grows: views made before are then void. */
  generation = 0;
  /** Up to so many bytes the memory grows when room is wanted; from there on `makeRoom` is asked first. */
  bound = Number.POSITIVE_INFINITY;
  /** Gives back a block that can be spared, by `free`; false where none can. */
  makeRoom: () => boolean = () => false;
  #f32: Float32Array;
  #f64: Float64Array;
  #i32: Int32Array;
  #u8: Uint8Array;
  /** By their addresses, none beside another. */
  #gaps: Gap[];
  #used = 0;
  /** Blocks begin at multiples of so many bytes. */
  readonly #grain: number;

  constructor(memory: Memory, grain = vectorBytes) {
    this.memory = memory;
    this.#grain = grain;
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

  /**
   * The address of a block of at least so many bytes, a multiple of the grain. Its contents are what was there before.
   *
   * @throws JitError where the host grants no more memory and nothing can be spared.
   */
  allocate(bytes: number): number {
    const address = this.tryAllocate(bytes);
    if (address === 0) throw this.#full(bytes);
    return address;
  }

  /** As `allocate`; 0 where there is no room. */
  tryAllocate(bytes: number): number {
    const size = this.#roundUp(bytes);
    const at = this.#roomFor(size);
    return at < 0 ? 0 : this.#take(at, this.#gaps[at].start, size);
  }

  /** Hands out this very block, if it is free. */
  allocateAt(address: number, bytes: number): boolean {
    const size = this.#roundUp(bytes);
    const at = this.#gapAfter(address) - 1;
    const gap = this.#gaps[at];
    if (!gap || gap.start + gap.size < address + size) return false;
    this.#take(at, address, size);
    return true;
  }

  /** Takes a block back; `bytes` as it was asked for. */
  free(address: number, bytes: number): void {
    const size = this.#roundUp(bytes);
    this.#used -= size;
    const at = this.#gapAfter(address);
    this.#gaps.splice(at, 0, { start: address, size });
    this.#join(at);
    this.#join(at - 1);
  }

  #roundUp(bytes: number): number {
    return Math.max(this.#grain, roundUp(bytes, this.#grain));
  }

  /** The number of the first gap that lies behind the address. */
  #gapAfter(address: number): number {
    let [low, high] = [0, this.#gaps.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#gaps[middle].start > address) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** Takes a block out of a gap. */
  #take(at: number, address: number, size: number): number {
    const { start, size: room } = this.#gaps[at];
    const parts = [
      { start, size: address - start },
      { start: address + size, size: start + room - address - size },
    ];
    this.#gaps.splice(at, 1, ...parts.filter((part) => part.size > 0));
    this.#used += size;
    return address;
  }

  /** Joins a gap with the next if they touch. */
  #join(at: number): void {
    const [gap, next] = [this.#gaps[at], this.#gaps[at + 1]];
    if (!gap || !next || gap.start + gap.size !== next.start) return;
    gap.size += next.size;
    this.#gaps.splice(at + 1, 1);
  }

  /** The number of a gap of so many bytes: one that is there, at the end of a memory that grows, or of what is spared. */
  #roomFor(size: number): number {
    const fitting = () => this.#gaps.findIndex((gap) => gap.size >= size);
    let at = fitting();
    if (at < 0 && this.#end + this.#missing(size) <= this.bound && this.#grow(size)) at = fitting();
    while (at < 0 && this.makeRoom()) at = fitting();
    if (at < 0 && this.#grow(size)) at = fitting();
    return at;
  }

  get #end(): number {
    return this.memory.buffer.byteLength;
  }

  /** The bytes by which the memory is too short for such a block at its end. */
  #missing(size: number): number {
    const last = this.#gaps.at(-1);
    return last && last.start + last.size === this.#end ? size - last.size : size;
  }

  /** Makes the memory long enough for such a block at its end; false where the host does not grant it. */
  #grow(size: number): boolean {
    const end = this.#end;
    const missing = this.#missing(size);
    // By half as much again, so that growing is rare; by what is needed where that is more, or too much.
    const generous = Math.max(missing, Math.min(end / 2, this.bound - end));
    if (![generous, missing].some((bytes) => this.#growBy(Math.ceil(bytes / page)))) return false;
    this.generation++;
    const { buffer } = this.memory;
    this.#f32 = new Float32Array(buffer);
    this.#f64 = new Float64Array(buffer);
    this.#i32 = new Int32Array(buffer);
    this.#u8 = new Uint8Array(buffer);
    this.#gaps.push({ start: end, size: buffer.byteLength - end });
    this.#join(this.#gaps.length - 2);
    return true;
  }

  #growBy(pages: number): boolean {
    if (this.#end / page + pages > mostPages) return false;
    try {
      this.memory.grow(pages);
      return true;
    } catch {
      return false;
    }
  }

  #full(bytes: number): JitError {
    const millions = (n: number) => `${(n / 1e6).toPrecision(3)} MB`;
    return new JitError({
      where: "the memory of compiled functions",
      expected: `room for ${millions(bytes)} more`,
      got: `${millions(this.#used)} in use, of ${millions(this.#end)} that the host has granted`,
      hint:
        "A compiled function keeps all that it needs at once in this memory, which ends at 4 GB: take smaller batches, " +
        "or run it uncompiled (without jit, or fit with jit: false).",
    });
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
    const copied = allocate(dtype, length);
    this.read(dtype, address, copied, 0, length);
    return copied;
  }

  /** Copies the numbers of a block into an array, from `start` on. */
  read(dtype: DType, address: number, into: TypedArray, start: number, length: number): void {
    const numbers = this.all(dtype);
    const from = address / bytesPer(dtype);
    if (length > few) into.set(numbers.subarray(from, from + length), start);
    else for (let i = 0; i < length; i++) into[start + i] = numbers[from + i];
  }

  /** Copies bytes from one block to another. */
  move(from: number, to: number, bytes: number): void {
    this.#u8.copyWithin(to, from, from + bytes);
  }

  /** Writes numbers into a block. */
  write(dtype: DType, address: number, from: TypedArray): void {
    const numbers = this.all(dtype);
    const start = address / bytesPer(dtype);
    if (from.length > few) numbers.set(from, start);
    else for (let i = 0; i < from.length; i++) numbers[start + i] = from[i];
  }
}

/** The next multiple of the grain. */
export function roundUp(bytes: number, grain: number): number {
  return Math.ceil(bytes / grain) * grain;
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
