/**
 * A function compiled for arguments of one kind: what it was compiled for, and what happens at a call of it.
 */
import type { Op, TensorSpec } from "@chainrule/core";
import { getDefaultDType, isGradEnabled, JitError, Parameter, Tensor } from "@chainrule/core";
import { atomic, isAtomic, perform, sameShape, TapeEntry } from "@chainrule/core/internal";
import { type Compilation, compile } from "./compile.ts";
import { afterFailure } from "./runtime/after-failure.ts";
import type { Dependency } from "./trace/plain-state.ts";
import type { FlatTree } from "./trace/pytree.ts";
import type { TensorFunction, TracedFunction } from "./trace/trace-function.ts";
import type { Heap } from "./wasm/heap.ts";

/** In how many calls after the first it is looked whether the function still does the same, unless more is wanted. */
const firstLooks = 3;
/** How many runs lie between these and the next look, and how many at least between two looks from there on. */
const firstSpacing = 12;
const leastSpacing = 32;
/** The share of the time that these looks may take. */
const shareOfChecks = 0.03;
/** How many circumstances a program remembers under which it does not matter what they are. */
const mostCircumstances = 16;

export class CompiledFunction {
  readonly compilation: Compilation;
  readonly #f: TensorFunction;
  /** What its results that would carry a gradient come from. */
  readonly #result: Op;
  /** The arguments that it was compiled for, where they were tensors and nothing else. */
  readonly #flat: readonly TensorSpec[] | null;
  readonly #recording = isGradEnabled();
  readonly #dtype = getDefaultDType();
  /** What it holds for: modes and plain properties of modules and the like; and those that were found to matter. */
  #candidates: readonly Dependency[];
  #dependencies: readonly Dependency[];
  /** What these were when the function was found to do this: each a list of their values. */
  #circumstances: (readonly unknown[])[];
  /** What was found when the function was last traced. */
  lastTrace: TracedFunction;
  /** The tensors from outside that it uses, and whether they require gradients; at first also some made in the call. */
  #captured: ReadonlyMap<Tensor, boolean>;
  /** When it was traced. */
  readonly #tracedAt = Date.now();
  /** How many runs there are until the function is traced again. */
  #untilCheck = 1;
  /** Whether two traces in a row were the same. */
  isConfirmed = false;
  isTrusted = false;
  /** How often it has run since the last look. */
  runsSinceLook = 0;
  /** How many looks follow without a pause. */
  #looksInARow: number;
  /** How long the last look took, until it is known how long a run takes. */
  #checkTime: number | null = null;

  constructor(
    name: string,
    f: TensorFunction,
    args: FlatTree,
    traced: TracedFunction,
    heap: Heap,
    options: { readonly deterministic: boolean; readonly attentive: number },
  ) {
    this.#looksInARow = Math.max(options.attentive, firstLooks);
    this.#f = f;
    this.#result = cutOffOp(name);
    this.#flat = args.isFlat ? args.tensors.map(({ shape, dtype }) => ({ shape, dtype })) : null;
    this.compilation = compile(traced, heap, options);
    this.#captured = traced.captured;
    this.#candidates = this.#dependencies = traced.dependencies;
    this.#circumstances = [valuesOf(traced.dependencies)];
    this.lastTrace = traced;
  }

  get isRunning(): boolean {
    return this.compilation.program.isRunning;
  }

  // Whether it still holds

  /** Whether modes, properties, parameters and gradients are as they were when it was compiled. */
  isCurrent(): boolean {
    for (const values of this.#circumstances) if (this.#areNow(values)) return this.#hasItsParameters();
    return false;
  }

  #areNow(values: readonly unknown[]): boolean {
    const dependencies = this.#dependencies;
    for (let i = 0; i < dependencies.length; i++) if (!Object.is(dependencies[i].read(), values[i])) return false;
    return true;
  }

  /** What its dependencies are now. */
  readDependencies(): readonly unknown[] {
    return this.#dependencies.map(({ read }) => read());
  }

  /** The name of a dependency that is not what it was; undefined where all are. */
  get changedDependency(): string | undefined {
    return this.#dependencies.find(({ read }, i) => !Object.is(read(), this.#circumstances[0][i]))?.name;
  }

