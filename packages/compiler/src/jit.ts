/**
 * `jit`: a function of tensors, compiled.
 */

import { isGradEnabled, isTracing, JitError, OptionError, type Tensor } from "@chainrule/core";
import { areOpsWatched, checkOptions, describe } from "@chainrule/core/internal";
import type { CompiledFunction } from "./compiled-function.ts";
import { type Explanation, explainCompilation } from "./explain.ts";
import { Programs, type Watch } from "./programs.ts";
import { sharedHeap } from "./runtime/shared-heap.ts";
import { refuseMasks } from "./trace/masked.ts";
import { flatten } from "./trace/pytree.ts";
import type { TensorFunction } from "./trace/trace-function.ts";
import type { Heap } from "./wasm/heap.ts";

/** How to compile. */
export interface JitOptions {
  /**
   * Whether results must be the same on every machine and engine, bit for bit. By default matrix products, exp, log
   * and what is made of them round once for multiply and add where the engine can (Node 22 and newer), which is faster
   * there and, if anything, more exact.
   */
  readonly deterministic?: boolean;
}

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
  checkOptions("jit", options, ["deterministic"]);
  const { deterministic = false } = options;
  if (typeof deterministic !== "boolean")
    throw new OptionError({ where: "jit, deterministic", expected: "true or false", got: describe(deterministic) });
  if (typeof f !== "function")
    throw new JitError({ where: "jit", expected: "a function of tensors", got: describe(f) });
  const name = f.name ? `jit(${f.name})` : "jit";
  const programs = new Programs(name, f, deterministic, watch);
  let last: CompiledFunction | undefined;
  const call = (...args: unknown[]): unknown => {
    const heap = heapOf();
    if (heap === null || programs.isGivenUp || isTracing() || areOpsWatched()) return f(...(args as never[]));
    refuseMasks(name, args);
    const isAsked = watch.mayHaveChanged && !last?.isTrusted;
    if (last?.compilation.program.heap === heap && !isAsked && !last.isDue && !last.isRunning && last.fits(args))
      return last.run(args, args);
    const tree = flatten(name, "arguments", args, true);
    // A gradient has to flow through to the argument: only the tape can do that.
    if (isGradEnabled() && tree.tensors.some((x) => x.requiresGrad)) return f(...(args as never[]));
    const compiled = programs.find(tree, heap);
    // Called by a kernel of its own: it has one place for its numbers.
    if (compiled.isRunning) return f(...(args as never[]));
    last = programs.isGivenUp ? undefined : compiled;
    return compiled.run(args, tree.tensors);
  };
  const explain = (...args: unknown[]): Explanation => {
    const heap = heapOf();
    if (heap === null)
      throw new JitError({ where: `${name}.explain`, expected: "WebAssembly with SIMD", got: "a host without" });
    return explainCompilation(programs.find(flatten(name, "arguments", args, true), heap).compilation);
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

/** `jit`, for training, which knows more of the function: see {@link Watch}. */
export function watchedJit<F extends TensorFunction>(f: F, options: JitOptions, watch: Watch): Jitted<F> {
  return makeJit(f, sharedHeap, options, watch);
}
