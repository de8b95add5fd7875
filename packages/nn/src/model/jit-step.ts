/**
 * Steps that compile themselves: batches of each shape run eagerly until compiling promises to pay, and those
 * that follow as one WebAssembly program.
 */

import type { JitOptions } from "@chainrule/compiler";
import type { Watch } from "@chainrule/compiler/internal";
import { JitError, sizeOf, Tensor } from "@chainrule/core";
import { formatShape, sameShape, withOpWatcher } from "@chainrule/core/internal";
import { type Compile, compilerAtHand, loadCompiler } from "./compiler.ts";
import { flattenNested, type Nested } from "./nested.ts";
import type { Inputs, StepResult, TrainState, testStep, trainStep } from "./step.ts";
import { tiers, type Work } from "./tiers.ts";
import { countsOutside, hasUserCode } from "./user-code.ts";

/** What a step takes besides the model: inputs, targets and perhaps weights. */
type BatchArguments = [x: Inputs, y: Nested<Tensor>, weight?: Nested<Tensor>];

/** A step as training uses it. */
export interface Step extends Waiting {
  (state: TrainState, ...batch: BatchArguments): StepResult;
}

/** Whether to compile, and what to say where that is not possible. */
export interface JitSettings {
  /** Whose work is compiled, for the warning. */
  readonly where: string;
  /** Whether to compile at all. */
  readonly jit: boolean | JitOptions;
  /** Whether to give no warning. */
  readonly quiet?: boolean;
  /** Where it is said that the user's code has run, which may have changed what the function goes by. */
  readonly changes?: Changes;
  /** What has been compiled so far, where others are to know; anew by default. */
  readonly compiled?: CompiledShapes;
}

/** Whether the user's code has run since the last call: a callback, a generator of batches, what else the event loop had. */
export type Changes = Pick<Watch, "mayHaveChanged">;

/** What is compiled, where that is not simply the function. */
interface CompiledForm<Args extends Arguments, Result> {
  /** Returns less than the function does. */
  readonly f?: (...args: Args) => Result;
  /** The model, and what it is trained with. */
  parts(): Parameters<typeof hasUserCode>[0];
}

/** Batches of the same dtypes and shapes. */
interface Kind {
  /** How many calls are still to be made before it is compiled. */
  left: number;
}

/**
 * Which batches are compiled: what decides it is kept by a checkpoint, so that a training that is resumed computes each
 * batch in the way in which it would have been computed.
 */
export class CompiledShapes {
  /** By dtypes and shapes, as keys; those that have come. */
  readonly #kinds = new Map<string, Kind>();
  /** Whether there is one that is to be compiled. */
  isDue = false;
  /** Whether it can be compiled, as far as is known. */
  isCompilable = true;

  get(key: string): Kind | undefined {
    return this.#kinds.get(key);
  }

  add(key: string, left: number): Kind {
    const kind = { left };
    this.#kinds.set(key, kind);
    if (left === 0) this.isDue = true;
    return kind;
  }

  /** Notes a call of this kind that was run uncompiled. */
  spend(kind: Kind): void {
    if (--kind.left === 0) this.isDue = true;
  }

  /** How many calls are left of which kinds, for {@link restore}. */
  state(): { seen: string[]; left: number[] } {
    return { seen: [...this.#kinds.keys()], left: [...this.#kinds.values()].map(({ left }) => left) };
  }

  restore(seen: readonly string[], left: readonly number[]): void {
    this.#kinds.clear();
    this.isDue = false;
    for (const [i, key] of seen.entries()) this.add(key, left[i]);
  }
}

/**
 * In how many batches it is looked whether users' functions still do the same, before that is done now and then; those that
 * count are looked at always.
 */
const attentive = 100;

type Arguments = readonly (Nested<Tensor> | undefined)[];

/** Dtypes and shapes as a key. */
function specKey(args: Arguments): string {
  const keyOf = (x: Tensor) => `${x.dtype}${formatShape(x.shape)}`;
  return args.map((x) => (x instanceof Tensor ? keyOf(x) : x && flattenNested(x).map(keyOf).join("+"))).join();
}

/** Whether these are tensors of the same dtypes and shapes; fast, and false for nested tensors. */
function haveSameSpecs(a: Arguments, b: Arguments): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i], b[i]];
    if (!(x instanceof Tensor && y instanceof Tensor) || x.dtype !== y.dtype || !sameShape(x.shape, y.shape))
      return false;
  }
  return true;
}

