/**
 * Modules of kernels that are the same for every program: products, and those that were added to them.
 *
 * What Node loads of the published package does not generate them but has their bytes in files beside it, which
 * `bundle/kernels.mjs` makes with the functions here.
 */
import { assemble } from "../assembler.ts";
import { definitions, type KernelModule, leftOut } from "./definitions.ts";
import { gemmFunctions } from "./gemm.ts";

export type { KernelModule } from "./definitions.ts";

export interface KernelOptions {
  /** One rounding for multiply and add where the machine can (see `relaxedSimd`); no by default. */
  readonly relaxed?: boolean;
  /** For a memory that threads share; no by default. */
  readonly shared?: boolean;
}

/**
 * The bytes of a module: `gemm`, `gemm64` (of the products that are called so), `windows`, `pools` or `softmax`.
 *
 * @throws JitError for kernels that a bundle has left out, since it has no op of core's that wants them.
 */
export function kernelBytes(name: KernelModule, { relaxed = false, shared = false }: KernelOptions = {}): Uint8Array {
  const products = { gemm: "float32", gemm64: "float64" } as const;
  const functions =
    name in products
      ? gemmFunctions({ dtype: products[name as keyof typeof products], relaxed })
      : definitions[name]?.(relaxed);
  if (functions) return assemble(functions, [], { shared });
  return leftOut(name);
}
