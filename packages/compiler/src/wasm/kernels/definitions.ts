/**
 * What kernels are called that are the same for every program, and how each module of them is written: those of products, to which
 * others are added where something needs them.
 */
import type { FunctionDefinition } from "../assembler.ts";

/** Products of float32 and of float64, convolutions and pools, softmax. */
export type KernelModule = "gemm" | "gemm64" | "windows" | "softmax";

/** @param relaxed one rounding for multiply and add where the machine can (see `relaxedSimd`). */
type Definition = (relaxed: boolean) => readonly FunctionDefinition[];

export const definitions: { [Name in KernelModule]?: Definition } = {};

/** Makes the kernels of a module known. */
export function addKernels(name: KernelModule, definition: Definition): void {
  definitions[name] = definition;
}
