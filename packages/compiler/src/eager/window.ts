/**
 * Convolution and pooling of arrays by the functions in WebAssembly: operands are copied into their memory, results back.
 * Multiply and add are rounded separately, so that eager results are the same on every engine.
 */
import type { KernelOperand } from "@chainrule/core";
import type { Window, WindowFunction } from "@chainrule/core/internal";
import type { Heap } from "../wasm/heap.ts";
import { instantiate } from "../wasm/host.ts";
import { type ConvolutionSizes, type Geometry, geometryOf } from "../wasm/kernels/conv-geometry.ts";
import { flatGeometry } from "../wasm/kernels/flat-geometry.ts";
import { addWindowKernels } from "../wasm/kernels/further-modules.ts";
import { kernelBytes } from "../wasm/kernels/modules.ts";
import { addPoolKernels } from "../wasm/kernels/pool-modules.ts";
import { scratch, scratchBlock } from "./scratch-heap.ts";

/** Larger ones (in bytes) are left to the version without WebAssembly, whose memory ends at 4 GiB. */
const most = 2 ** 30;

/** What convolutions forward are told of an epilogue, see `Convolution`. */
const [noBias, noRelu] = [0, 0];

type Functions = Readonly<Record<WindowFunction | `flat.${WindowFunction}`, (...numbers: number[]) => void>>;

class WindowKernels {
  readonly #heap: Heap;
  readonly #functions: Functions;

  constructor(heap: Heap) {
    this.#heap = heap;
    addWindowKernels();
    addPoolKernels();
    const [windows, pools] = (["windows", "pools"] as const).map((name) =>
      instantiate<Functions>(kernelBytes(name), heap.memory),
    );
    this.#functions = { ...windows, ...pools };
  }

  convolve(call: WindowFunction, out: KernelOperand, inputs: readonly KernelOperand[], sizes: ConvolutionSizes) {
    const geometry = geometryOf(sizes);
    const parts = call === "convolveWeightGradient" ? geometry.weightParts : sizes.images;
    return this.#run(call, out, inputs, geometry, parts);
  }

  /** Every channel is an image of its own. */
  pool(call: WindowFunction, out: KernelOperand, inputs: readonly KernelOperand[], window: Window) {
    const images = out.shape[0] * out.shape[1];
    const sizes = { window, images, channels: 1, outputs: 1, groups: 1, isPool: true };
    return this.#run(call, out, inputs, flatGeometry(window) ?? geometryOf(sizes), images);
  }

  /** Fills `out`, of float32 as the inputs; false where there is no room. */
  #run(
    call: WindowFunction,
    out: KernelOperand,
    inputs: readonly KernelOperand[],
    { numbers, scratch: scratchBytes, isFlat }: Geometry,
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
    const name = isFlat ? (`flat.${call}` as const) : call;
    this.#functions[name](...addresses, end, 0, parts, ...rest);
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
