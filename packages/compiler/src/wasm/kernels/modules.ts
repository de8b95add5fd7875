/**
 * Modules of kernels that are the same for every program: products, convolutions and pools, softmax.
 *
 * What Node loads of the published package does not generate them but has their bytes in files beside it, which
 * `bundle/kernels.mjs` makes with the functions here.
 */
import { assemble, type FunctionDefinition } from "../assembler.ts";
import { convolutionFunctions } from "./conv.ts";
import { gemmFunctions } from "./gemm.ts";
import { poolFunctions } from "./pool.ts";
import { softmaxFunctions } from "./softmax.ts";

export interface KernelOptions {
  /** One rounding for multiply and add where the machine can (see `relaxedSimd`); no by default. */
  readonly relaxed?: boolean;
  /** For a memory that threads share; no by default. */
  readonly shared?: boolean;
}

const definitions = {
  gemm: (relaxed: boolean) => gemmFunctions({ dtype: "float32", relaxed }),
  gemm64: (relaxed: boolean) => gemmFunctions({ dtype: "float64", relaxed }),
  windows: (relaxed: boolean) => [...convolutionFunctions({ relaxed }), ...poolFunctions()],
  softmax: softmaxFunctions,
} satisfies Record<string, (relaxed: boolean) => readonly FunctionDefinition[]>;

export type KernelModule = keyof typeof definitions;

/** The names of the modules. */
export const kernelModules = Object.keys(definitions) as readonly KernelModule[];

/** The bytes of a module: `gemm`, `gemm64` (of the products that are called so), `windows` or `softmax`. */
export function kernelBytes(name: KernelModule, { relaxed = false, shared = false }: KernelOptions = {}): Uint8Array {
  return assemble(definitions[name](relaxed), [], { shared });
}
