/**
 * `jit`: a function of tensors, compiled.
 */

import type { Op, TensorSpec } from "@chainrule/core";
import { getDefaultDType, isGradEnabled, isTracing, JitError, OptionError, Parameter, Tensor } from "@chainrule/core";
import { atomic, checkOptions, describe, isAtomic, perform, sameShape, TapeEntry } from "@chainrule/core/internal";
import { type Compilation, compile } from "./compile.ts";
import { type Explanation, explainCompilation } from "./explain.ts";
import { afterFailure } from "./runtime/after-failure.ts";
import { sharedHeap } from "./runtime/shared-heap.ts";
import { type FlatTree, flatten } from "./trace/pytree.ts";
import type { TensorFunction } from "./trace/trace-function.ts";
import type { Heap } from "./wasm/heap.ts";

/** How to compile. */
export interface JitOptions {
  /**
   * Whether results must be the same on every machine and engine, bit for bit. By default matrix products round once
   * for multiply and add where the engine can (Node 22 and newer), which is nearly twice as fast there and, if
   * anything, more exact.
   */
  readonly deterministic?: boolean;
}

/** More than this many programs for one function: its arguments must be changing all the time. */
const mostPrograms = 64;

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

/** A function compiled for arguments of one kind. */
class CompiledFunction {
  readonly compilation: Compilation;
  readonly #f: TensorFunction;
  readonly #name: string;
  /** The arguments that it was compiled for, where they were tensors and nothing else. */
  readonly #flat: readonly TensorSpec[] | null;
  readonly #recording = isGradEnabled();
  readonly #dtype = getDefaultDType();
  /** Whether modes do not matter from outside, because the function sets them itself. */
  #setsModes = false;

  constructor(name: string, f: TensorFunction, args: FlatTree, heap: Heap, options: Required<JitOptions>) {
    this.#f = f;
    this.#name = name;
    this.#flat = args.isFlat ? args.tensors.map(({ shape, dtype }) => ({ shape, dtype })) : null;
    this.compilation = compile(name, f, args, heap, options);
  }

