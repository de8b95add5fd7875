/**
 * Convolution of arrays by the functions in WebAssembly: operands are copied into their memory, results back.
 */
import type { Block } from "../tensor/op.ts";
import { assemble } from "../wasm/assembler.ts";
import { type Convolution, convolutionFunctions } from "../wasm/conv.ts";
import { type ConvolutionSizes, geometryOf } from "../wasm/conv-geometry.ts";
import { createMemory, instantiate } from "../wasm/host.ts";

const page = 65536;
/** Larger ones (in bytes) are left to the version without WebAssembly, whose memory ends at 4 GiB. */
const most = 2 ** 30;

class Engine {
  readonly #memory = createMemory(4);
  readonly #functions = instantiate<Convolution>(assemble(convolutionFunctions()), this.#memory);

  /** Fills `out`; false where it is too large. */
  run(part: keyof Convolution, out: Block, inputs: readonly Block[], sizes: ConvolutionSizes): boolean {
    const { numbers, scratch, tiles } = geometryOf(sizes);
    const blocks = [...inputs.map(({ storage }) => storage), out.storage, numbers];
    let end = 0;
    const addresses = blocks.map(({ byteLength }) => {
      const address = end;
      end += Math.ceil(byteLength / 64) * 64;
      return address;
    });
    if (end + scratch > most) return false;
    const missing = end + scratch - this.#memory.buffer.byteLength;
    if (missing > 0) this.#memory.grow(Math.ceil(missing / page));
    const floats = new Float32Array(this.#memory.buffer);
    inputs.forEach(({ storage }, i) => {
      floats.set(storage, addresses[i] / 4);
    });
    const [a, b, result, geometry] = addresses;
    new Int32Array(this.#memory.buffer, geometry, numbers.length).set(numbers);
    this.#functions[part](a, b, result, geometry, end, 0, part === "convolveByWeight" ? tiles : sizes.images);
    out.storage.set(floats.subarray(result / 4, result / 4 + out.storage.length));
    return true;
  }
}

let engine: Engine | null | undefined;

/** Convolution in WebAssembly, or null where that or its SIMD is missing or forbidden. */
export function wasmConvolution(): Engine | null {
  if (engine === undefined) {
    try {
      engine = new Engine();
    } catch {
      engine = null;
    }
  }
  return engine;
}
