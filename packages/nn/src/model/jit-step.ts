/**
 * Steps that compile themselves: the first batch of each shape runs eagerly, and those that follow as one WebAssembly
 * program.
 */

import type { JitOptions } from "@chainrule/compiler";
import { type Watch, watchedJit } from "@chainrule/compiler/internal";
import { JitError, Tensor } from "@chainrule/core";
import { formatShape, sameShape } from "@chainrule/core/internal";
import { flattenNested, type Nested } from "./nested.ts";
import type { Inputs, StepResult, TrainState, testStep, trainStep } from "./step.ts";
import { countsOutside, hasUserCode } from "./user-code.ts";

/** What a step takes besides the model: inputs, targets and perhaps weights. */
type BatchArguments = [x: Inputs, y: Nested<Tensor>, weight?: Nested<Tensor>];

/** A step as training uses it. */
export type Step = (state: TrainState, ...batch: BatchArguments) => StepResult;

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

/**
 * Which batches are compiled: what decides it is kept by a checkpoint, so that a training that is resumed computes each
 * batch in the way in which it would have been computed.
 */
export class CompiledShapes {
  /** Dtypes and shapes that have come once, as keys. */
  readonly seen = new Set<string>();
  /** Whether it can be compiled, as far as is known. */
  isCompilable = true;
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

/**
 * The same function, compiled from the second call on with tensors of the same dtypes and shapes.
 *
 * A function that cannot be compiled (it reads numbers, it does something else at each call) goes on uncompiled, and warns
 * of it once.
 */
export function jitAfterFirstCall<Args extends Arguments, Result>(
  f: (...args: Args) => Result,
  { where, jit: jitOptions, quiet = false, changes = {}, compiled: shapes = new CompiledShapes() }: JitSettings,
  { f: compiledForm = f, parts }: CompiledForm<Args, Result>,
): (...args: Args) => Result {
  if (!jitOptions) return f;
  const watch: Watch = Object.assign(changes, {
    where,
    quiet,
    isTrusted: () => !hasUserCode(parts()),
    attentive: () => (countsOutside(parts()) ? Number.POSITIVE_INFINITY : attentive),
  });
  const compiled = watchedJit(compiledForm, jitOptions === true ? {} : jitOptions, watch);
  let last: Args | null = null;
  return (...args) => {
    if (!shapes.isCompilable) return f(...args);
    if (last === null || !haveSameSpecs(last, args)) {
      const key = specKey(args);
      if (!shapes.seen.has(key)) {
        const result = f(...args);
        shapes.seen.add(key);
        return result;
      }
      last = args;
    }
    try {
      return compiled(...args);
    } catch (error) {
      if (!(error instanceof JitError)) throw error;
      shapes.isCompilable = false;
      if (!quiet) console.warn(`${where} goes on uncompiled, which is slower. ${error.message}`);
      return f(...args);
    }
  };
}

/**
 * A training or evaluation step that compiles itself.
 *
 * Compiled, it returns the predictions only where metrics need them, or where there are several outputs.
 */
export function jitStep(step: typeof trainStep | typeof testStep, settings: JitSettings): Step {
  const eager: typeof trainStep = step;
  if (!settings.jit) return eager;
  // The model and what it is trained with stay the same for as long as this step is used.
  let state: TrainState;
  const compiledForm = (...[x, y, weight]: BatchArguments): StepResult => {
    const output = eager(state, x, y, weight);
    const configs = state.outputs.configsOf(output.prediction);
    const needsPrediction = configs.length > 1 || configs[0].metrics.length > 0;
    return needsPrediction ? output : { ...output, prediction: null };
  };
  const run = jitAfterFirstCall((...[x, y, weight]: BatchArguments) => eager(state, x, y, weight), settings, {
    f: compiledForm,
    parts: () => state,
  });
  return (current, x, y, weight) => {
    state = current;
    return weight ? run(x, y, weight) : run(x, y);
  };
}