  /** Whether the parameters that it was compiled for are trained or frozen, and have gradients or none, as then. */
  isCurrent(): boolean {
    if (!this.#setsModes)
      for (const { read, value } of this.compilation.traced.dependencies) if (read() !== value) return false;
    return this.#hasItsParameters();
  }

  /**
   * Told of another that was compiled although this one was there. Were the modes the same, then the function sets them
   * itself, and they do not matter from outside.
   */
  compare(other: CompiledFunction): void {
    const [own, others] = [this.compilation.traced.dependencies, other.compilation.traced.dependencies];
    if (own.length === 0 || own.length !== others.length || !this.#hasItsParameters()) return;
    if (own.every(({ owner, value }, i) => others[i].owner === owner && others[i].value === value))
      this.#setsModes = true;
  }

  #hasItsParameters(): boolean {
    const { parameters, priorGradients } = this.compilation.traced;
    for (const [parameter, requiresGrad] of parameters) if (parameter.requiresGrad !== requiresGrad) return false;
    for (const { leaf, spec } of priorGradients) {
      const { grad } = leaf;
      if (
        grad === null || spec === null ? grad !== spec : grad.dtype !== spec.dtype || !sameShape(grad.shape, spec.shape)
      )
        return false;
    }
    return true;
  }

  /** Whether these are arguments that it was compiled for: a quick look, which may say no to some that are. */
  fits(args: readonly unknown[]): args is Tensor[] {
    const flat = this.#flat;
    if (flat === null || args.length !== flat.length || this.#recording !== isGradEnabled()) return false;
    if (this.#dtype !== getDefaultDType()) return false;
    for (let i = 0; i < flat.length; i++) {
      const x = args[i];
      if (!(x instanceof Tensor) || x instanceof Parameter || x.requiresGrad || x.dtype !== flat[i].dtype) return false;
      if (x.shape !== flat[i].shape && !sameShape(x.shape, flat[i].shape)) return false;
    }
    return this.isCurrent();
  }

  /** Runs it on the tensors among the arguments. Where a guard fails, the function is run as it is. */
  run(args: readonly unknown[], tensors: readonly Tensor[]): unknown {
    const uncompiled = () => this.#f(...(args as never[]));
    // If what runs around this fails later, this is undone as well.
    if (isAtomic())
      for (const { parameter, assigned } of this.compilation.program.layout.parameters)
        if (assigned) parameter.noteValue();
    let outputs: Tensor[];
    try {
      outputs = atomic(() => this.#runProgram(tensors));
    } catch (error) {
      return afterFailure(error, uncompiled);
    }
    const { traced } = this.compilation;
    for (const { leaf, output } of traced.gradients) leaf.grad = output === null ? null : outputs[output];
    traced.requiresGrad.forEach((on, i) => {
      if (on) cutOff(outputs[i], this.#name);
    });
    return traced.result.unflatten(outputs);
  }

  #runProgram(tensors: readonly Tensor[]): Tensor[] {
    const { traced, program } = this.compilation;
    const priorGradients = traced.priorGradients.flatMap(({ leaf: { grad } }) => grad ?? []);
    for (const effect of traced.effects) perform(effect);
    return program.run(priorGradients.length > 0 ? [...tensors, ...priorGradients] : tensors);
  }
}

/** Results that would carry a gradient in eager execution: going back from one says why that cannot be. */
function cutOff(x: Tensor, name: string): void {
  const op: Op = {
    name: "jit",
    inferShape: () => x,
    kernel: "view",
    gradient: () => {
      throw new JitError({
        where: name,
        expected: "backward() inside the jitted function",
        got: "backward() on its result",
        hint: "Compute the gradient inside, with backward() or grad; for results without one, detach() them inside.",
      });
    },
  };
  const leaf = new Tensor(x.storage, x.shape, x.dtype);
  leaf.requiresGrad = true;
  x.requiresGrad = true;
  x.tapeEntry = new TapeEntry(op, [leaf], undefined, x);
}

/** `jit` with a heap of one's own; with none, the function is simply run. */
export function makeJit<F extends TensorFunction>(
  f: F,
  heapOf: () => Heap | null,
  options: JitOptions = {},
): Jitted<F> {
  checkOptions("jit", options, ["deterministic"]);
  const { deterministic = false } = options;
  if (typeof deterministic !== "boolean")
    throw new OptionError({ where: "jit, deterministic", expected: "true or false", got: describe(deterministic) });
  if (typeof f !== "function")
    throw new JitError({ where: "jit", expected: "a function of tensors", got: describe(f) });
  const name = f.name ? `jit(${f.name})` : "jit";
  const programs = new Map<string, CompiledFunction[]>();
  let compilations = 0;
  let last: CompiledFunction | undefined;
  let programsHeap: Heap | null = null;
  const compiledFor = (tree: FlatTree, heap: Heap): CompiledFunction => {
    // After setNumThreads there is another heap: what was compiled for the old one is never run again.
    if (heap !== programsHeap) {
      programs.clear();
      compilations = 0;
    }
    programsHeap = heap;
    const key = `${isGradEnabled() ? "" : "noGrad "}${getDefaultDType()} ${tree.key}`;
    const variants = programs.get(key) ?? [];
    let compiled = variants.find((each) => each.isCurrent());
    if (!compiled) {
      if (compilations >= mostPrograms) throw tooMany(name);
      compiled = new CompiledFunction(name, f, tree, heap, { deterministic });
      // A call that cannot be compiled, because its arguments are wrong, is none of them.
      compilations++;
      for (const other of variants) compiled.compare(other);
      programs.set(key, [...variants, compiled]);
    }
    return compiled;
  };
  const call = (...args: unknown[]): unknown => {
    const heap = heapOf();
    if (heap === null || isTracing()) return f(...(args as never[]));
    if (last?.compilation.program.heap === heap && !last.compilation.program.isRunning && last.fits(args))
      return last.run(args, args);
    const tree = flatten(name, "arguments", args, true);
    // A gradient has to flow through to the argument: only the tape can do that.
    if (isGradEnabled() && tree.tensors.some((x) => x.requiresGrad)) return f(...(args as never[]));
    const compiled = compiledFor(tree, heap);
    // Called by a kernel of its own: it has one place for its numbers.
    if (compiled.compilation.program.isRunning) return f(...(args as never[]));
    last = compiled;
    return last.run(args, tree.tensors);
  };
  const explain = (...args: unknown[]): Explanation => {
    const heap = heapOf();
    if (heap === null)
      throw new JitError({ where: `${name}.explain`, expected: "WebAssembly with SIMD", got: "a host without" });
    return explainCompilation(compiledFor(flatten(name, "arguments", args, true), heap).compilation);
  };
  return Object.assign(call, { explain }) as unknown as Jitted<F>;
}

function tooMany(name: string): JitError {
  return new JitError({
    where: name,
    expected: `at most ${mostPrograms} kinds of arguments`,
    got: "more",
    hint: "Each new shape and each new plain number is compiled anew: pass what changes as a tensor, scalar(0.1).",
  });
}

/**
 * The function, compiled: for each kind of arguments (shapes, dtypes, structure) its first call notes what the function
 * does to tensors and makes one WebAssembly program of it, which later calls run.
 *
 * The function takes and returns tensors, in arrays and records; plain numbers among the arguments are part of their
 * kind. It may read and assign parameters and buffers, draw random numbers, call `backward()`, `grad`, `hessian` and
 * an optimizer's `step()`: these happen at every call. Modes of modules count as they are at
 * each call. Anything else that it does in plain JavaScript happens at the first call only (see `everyRun`). Results agree with running the function up to float32 rounding.
 *
 * - Parameters that the function assigns have no gradient afterwards; others get the one that `backward()` leaves.
 * - Gradients flow through it to arguments, for which it then runs uncompiled, but not to parameters: call `backward()`
 *   inside.
 * - Where there is no WebAssembly with SIMD, and inside another jitted function, it is simply run.
 *
 * @param options `deterministic: true` for the same bits on every machine, see `JitOptions`.
 * @throws JitError where a value is read (`item()`, a branch that depends on numbers), and for results that are no
 *   tensors; OptionError for options that it does not know.
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
export function jit<F extends TensorFunction>(f: F, options: JitOptions = {}): Jitted<F> {
  return makeJit(f, sharedHeap, options);
}
