/**
 * Elementwise operations of many elements, in WebAssembly: operands are copied there chunk by chunk, and results back.
 *
 * The engine's own loops over typed arrays take 4 to 8 ns an element, of functions given as closures 20; this takes 1,
 * copies included. Numbers are the kernel's to the bit where an operation's float32 result is rounded once; of `exp` and its
 * like, for which the engine takes 10 to 20 ns, they are within 2 units in the last place, the same on every engine.
 */

import type { KernelOperand, Op, TensorSpec } from "@chainrule/core";
import { type DType, type Shape, sizeOf, type TypedArray } from "@chainrule/core";
import { allocateFor } from "@chainrule/core/internal";
import { eagerEmitter } from "../codegen/instruction-emitters.ts";
import { laneBytes, laneTypeOf } from "../codegen/lanes.ts";
import { ScalarImports, VectorEmitter } from "../codegen/vector-emitter.ts";
import { assemble, type Code } from "../wasm/assembler.ts";
import { bytesPer, type Heap } from "../wasm/heap.ts";
import { instantiate } from "../wasm/host.ts";
import { scratch, scratchBlock } from "./scratch-heap.ts";

/** With fewer elements, copying and calling take longer than the kernel. */
const fewest = 256;
/** So many elements are computed at a time, so that operands stay in the second cache. */
const chunkSize = 8192;
/** Operands whose broadcast pattern is longer than this are left to the kernel. */
const longestPeriod = 2 ** 20;

/**
 * Computes so many vectors of four: the address to write to, then for each operand its address and bytes per vector.
 * Operands that the operation does not have are passed over.
 */
type Kernel = (vectors: number, to: number, ...operands: number[]) => void;

interface Compiled {
  readonly dtypes: readonly DType[];
  readonly result: DType;
  /** Null where it is left to the op's own. */
  readonly kernel: Kernel | null;
}

const compiled = new WeakMap<Op, Compiled[]>();

function kernelFor(heap: Heap, op: Op, inputs: readonly TensorSpec[], result: DType): Kernel | null {
  let known = compiled.get(op);
  if (!known) {
    known = [];
    compiled.set(op, known);
  }
  for (const each of known)
    if (each.result === result && inputs.every(({ dtype }, i) => dtype === each.dtypes[i])) return each.kernel;
  const dtypes = inputs.map(({ dtype }) => dtype);
  const kernel = makeKernel(heap, op, dtypes, result);
  known.push({ dtypes, result, kernel });
  return kernel;
}

function makeKernel(heap: Heap, op: Op, dtypes: readonly DType[], result: DType): Kernel | null {
  const write = eagerEmitter(op, dtypes, result);
  if (!write) return null;
  const [vectors, to] = [0, 1];
  const body = (code: Code) => {
    const lanes = new VectorEmitter(code, true, new ScalarImports());
    const values = dtypes.map((dtype) => lanes.local(laneTypeOf[dtype]));
    code.repeat(vectors, () => {
      dtypes.forEach((dtype, i) => {
        const [pointer, step] = [2 + 2 * i, 3 + 2 * i];
        lanes.load(laneTypeOf[dtype], { pointer, address: 0 }, 1);
        code.set(values[i]).put(pointer, pointer, step, "i32.add");
      });
      const value = lanes.local(laneTypeOf[result]);
      write(
        lanes,
        values.map((local) => () => code.get(local)),
      );
      code.set(value);
      lanes.store(laneTypeOf[result], { pointer: to, address: 0 }, () => code.get(value));
      code.advance(to, 4 * laneBytes[laneTypeOf[result]]);
    });
  };
  const parameters = new Array<"i32">(2 + 2 * dtypes.length).fill("i32");
  return instantiate<{ f: Kernel }>(assemble([{ name: "f", parameters, body }]), heap.memory).f;
}

/** How an operand meets the result: `whole`, as one number, as a cycle of its elements, or each for a stretch. */
interface Pattern {
  readonly way: "whole" | "one" | "cycle" | "stretch";
  /** How many elements until the cycle begins anew, or the next stretch. */
  readonly period: number;
}

const whole: Pattern = { way: "whole", period: 1 };
const one: Pattern = { way: "one", period: 1 };

