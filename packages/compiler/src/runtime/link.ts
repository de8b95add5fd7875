/**
 * Linking: the shared kernels that a program's module imports.
 */
import type { WindowFunction } from "@chainrule/core/internal";
import type { FusionGroup } from "../ir/fused-graph.ts";
import type { ImportedFunction } from "../wasm/assembler.ts";
import type { Heap } from "../wasm/heap.ts";
import { convolutionFunctions } from "../wasm/kernels/conv.ts";
import { gemmFunctions, relaxedSimd } from "../wasm/kernels/gemm.ts";
import { gemm64Functions } from "../wasm/kernels/gemm64.ts";
import { poolFunctions } from "../wasm/kernels/pool.ts";
import { type Kernels, sharedKernels } from "./shared-kernels.ts";

/** Shared kernels on the heap's memory, with the functions of theirs that a program imports. */
interface ImportedKernels {
  readonly types: readonly ImportedFunction[];
  readonly kernels: Kernels<object>;
}

/** How many operands each function of windows has, with its result. */
const windowOperands: Readonly<Record<WindowFunction, number>> = {
  convolve: 3,
  convolveInputGradient: 3,
  convolveWeightGradient: 3,
  maxPool: 2,
  maxPoolBackward: 4,
  maxPoolGather: 4,
  sumPool: 2,
  sumPoolBackward: 2,
};

function pointers(name: string, count: number): ImportedFunction {
  return { name, parameters: new Array<"i32">(count).fill("i32") };
}

/**
 * What the groups' products, convolutions and pools call.
 *
 * @param deterministic whether to round after multiplying and after adding, as every host can.
 */
export function kernelsFor(heap: Heap, groups: readonly FusionGroup[], deterministic: boolean): ImportedKernels[] {
  const relaxed = !deterministic && relaxedSimd();
  const named = (name: string) => (relaxed ? `${name}, relaxed` : name);
  const products = groups.filter(({ kind }) => kind === "matmul").map(({ members: [node] }) => node.dtype);
  const imported: ImportedKernels[] = [];
  if (products.includes("float32")) {
    const kernels = sharedKernels(heap, named("gemm"), () => gemmFunctions({ relaxed }));
    imported.push({ types: [pointers("gemm", 14)], kernels });
  }
  if (products.includes("float64"))
    imported.push({ types: [pointers("gemm64", 12)], kernels: sharedKernels(heap, "gemm64", gemm64Functions) });
  if (groups.some(({ kind }) => kind === "window")) {
    const define = () => [...convolutionFunctions({ relaxed }), ...poolFunctions()];
    // After the operands: the table of the windows, scratch, and the first and last of what is to be done.
    const types = Object.entries(windowOperands).map(([name, count]) => pointers(name, count + 4));
    imported.push({ types, kernels: sharedKernels(heap, named("windows"), define) });
  }
  return imported;
}
