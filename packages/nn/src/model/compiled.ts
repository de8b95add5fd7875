/**
 * Steps that compile themselves: the first batch of each kind is run as it is, with all its checks, and those that
 * follow as one WebAssembly program.
 */
import { formatShape, JitError, jit, type Tensor } from "@chainrule/core";
import { alignTarget, type Outcome, type testStep, type trainStep } from "./step.ts";

/** What a step takes besides the model: inputs, targets and perhaps weights. */
type Step = typeof trainStep | typeof testStep;

/** Where a compiled function can be run, and what to do where it cannot. */
export interface CompileSettings {
  /** Whose work is compiled, for the notice. */
  readonly where: string;
  /** Whether to compile at all. */
  readonly jit: boolean;
  /** Whether to keep the notice to oneself. */
  readonly quiet?: boolean;
}

function kindOf(tensors: readonly Tensor[]): string {
  return tensors.map((x) => `${x.dtype}${formatShape(x.shape)}`).join();
}

/**
 * The same function, compiled from the second time on that tensors of the same shapes come.
 *
 * A function that cannot be compiled (it reads numbers) goes on uncompiled, and says so once.
 *
 * @param before what to check before a compiled run, which cannot look at numbers itself; given the first result.
 */
export function compiledLater<Result>(
  f: (...tensors: Tensor[]) => Result,
  { where, jit: wanted, quiet = false }: CompileSettings,
  before: (first: Result, tensors: readonly Tensor[]) => void = () => {},
): (...tensors: Tensor[]) => Result {
  if (!wanted) return f;
  const compiled = jit(f);
  const first = new Map<string, Result>();
  let possible = true;
  return (...tensors) => {
    if (!possible) return f(...tensors);
    const kind = kindOf(tensors);
    const earlier = first.get(kind);
    if (earlier === undefined) {
      const result = f(...tensors);
      first.set(kind, result);
      return result;
    }
    before(earlier, tensors);
    try {
      return compiled(...tensors);
    } catch (error) {
      if (!(error instanceof JitError)) throw error;
      possible = false;
      if (!quiet) console.warn(`${where} goes on uncompiled, which is slower. ${error.message}`);
      return f(...tensors);
    }
  };
}

/** A training or evaluation step that compiles itself; what it checks of the targets is checked for every batch. */
export function compiledStep<S extends Step>(step: S, settings: CompileSettings): S {
  if (!settings.jit) return step;
  // The model and what it is trained with stay the same for as long as this step is used.
  let training: Parameters<typeof trainStep>[0];
  const run = compiledLater<Outcome>(
    (x, y, weight) => step(training, x, y, weight),
    settings,
    ({ prediction }, [, y]) => training.loss.check(prediction, alignTarget(training.loss, prediction, y)),
  );
  const compiled: typeof trainStep = (given, x, y, weight) => {
    training = given;
    return weight ? run(x, y, weight) : run(x, y);
  };
  return compiled as S;
}