  #hasItsParameters(): boolean {
    const { parameters, priorGradients } = this.compilation.traced;
    for (const [x, requiresGrad] of this.#captured) if (x.requiresGrad !== requiresGrad) return false;
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

  /** Whether the function is to be traced before the next run, to see whether it still does the same. */
  get isDue(): boolean {
    return this.#untilCheck <= 0 && !this.isTrusted;
  }

  /** It need not be looked at: nothing but the library takes part. */
  trust(): void {
    this.isTrusted = true;
    this.#captured = new Map();
  }

  /** Lets the clock go on since it was traced, so that a function that looks at it is seen to do so. */
  waitForTheClock(): void {
    while (!this.isConfirmed && Date.now() === this.#tracedAt);
  }

  /**
   * The function was traced again, and does the same.
   *
   * @param again the other trace.
   * @param circumstances what the dependencies were before.
   * @param time how many milliseconds it took.
   */
  confirm(again: TracedFunction, circumstances: readonly unknown[], time: number): void {
    // What another trace does not use was made in the call.
    this.#captured = new Map([...this.#captured].filter(([x]) => again.captured.has(x)));
    this.isConfirmed = true;
    this.lastTrace = again;
    this.looked(time);
    if (!haveSameNames(this.#candidates, again.dependencies)) {
      this.#candidates = this.#dependencies = again.dependencies;
      this.#circumstances = [valuesOf(again.dependencies)];
    } else if (!this.#circumstances.some((values) => values.every((value, i) => Object.is(value, circumstances[i]))))
      this.#addCircumstances(circumstances);
  }

  /** It was looked whether the function does the same, which took so many milliseconds. */
  looked(time: number): void {
    this.runsSinceLook = 0;
    this.#looksInARow--;
    if (this.#looksInARow > 0) this.#untilCheck = 1;
    else if (this.#looksInARow === 0) this.#untilCheck = firstSpacing;
    else {
      this.#untilCheck = leastSpacing;
      this.#checkTime = time;
    }
  }

  #addCircumstances(values: readonly unknown[]): void {
    this.#circumstances.unshift(values);
    if (this.#circumstances.length < mostCircumstances) return;
    // What has been so many things without a difference makes none.
    const matters = values.map((value, i) => this.#circumstances.every((others) => Object.is(others[i], value)));
    this.#dependencies = this.#dependencies.filter((_, i) => matters[i]);
    this.#circumstances = [values.filter((_, i) => matters[i])];
  }

  /** What the function changed to something else in another trace than in its last one: it counts, or lets it decay. */
  stateChangedBy(again: TracedFunction): Dependency | undefined {
    return again.changed.find(({ dependency: { owner, name }, now }) => {
      const before = this.lastTrace.changed.find(
        ({ dependency }) => dependency.owner === owner && dependency.name === name,
      );
      return before !== undefined && isPrimitive(now) && !Object.is(before.now, now);
    })?.dependency;
  }

  // A call

  /** Runs it on the tensors among the arguments. Where a guard fails, the function is run as it is. */
  run(args: readonly unknown[], tensors: readonly Tensor[]): unknown {
    this.#untilCheck--;
    this.runsSinceLook++;
    if (this.#checkTime === null) return this.#run(args, tensors);
    const start = performance.now();
    const result = this.#run(args, tensors);
    const runs = this.#checkTime / (shareOfChecks * (performance.now() - start));
    this.#untilCheck = Math.max(leastSpacing, Math.min(runs, 1e6));
    this.#checkTime = null;
    return result;
  }

  #run(args: readonly unknown[], tensors: readonly Tensor[]): unknown {
    // If what runs around this fails later, this is undone as well.
    if (isAtomic())
      for (const { parameter, assigned } of this.compilation.program.layout.parameters)
        if (assigned) parameter.noteValue();
    let outputs: Tensor[];
    try {
      outputs = atomic(() => this.#runProgram(tensors));
    } catch (error) {
      return afterFailure(error, () => this.#f(...(args as never[])));
    }
    const { traced } = this.compilation;
    for (const { leaf, output } of traced.gradients) leaf.grad = output === null ? null : outputs[output];
    traced.requiresGrad.forEach((on, i) => {
      if (on) cutOff(outputs[i], this.#result);
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

const valuesOf = (dependencies: readonly Dependency[]) => dependencies.map(({ value }) => value);

function haveSameNames(a: readonly Dependency[], b: readonly Dependency[]): boolean {
  return a.length === b.length && a.every(({ owner, name }, i) => owner === b[i].owner && name === b[i].name);
}

function isPrimitive(x: unknown): boolean {
  return (typeof x !== "object" && typeof x !== "function" && typeof x !== "symbol") || x === null;
}

/** Results that would carry a gradient in eager execution: going back from one says why that cannot be. */
function cutOff(x: Tensor, op: Op): void {
  const leaf = new Tensor(x.storage, x.shape, x.dtype);
  leaf.requiresGrad = true;
  x.requiresGrad = true;
  x.tapeEntry = new TapeEntry(op, [leaf], undefined, x);
}

function cutOffOp(name: string): Op {
  return {
    name: "jit",
    inferShape: ([x]) => x,
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
}
