/**
 * Convolution of arrays by the functions in WebAssembly: operands are copied into their memory, results back. Multiply
 * and add are rounded separately, so that eager results are the same on every engine.
 */
import type { Block } from "../tensor/op.ts";
import { assemble } from "../wasm/assembler.ts";
import { type Convolution, convolutionFunctions } from "../wasm/conv.ts";
import { type ConvolutionSizes, geometryOf } from "../wasm/conv-geometry.ts";
import type { Heap } from "../wasm/heap.ts";
import { instantiate } from "../wasm/host.ts";
import { scratch } from "./scratch.ts";

/** Larger ones (in bytes) are left to the version without WebAssembly, whose memory ends at 4 GiB. */
const most = 2 ** 30;

class Engine {
  readonly #heap: Heap;
  readonly #functions: Convolution;

  constructor(heap: Heap) {
    this.#heap = heap;
    this.#functions = instantiate<Convolution>(assemble(convolutionFunctions()), heap.memory);
  }

  /** Fills `out`; false where it is too large. */
  run(part: keyof Convolution, out: Block, inputs: readonly Block[], sizes: ConvolutionSizes): boolean {
    const heap = this.#heap;
    const { numbers, scratch: rest, tiles } = geometryOf(sizes);
    const arrays = [...inputs.map(({ storage }) => storage), out.storage, numbers];
    const bytes = arrays.reduce((total, { byteLength }) => total + aligned(byteLength), 0) + rest;
    if (bytes > most) return false;
    const block = heap.allocate(bytes);
    let end = block;
    const [a, b, result, geometry] = arrays.map(({ byteLength }) => {
      const address = end;
      end += aligned(byteLength);
      return address;
    });
    heap.write("float32", a, inputs[0].storage);
    heap.write("float32", b, inputs[1].storage);
    heap.write("int32", geometry, numbers);
    this.#functions[part](a, b, result, geometry, end, 0, part === "convolveByWeight" ? tiles : sizes.images);
    out.storage.set(heap.view("float32", result, out.storage.length));
    heap.free(block, bytes);
    return true;
  }
}

/** Blocks that begin with a cache line are read without crossing one. */
function aligned(bytes: number): number {
  return Math.ceil(bytes / 64) * 64;
}

let engine: Engine | null | undefined;

/** Convolution in WebAssembly, or null where that or its SIMD is missing or forbidden. */
export function wasmConvolution(): Engine | null {
  if (engine === undefined) {
    const heap = scratch();
    engine = heap && new Engine(heap);
  }
  return engine;
}
