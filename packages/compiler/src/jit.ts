/**
 * `jit`: a function of tensors, compiled.
 */

import { JitError, type Tensor } from "@chainrule/core";
import { addSmallProducts } from "./attention.ts";
import { compiledOnCall, type JitOptions } from "./compiled-on-call.ts";
import { type Explanation, explainCompilation } from "./explain.ts";
import { addPools } from "./pools.ts";
import type { Watch } from "./programs.ts";
import { sharedHeap } from "./runtime/shared-heap.ts";
import type { TensorFunction } from "./trace/trace-function.ts";
import type { Heap } from "./wasm/heap.ts";
import { addWindows } from "./windows.ts";

export type { JitOptions } from "./compiled-on-call.ts";

/** A compiled function: called like the function itself. */
export type Jitted<F extends TensorFunction> = F & {
  /**
   * What becomes of the function for such arguments: the graph before and after simplification, the kernels with their
   * sizes, the memory plan; as data, and with `toString` as text. The function is compiled, but not run.
   *
   * @throws JitError where there is no WebAssembly.
   * @example
   * const step = jit((x) => x.exp().sum());
   * console.log(String(step.explain(tensor([1, 2]))));
   */
  explain(...args: Parameters<F>): Explanation;
};

/** `jit` with a heap of one's own; with none, the function is simply run. */
export function makeJit<F extends TensorFunction>(
  f: F,
  heapOf: () => Heap | null,
  options: JitOptions = {},
  watch: Watch = {},
): Jitted<F> {
  addWindows();
  addPools();
  addSmallProducts();
  const { call, name, programFor } = compiledOnCall(f, heapOf, options, watch);
  const explain = (...args: unknown[]): Explanation => {
    const heap = heapOf();
    if (heap === null)
      throw new JitError({ where: `${name}.explain`, expected: "WebAssembly with SIMD", got: "a host without" });
    return explainCompilation(programFor(args, heap).compilation);
  };
  return Object.assign(call, { explain }) as unknown as Jitted<F>;
}

/**
 * The function, compiled: for each kind of arguments (shapes, dtypes, structure) its first call notes what the function
 * does to tensors and makes one WebAssembly program of it, which later calls run. Only tensor operations are in it, and not
 * the JavaScript around them: what changes from call to call is passed as a tensor or kept in a `buffer`.
 *
 * The function is run in plain JavaScript in the first four calls of a kind, and now and then afterwards. Where it does not
 * do the same each time (`Math.random()`, a counter, variables made inside), it goes on uncompiled or is compiled anew, and
 * says so once, with the line. `everyRun` is for what is to happen at each call besides.
 *
 * The function takes and returns tensors, in arrays and records; plain numbers among the arguments are part of their
 * kind. It may read and assign parameters and variables, draw random tensors, call `backward()`, `grad`, `hessian` and
 * an optimizer's `step()`: these happen at every call. Modes and plain properties of modules and optimizers count as they are
 * at each call. Results agree with running the function up to float32 rounding.
 *
 * - Parameters that the function assigns have no gradient afterwards; others get the one that `backward()` leaves.
 * - Gradients flow through it to arguments, for which it then runs uncompiled, but not to parameters: call `backward()`
 *   inside.
 * - Where there is no WebAssembly with SIMD, and inside another jitted function, it is simply run.
 *
 * @param options `deterministic: true` for the same bits on every machine, see `JitOptions`.
 * @throws JitError where a value is read (`item()`, a branch that depends on numbers), where a generator is seeded, and
 *   for results that are no tensors; OptionError for options that it does not know.
 *
 * @example
 * const step = jit((x, y) => {
 *   optimizer.zeroGrad();
 *   const loss = binaryCrossEntropy(model.call(x), y.unsqueeze(-1));
 *   loss.backward();
 *   optimizer.step();
 *   return loss;
 * });
 * for (const [xBatch, yBatch] of batches(x, y, { batchSize: 10 })) console.log(step(xBatch, yBatch).item());
 */
export function jit<F extends (...args: Tensor[]) => unknown>(f: F, options?: JitOptions): Jitted<F>;
export function jit<F extends TensorFunction>(f: F, options?: JitOptions): Jitted<F>;
export function jit<F extends TensorFunction>(f: F, options: JitOptions = {}): Jitted<F> {
  return makeJit(f, sharedHeap, options);
}