/** Null where it is neither. */
function patternOf({ shape, storage }: KernelOperand, out: Shape, size: number): Pattern | null {
  const own = storage.length;
  if (own === size) return whole;
  if (own === 1) return one;
  const lead = out.length - shape.length;
  const isRepeated = (axis: number) => (axis < lead ? 1 : shape[axis - lead]) !== out[axis];
  let first = 0;
  while (!isRepeated(first)) first++;
  let last = out.length - 1;
  while (!isRepeated(last)) last--;
  if (own === sizeOf(out.slice(last + 1))) return { way: "cycle", period: own };
  if (own === sizeOf(out.slice(0, first))) return { way: "stretch", period: sizeOf(out.slice(first)) };
  return null;
}

/**
 * The numbers of an elementwise operation's result; null for other operations, for few elements, and for dtypes and ways
 * of broadcasting that are left to the kernel.
 */
export function computeElementwise(
  op: Op,
  inputs: readonly KernelOperand[],
  attributes: unknown,
  out: TensorSpec,
): TypedArray | null {
  if (typeof attributes === "object") return null;
  const size = sizeOf(out.shape);
  if (size < fewest) return null;
  const heap = scratch();
  const kernel = heap && kernelFor(heap, op, inputs, out.dtype);
  if (!kernel) return null;
  const patterns: Pattern[] = [];
  // Periods are sizes of the result's last axes, so that each is a multiple of the shorter ones.
  let period = 1;
  for (const input of inputs) {
    const pattern = patternOf(input, out.shape, size);
    if (pattern === null || pattern.period > longestPeriod) return null;
    period = Math.max(period, pattern.period);
    patterns.push(pattern);
  }
  const chunk = Math.min(size, Math.max(1, Math.floor(chunkSize / period)) * period);
  // Vectors are written and read whole, so that each operand has room for a last one that is not full.
  const room = 4 * Math.ceil(chunk / 4) * 4;
  const result = size > chunk ? allocateFor(op.name, out.shape, out.dtype) : null;
  const to = scratchBlock(room * (inputs.length + 1));
  if (to === 0) return null;
  const operands = inputs.map((input, i) => new Operand(heap, to + room * (i + 1), input, patterns[i]));
  const [a, b = a, c = b] = operands;
  for (let at = 0; at < size; at += chunk) {
    const count = Math.min(chunk, size - at);
    for (const operand of operands) operand.copyIn(at, count);
    kernel(Math.ceil(count / 4), to, a.address, a.step, b.address, b.step, c.address, c.step);
    result?.set(heap.view(out.dtype, to, count), at);
  }
  return result ?? heap.copy(out.dtype, to, size);
}

/** An operand, and its memory in the heap. */
class Operand {
  readonly address: number;
  /** Bytes from one vector to the next. */
  readonly step: number;
  readonly #storage: TypedArray;
  readonly #view: TypedArray;
  readonly #to: number;
  readonly #pattern: Pattern;

  constructor(heap: Heap, address: number, { dtype, storage }: KernelOperand, pattern: Pattern) {
    this.address = address;
    this.step = pattern.way === "one" ? 0 : 4 * bytesPer(dtype);
    this.#storage = storage;
    this.#view = heap.all(dtype);
    this.#to = address / bytesPer(dtype);
    this.#pattern = pattern;
  }

  /** Copies the elements of a chunk to its memory; cycles and single numbers stay there. */
  copyIn(at: number, count: number): void {
    const { way, period } = this.#pattern;
    const storage = this.#storage;
    const view = this.#view;
    const to = this.#to;
    if (way === "whole") view.set(count === storage.length ? storage : storage.subarray(at, at + count), to);
    else if (way === "stretch") {
      for (let i = 0; i < count; i += period) view.fill(storage[(at + i) / period], to + i, to + i + period);
    } else if (at > 0) return;
    else if (way === "one") view.fill(storage[0], to, to + 4);
    else {
      view.set(storage, to);
      for (let filled = period; filled < count; filled *= 2)
        view.copyWithin(to + filled, to, to + Math.min(filled, count - filled));
    }
  }
}
