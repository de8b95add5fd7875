/**
 * All modules of kernels: what files are made of for Node.
 */
import type { KernelModule } from "./definitions.ts";
import { addSoftmaxKernels, addWindowKernels } from "./further-modules.ts";
import { type KernelOptions, kernelBytes } from "./modules.ts";
import { addPoolKernels } from "./pool-modules.ts";

/** The names of the modules. */
export const kernelModules: readonly KernelModule[] = ["gemm", "gemm64", "windows", "pools", "softmax"];

/** The bytes of any of them. */
export function anyKernelBytes(name: KernelModule, options?: KernelOptions): Uint8Array {
  addWindowKernels();
  addPoolKernels();
  addSoftmaxKernels();
  return kernelBytes(name, options);
}