/** Counts what a call computes. */
function counted<Result>(f: () => Result): { result: Result; work: Work } {
  let [ops, numbers] = [0, 0];
  const done = () => {};
  const result = withOpWatcher((_, inputs, __, { shape }) => {
    ops++;
    numbers += inputs.reduce((total, { size }) => total + size, sizeOf(shape));
    return done;
  }, f);
  return { result, work: { ops, numbers } };
}

interface Waiting {
  /**
   * To be awaited before the next call, unless it is null: the compiler is loaded, which that call may need. Nobody who
   * cannot wait has to ask, and goes on uncompiled.
   */
  whenReady(): Promise<void> | null;
}

/** A function that compiles itself. */
export interface SelfCompiling<Args extends Arguments, Result> extends Waiting {
  (...args: Args): Result;
}

/**
 * The same function, compiled once calls with tensors of the same dtypes and shapes have come so often that it promises to pay.
 *
 * A function that cannot be compiled (it reads numbers, it does something else at each call) goes on uncompiled, and warns
 * of it once.
 */
export function selfCompiling<Args extends Arguments, Result>(
  f: (...args: Args) => Result,
  { where, jit: jitOptions, quiet = false, changes = {}, compiled: shapes = new CompiledShapes() }: JitSettings,
  { f: compiledForm = f, parts }: CompiledForm<Args, Result>,
): SelfCompiling<Args, Result> {
  if (!jitOptions) return Object.assign((...args: Args) => f(...args), { whenReady: () => null });
  const watch: Watch = Object.assign(changes, {
    where,
    quiet,
    isTrusted: () => !hasUserCode(parts()),
    attentive: () => (countsOutside(parts()) ? Number.POSITIVE_INFINITY : attentive),
  });
  let compile: Compile | null = null;
  let compiled: typeof compiledForm | null = null;
  let last: Args | null = null;
  let kind: Kind | undefined;
  const giveUp = (reason: string) => {
    shapes.isCompilable = false;
    if (!quiet) console.warn(`${where} goes on uncompiled, which is slower. ${reason}`);
  };
  const call = (...args: Args): Result => {
    if (!shapes.isCompilable) return f(...args);
    if (last === null || !haveSameSpecs(last, args)) {
      const key = specKey(args);
      kind = shapes.get(key);
      last = kind ? args : null;
      if (!kind) {
        const { result, work } = counted(() => f(...args));
        shapes.add(key, tiers.callsBefore(work) - 1);
        return result;
      }
    }
    if (kind!.left > 0) {
      const result = f(...args);
      shapes.spend(kind!);
      return result;
    }
    compile ??= compilerAtHand();
    if (compile === null) return f(...args);
    try {
      compiled ??= compile(compiledForm, jitOptions === true ? {} : jitOptions, watch);
      return compiled(...args);
    } catch (error) {
      if (!(error instanceof JitError)) throw error;
      giveUp(error.message);
      return f(...args);
    }
  };
  // A page may have lost the file: its host has a newer version, or there is no network.
  const load = async () => {
    try {
      compile = await loadCompiler();
    } catch (error) {
      giveUp(`The compiler could not be loaded: ${(error as Error).message}`);
    }
  };
  const whenReady = () => {
    if (!shapes.isDue || !shapes.isCompilable || compile !== null) return null;
    compile = compilerAtHand();
    return compile === null ? load() : null;
  };
  return Object.assign(call, { whenReady });
}

/**
 * A training or evaluation step that compiles itself.
 *
 * Compiled, it returns the predictions only where metrics need them, or where there are several outputs.
 */
export function jitStep(step: typeof trainStep | typeof testStep, settings: JitSettings): Step {
  const eager: typeof trainStep = step;
  // The model and what it is trained with stay the same for as long as this step is used.
  let state: TrainState;
  const compiledForm = (...[x, y, weight]: BatchArguments): StepResult => {
    const output = eager(state, x, y, weight);
    const configs = state.outputs.configsOf(output.prediction);
    const needsPrediction = configs.length > 1 || configs[0].metrics.length > 0;
    return needsPrediction ? output : { ...output, prediction: null };
  };
  const run = selfCompiling((...[x, y, weight]: BatchArguments) => eager(state, x, y, weight), settings, {
    f: compiledForm,
    parts: () => state,
  });
  const call = (current: TrainState, ...[x, y, weight]: BatchArguments) => {
    state = current;
    return weight ? run(x, y, weight) : run(x, y);
  };
  return Object.assign(call, { whenReady: run.whenReady });
}
