/**
 * What kernels are called that are the same for every program, and how each module of them is written: those of products, to which
 * others are added where something needs them.
 */
import { JitError } from "@chainrule/core";
import type { FunctionDefinition } from "../assembler.ts";
import type { geometryOf } from "./conv-geometry.ts";
import type { flatGeometry } from "./flat-geometry.ts";

/** Products of float32 and of float64, convolutions and pools, pools that lie flat, softmax. */
export type KernelModule = "gemm" | "gemm64" | "windows" | "pools" | "softmax";

/** @param relaxed one rounding for multiply and add where the machine can (see `relaxedSimd`). */
type Definition = (relaxed: boolean) => readonly FunctionDefinition[];

export const definitions: { [Name in KernelModule]?: Definition } = {};

/** Makes the kernels of a module known. */
export function addKernels(name: KernelModule, definition: Definition): void {
  definitions[name] = definition;
}

/** What works out the tables by which kernels of convolutions and of pools go, where they are there. */
export const windowTables: {
  all?: typeof geometryOf;
  flat?: typeof flatGeometry;
} = {};

/** Throws for what a bundle has left out, since it has no op of core's that wants it. */
export function leftOut(name: string): never {
  throw new JitError({
    where: "jit",
    expected: "ops whose kernels are there",
    got: `one that wants those of "${name}", which this bundle has left out`,
    hint: 'Import all of the compiler: import "@chainrule/compiler".',
  });
}
