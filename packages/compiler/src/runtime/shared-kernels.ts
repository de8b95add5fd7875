/**
 * Functions that compiled programs share: the matrix product, convolution, pooling. They are compiled once for each heap.
 */
import type { WindowFunction } from "@chainrule/core/internal";
import { isConvolution } from "../codegen/window.ts";
import type { FusionGroup } from "../ir/fused-graph.ts";
import type { ImportedFunction } from "../wasm/assembler.ts";
import type { Heap } from "../wasm/heap.ts";
import { instantiate } from "../wasm/host.ts";
import { windowTables } from "../wasm/kernels/definitions.ts";
import { gemmNames, relaxedSimd } from "../wasm/kernels/gemm.ts";
import { type KernelModule, kernelBytes } from "../wasm/kernels/modules.ts";
import { threadGroupOf } from "./threads/groups.ts";
import type { SharedModule } from "./threads/thread-group.ts";

/** A module of functions that programs import by their names. */
interface Kernels {
  readonly functions: object;
  /** Where other threads find it, if there are any. */
  readonly module: SharedModule | null;
}

const compiled = new WeakMap<Heap, Map<string, Kernels>>();

/** The functions of that name on the heap's memory. */
function sharedKernels(heap: Heap, name: KernelModule, relaxed: boolean): Kernels {
  const all = compiled.get(heap) ?? new Map<string, Kernels>();
  compiled.set(heap, all);
  const key = relaxed ? `${name}, relaxed` : name;
  let kernels = all.get(key);
  if (!kernels) {
    const threads = threadGroupOf(heap);
    const bytes = kernelBytes(name, { relaxed, shared: threads !== null });
    const module = threads ? threads.publishModule(threads.newModule(), bytes, heap.allocate(bytes.length)) : null;
    kernels = { functions: instantiate(bytes, heap.memory), module };
    all.set(key, kernels);
  }
  return kernels;
}

/** Shared kernels on the heap's memory, with the functions of theirs that a program imports. */
interface ImportedKernels extends Kernels {
  readonly types: readonly ImportedFunction[];
}

/**
 * How many operands each function of windows has, with its result, convolutions first; a convolution's bias is one, and whether it
 * cuts at 0.
 */
const windowOperands: Readonly<Record<WindowFunction, number>> = {
  convolve: 5,
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
  const products = groups.filter(({ kind }) => kind === "matmul").map(({ members: [node] }) => node.dtype);
  const imported: ImportedKernels[] = [];
  for (const dtype of ["float32", "float64"] as const) {
    if (!products.includes(dtype)) continue;
    const name = gemmNames[dtype];
    imported.push({ ...sharedKernels(heap, name, relaxed), types: [pointers(name, 14)] });
  }
  const windows = groups.filter(({ kind }) => kind === "window");
  // After the operands: the table of the windows, scratch, and the first and last of what is to be done.
  const types = (prefix: string) =>
    Object.entries(windowOperands).map(([name, count]) => pointers(prefix + name, count + 4));
  if (windows.length > 0) imported.push({ ...sharedKernels(heap, "windows", relaxed), types: types("") });
  if (windowTables.flat && windows.some(({ members: [node] }) => !isConvolution(node)))
    imported.push({ ...sharedKernels(heap, "pools", false), types: types("flat.").slice(3) });
  return imported;
}
