/**
 * Convolution and pooling of arrays by the functions in WebAssembly: operands are copied into their memory, results back.
 * Multiply and add are rounded separately, so that eager results are the same on every engine.
 */
import type { KernelOperand } from "@chainrule/core";
import type { Window, WindowFunction } from "@chainrule/core/internal";
import type { Heap } from "../wasm/heap.ts";
import { instantiate } from "../wasm/host.ts";
import { type ConvolutionSizes, type Geometry, geometryOf } from "../wasm/kernels/conv-geometry.ts";
import { addWindowKernels } from "../wasm/kernels/further-modules.ts";
import { kernelBytes } from "../wasm/kernels/modules.ts";
import { poolGeometry } from "../wasm/kernels/pool-geometry.ts";
import { scratch, scratchBlock } from "./scratch-heap.ts";

/** Larger ones (in bytes) are left to the version without WebAssembly, whose memory ends at 4 GiB. */
const most = 2 ** 30;

/** What convolutions forward are told of an epilogue, see `Convolution`. */
const [noBias, noRelu] = [0, 0];

type Functions = Readonly<Record<WindowFunction, (...numbers: number[]) => void>>;

class WindowKernels {
  readonly #heap: Heap;
  readonly #functions: Functions;

  constructor(heap: Heap) {
    this.#heap = heap;
    addWindowKernels();
    this.#functions = instantiate<Functions>(kernelBytes("windows"), heap.memory);
  }

  convolve(call: WindowFunction, out: KernelOperand, inputs: readonly KernelOperand[], sizes: ConvolutionSizes) {
    const geometry = geometryOf(sizes);
    const parts = call === "convolveWeightGradient" ? geometry.weightParts : sizes.images;
    return this.#run(call, out, inputs, geometry, parts);
  }

  /** Every channel is an image of its own. */
  pool(call: WindowFunction, out: KernelOperand, inputs: readonly KernelOperand[], window: Window) {
    return this.#run(call, out, inputs, poolGeometry(window), out.shape[0] * out.shape[1]);
  }

  /** Fills `out`, of float32 as the inputs; false where there is no room. */
  #run(
    call: WindowFunction,
    out: KernelOperand,
    inputs: readonly KernelOperand[],
    { numbers, scratch: scratchBytes }: Geometry,
    parts: number,
  ): boolean {
    const heap = this.#heap;
    const arrays = [...inputs.map(({ storage }) => storage), out.storage, numbers];
    const bytes = arrays.reduce((total, { byteLength }) => total + aligned(byteLength), 0) + scratchBytes;
    if (bytes > most) return false;
    const block = scratchBlock(bytes);
    if (block === 0) return false;
    let end = block;
    const addresses = arrays.map(({ byteLength }) => {
      const address = end;
      end += aligned(byteLength);
      return address;
    });
    inputs.forEach(({ storage }, i) => {
      heap.write("float32", addresses[i], storage);
    });
    heap.write("int32", addresses[inputs.length + 1], numbers);
    const rest = call === "convolve" ? [noBias, noRelu] : [];
    this.#functions[call](...addresses, end, 0, parts, ...rest);
    out.storage.set(heap.view("float32", addresses[inputs.length], out.storage.length));
    return true;
  }
}

/** Blocks that begin with a cache line are read without crossing one. */
function aligned(bytes: number): number {
  return Math.ceil(bytes / 64) * 64;
}

let engine: WindowKernels | null | undefined;

/** The functions in WebAssembly, or null where that or its SIMD is missing or forbidden. */
export function wasmWindows(): WindowKernels | null {
  if (engine === undefined) {
    const heap = scratch();
    engine = heap && new WindowKernels(heap);
  }
  return engine;
}
