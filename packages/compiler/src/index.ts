/**
 * `jit`: functions of tensors compiled to WebAssembly. Importing this package also brings fast kernels for eager
 * operations, to the same results.
 */
import "./install.ts";

export {
  type ElementCondition,
  type ElementMath,
  type ElementNumber,
  type ElementwiseEmitter,
  registerEmitter,
} from "./codegen/elementwise-emitter.ts";
export type { Explanation, KernelReport } from "./explain.ts";
export { type JitOptions, type Jitted, jit } from "./jit.ts";
export { getNumThreads, setNumThreads } from "./runtime/num-threads.ts";
