/**
 * Steps that compile themselves: the first batch of each kind is run as it is, with all its checks, and those that
 * follow as one WebAssembly program.
 */
import { formatShape, JitError, type JitOptions, jit, Tensor } from "@chainrule/core";
import { listOf, type Several } from "./several.ts";
import type { Inputs, Outcome, testStep, trainStep } from "./step.ts";

/** What a step takes besides the model: inputs, targets and perhaps weights. */
type Step = typeof trainStep | typeof testStep;
type Data = [x: Inputs, y: Several<Tensor>, weight?: Several<Tensor>];

/** Where a compiled function can be run, and what to do where it cannot. */
export interface CompileSettings {
  /** Whose work is compiled, for the notice. */
  readonly where: string;
  /** Whether to compile at all. */
  readonly jit: boolean | JitOptions;
  /** Whether to keep the notice to oneself. */
  readonly quiet?: boolean;
}

function kindOf(args: readonly (Several<Tensor> | undefined)[]): string {
  const ofOne = (x: Tensor) => `${x.dtype}${formatShape(x.shape)}`;
  return args.map((x) => (x instanceof Tensor ? ofOne(x) : x && listOf(x).map(ofOne).join("+"))).join();
}

/**
 * The same function, compiled from the second time on that tensors of the same shapes come.
 *
 * A function that cannot be compiled (it reads numbers) goes on uncompiled, and says so once.
 *
 * @param before what to check before a compiled run, which cannot look at numbers itself; given the first result.
 */
export function compiledLater<Args extends readonly (Several<Tensor> | undefined)[], Result>(
  f: (...args: Args) => Result,
  { where, jit: wanted, quiet = false }: CompileSettings,
  before: (first: Result, args: Args) => void = () => {},
): (...args: Args) => Result {
  if (!wanted) return f;
  const compiled = jit(f, wanted === true ? {} : wanted);
  const first = new Map<string, Result>();
  let possible = true;
  return (...args) => {
    if (!possible) return f(...args);
    const kind = kindOf(args);
    const earlier = first.get(kind);
    if (earlier === undefined) {
      const result = f(...args);
      first.set(kind, result);
      return result;
    }
    before(earlier, args);
    try {
      return compiled(...args);
    } catch (error) {
      if (!(error instanceof JitError)) throw error;
      possible = false;
      if (!quiet) console.warn(`${where} goes on uncompiled, which is slower. ${error.message}`);
      return f(...args);
    }
  };
}

/** A training or evaluation step that compiles itself; what it checks of the targets is checked for every batch. */
export function compiledStep<S extends Step>(step: S, settings: CompileSettings): S {
  if (!settings.jit) return step;
  // The model and what it is trained with stay the same for as long as this step is used.
  let training: Parameters<typeof trainStep>[0];
  const run = compiledLater(
    (...[x, y, weight]: Data): Outcome => step(training, x, y, weight),
    settings,
    ({ prediction }, [, y]) => training.outputs.check(prediction, y),
  );
  const compiled: typeof trainStep = (given, x, y, weight) => {
    training = given;
    return weight ? run(x, y, weight) : run(x, y);
  };
  return compiled as S;
}
