/**
 * What graphs and explanations are made of: a result, or what computes one, which is a model with a batch, or a function,
 * jitted or not, with its arguments.
 */
import { DTypeError, GraphError, isFloat, OptionError, Tensor, Value } from "@chainrule/core";
import { describe, noteLine, type TapeEntry, undone, userLine, withOpWatcher } from "@chainrule/core/internal";

/** A model: any module of `@chainrule/nn`. */
export interface BatchComputer {
  /** Computes a batch, shows what it came to, and undoes what that changed. @internal */
  lookAtBatch<T>(where: string, batch: readonly unknown[], loss: never, look: (result: Tensor) => T): T;
}

/** A function of tensors, `jit`ted or not. */
// biome-ignore lint/suspicious/noExplicitAny: any function that may be called with the arguments given
export type ResultFunction = (...inputs: any[]) => Tensor | Value;

/** A result, or what computes one. */
export type Subject = Tensor | Value | BatchComputer | ResultFunction;

/** What is known of a result besides. */
export interface Seen {
  /** Where in the user's program the step was made. */
  readonly lineOf: (step: TapeEntry) => string | undefined;
  /** Arguments that were made to require a gradient, so that there is a graph. */
  readonly inputs: ReadonlySet<Tensor>;
}

/**
 * Shows a result: the one given, or what a model or a function computes. What they change by it is undone.
 *
 * @param batch `[x]` or `[x, y]` for a model, and a function's arguments.
 * @throws DTypeError for what is none of these, and for functions that return something else.
 */
export function lookAt<T>(
  where: string,
  subject: Subject,
  batch: unknown,
  loss: unknown,
  look: (result: Tensor | Value, seen: Seen) => T,
): T {
  if (subject instanceof Tensor || subject instanceof Value) {
    if (batch !== undefined)
      throw new OptionError({
        where,
        expected: "options behind a result",
        got: `${describe(batch)}, as for a model`,
        hint: "A batch goes with a model or a function: a tensor is computed already.",
      });
    return look(subject, { lineOf: () => undefined, inputs: new Set() });
  }
  const isModel = typeof (subject as Partial<BatchComputer> | null)?.lookAtBatch === "function";
  if (!isModel && typeof subject !== "function")
    throw new DTypeError({
      where,
      expected: "a tensor, a Value, a model with a batch, or a function with its arguments",
      got: describe(subject),
    });
  if (!Array.isArray(batch))
    throw new OptionError({
      where,
      expected: isModel ? "a batch, [x, y], or [x] for the prediction" : "the function's arguments in an array",
      got: describe(batch),
      hint: `Write ${where}(${isModel ? "model, [x, y]" : "f, [x]"}).`,
    });
  if (isModel) {
    const lines = new Lines();
    return lines.watch((done) =>
      (subject as BatchComputer).lookAtBatch(where, batch, loss as never, (result) => {
        done();
        return look(result, { lineOf: lines.lineOf, inputs: new Set() });
      }),
    );
  }
  return undone(() => lookAtCall(where, subject as ResultFunction, batch, look));
}

function lookAtCall<T>(
  where: string,
  f: ResultFunction,
  args: readonly unknown[],
  look: (result: Tensor | Value, seen: Seen) => T,
): T {
  const lines = new Lines();
  const result = call(where, f, args, lines);
  if (result instanceof Value || result.requiresGrad) return look(result, { lineOf: lines.lineOf, inputs: new Set() });
  // Nothing in it requires a gradient: then it is the arguments by which one may ask.
  const leaves = args.map((x) => (x instanceof Tensor && isFloat(x.dtype) ? asLeaf(x) : x));
  const again = new Lines();
  const inputs = new Set(leaves.filter((x, i): x is Tensor => x instanceof Tensor && x !== args[i]));
  return look(call(where, f, leaves, again), { lineOf: again.lineOf, inputs });
}

function asLeaf(x: Tensor): Tensor {
  const leaf = x.detach();
  leaf.requiresGrad = true;
  return leaf;
}

function call(where: string, f: ResultFunction, args: readonly unknown[], lines: Lines): Tensor | Value {
  const result: unknown = lines.watch(() => f(...args));
  if (result instanceof Tensor || result instanceof Value) return result;
  throw new GraphError({
    where,
    expected: "a function that returns a tensor, such as a loss",
    got: `one that returns ${describe(result)}`,
  });
}

/** Notes the lines of the user's program in which steps are made; that in which all of it began says nothing. */
class Lines {
  readonly #lines = new Map<Tensor, () => string | undefined>();
  readonly #here = userLine();

  /** Runs a function whose steps are noted until it says that it is done. */
  watch<T>(f: (done: () => void) => T): T {
    let isDone = false;
    const note = () => {
      if (isDone) return () => {};
      const line = noteLine(60);
      return (output: Tensor) => {
        this.#lines.set(output, line);
      };
    };
    return withOpWatcher(note, () =>
      f(() => {
        isDone = true;
      }),
    );
  }

  readonly lineOf = (step: TapeEntry): string | undefined => {
    const line = step.output === null ? undefined : this.#lines.get(step.output)?.();
    return line === this.#here ? undefined : line;
  };
}
