/**
 * A function that is compiled when it is called, and what training calls in its place: all of `jit` but what explains it.
 */
import { isGradEnabled, isTracing, JitError, OptionError } from "@chainrule/core";
import { areOpsWatched, checkOptions, describe } from "@chainrule/core/internal";
import type { CompiledFunction } from "./compiled-function.ts";
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

interface CompiledOnCall {
  /** The function itself, compiled. */
  readonly call: (...args: unknown[]) => unknown;
  /** What messages call it. */
  readonly name: string;
  /** The program for such arguments: the function is compiled, but not run. */
  programFor(args: readonly unknown[], heap: Heap): CompiledFunction;
}

/** The function, compiled for each kind of arguments when they first come; on no heap, the function is simply run. */
export function compiledOnCall<F extends TensorFunction>(
  f: F,
  heapOf: () => Heap | null,
  options: JitOptions,
  watch: Watch,
): CompiledOnCall {
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
  const programFor = (args: readonly unknown[], heap: Heap) =>
    programs.find(flatten(name, "arguments", args, true), heap);
  return { call, name, programFor };
}

/** `jit`, for training, which knows more of the function: see {@link Watch}. */
export function watchedJit<F extends TensorFunction>(f: F, options: JitOptions, watch: Watch): F {
  return compiledOnCall(f, sharedHeap, options, watch).call as unknown as F;
}
