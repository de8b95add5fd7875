/**
 * Steps that compile themselves: the first batch of each kind is run as it is, with all its checks, and those that
 * follow as one WebAssembly program.
 */
import { formatShape, JitError, type JitOptions, jit, sameShape, Tensor } from "@chainrule/core";
import { listOf, type Several } from "./several.ts";
import type { Inputs, Seen, Training, testStep, trainStep } from "./step.ts";

/** What a step takes besides the model: inputs, targets and perhaps weights. */
type Data = [x: Inputs, y: Several<Tensor>, weight?: Several<Tensor>];

/** A step as training uses it. */
export type Step = (training: Training, ...data: Data) => Seen;

/** Where a compiled function can be run, and what to do where it cannot. */
export interface CompileSettings {
  /** Whose work is compiled, for the notice. */
  readonly where: string;
  /** Whether to compile at all. */
  readonly jit: boolean | JitOptions;
  /** Whether to keep the notice to oneself. */
  readonly quiet?: boolean;
}

type Arguments = readonly (Several<Tensor> | undefined)[];

function kindOf(args: Arguments): string {
  const ofOne = (x: Tensor) => `${x.dtype}${formatShape(x.shape)}`;
  return args.map((x) => (x instanceof Tensor ? ofOne(x) : x && listOf(x).map(ofOne).join("+"))).join();
}

/** Whether these are tensors of the same shapes, one by one: a quick look, which may miss that they are. */
function isAlike(a: Arguments, b: Arguments): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i], b[i]];
    if (!(x instanceof Tensor && y instanceof Tensor) || x.dtype !== y.dtype || !sameShape(x.shape, y.shape))
      return false;
  }
  return true;
}

/**
 * The same function, compiled from the second time on that tensors of the same shapes come.
 *
 * A function that cannot be compiled (it reads numbers) goes on uncompiled, and says so once.
 *
 * @param before what to check before a compiled run, which cannot look at numbers itself; given the first result.
 * @param asCompiled what is compiled, where that is to return less than `f` does.
 */
export function compiledLater<Args extends Arguments, First extends Result, Result = First>(
  f: (...args: Args) => First,
  { where, jit: wanted, quiet = false }: CompileSettings,
  before: (first: First, args: Args) => void = () => {},
  asCompiled: (...args: Args) => Result = f,
): (...args: Args) => Result {
  if (!wanted) return f;
  const compiled = jit(asCompiled, wanted === true ? {} : wanted);
  const first = new Map<string, First>();
  let last: { readonly args: Args; readonly first: First } | null = null;
  let possible = true;
  return (...args) => {
    if (!possible) return f(...args);
    let earlier = last !== null && isAlike(last.args, args) ? last.first : undefined;
    if (earlier === undefined) {
      const kind = kindOf(args);
      earlier = first.get(kind);
      if (earlier === undefined) {
        const result = f(...args);
        first.set(kind, result);
        return result;
      }
      last = { args, first: earlier };
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

/**
 * A training or evaluation step that compiles itself; what it checks of the targets is checked for every batch.
 *
 * Compiled, it returns the predictions only where there are metrics to look at them, or several outputs to tell apart.
 */
export function compiledStep(step: typeof trainStep | typeof testStep, settings: CompileSettings): Step {
  const plain: typeof trainStep = step;
  if (!settings.jit) return plain;
  // The model and what it is trained with stay the same for as long as this step is used.
  let training: Training;
  const run = compiledLater(
    (...[x, y, weight]: Data) => plain(training, x, y, weight),
    settings,
    ({ prediction }, [, y]) => training.outputs.check(prediction, y),
    (...[x, y, weight]: Data): Seen => {
      const outcome = plain(training, x, y, weight);
      const goals = training.outputs.goalsOf(outcome.prediction);
      const isLookedAt = goals.length > 1 || goals[0].metrics.length > 0;
      return isLookedAt ? outcome : { ...outcome, prediction: null };
    },
  );
  return (given, x, y, weight) => {
    training = given;
    return weight ? run(x, y, weight) : run(x, y);
  };
}
