/**
 * Where a functional model begins: its inputs; and functions as nodes between layers.
 */

import { type DType, getDefaultDType, OptionError, type Tensor } from "@chainrule/core";
import { checkOptions, describe, lookUp } from "@chainrule/core/internal";
import { madeBy } from "../made-by.ts";
import { type BatchShape, checkBatchShape } from "../module/batch-shape.ts";
import { Module } from "../module/module.ts";
import { OutputSpec, Symbolic, type Symbols } from "../module/symbolic.ts";
import { optionNames } from "../option-names.ts";
import { refuseSurplus } from "../surplus.ts";

/** What an {@link input} is called, and which dtype data become there. */
export interface InputOptions {
  /** Its name in data that are given by name; "input" by default, numbered where there are several. */
  name?: string;
  /** What data are cast to: "int32" for tokens, "bool" for masks. By default they keep their dtype. */
  dtype?: DType;
}

const dtypes: Readonly<Record<DType, true>> = { float32: true, float64: true, int32: true, bool: true };

/**
 * An input of a functional model: a symbolic tensor, on which layers are called.
 *
 * @param shape of one example, without the batch axis; null for a length that varies.
 * @throws ShapeError for lengths that are no whole numbers above 0; OptionError for other options and dtypes.
 *
 * @example
 * const x = input([10], { name: "features" });
 * const y = new Dense({ units: 1 }).call(x);
 * const model = new Functional({ inputs: x, outputs: y });
 */
export function input(shape: readonly (number | null)[], options: InputOptions = {}): Symbolic {
  refuseSurplus("input", arguments, 2);
  checkOptions("input", options, optionNames<InputOptions>({ name: true, dtype: true }));
  checkBatchShape("input", shape);
  const { name = "input", dtype } = options;
  if (typeof name !== "string" || name === "")
    throw new OptionError({ where: "input", expected: "a name", got: describe(name) });
  if (dtype !== undefined) lookUp("input, dtype", dtypes, dtype);
  const batchShape: BatchShape = [null, ...shape];
  return new Symbolic(new OutputSpec(batchShape, dtype ?? getDefaultDType()), null, name, dtype !== undefined);
}

/**
 * A function of tensors as a node of a functional model: `apply(f, a, b)` is what `f(a, b)` will be.
 *
 * Weights that the function closes over are not found: for those, write a `Module`.
 *
 * @param f a function of tensors, in tensor operations; its name is the node's.
 * @param inputs one for each of its parameters; tensors stand for constants.
 * @returns symbolic tensors in the structure of what f returns.
 * @throws what f throws on tensors of these shapes.
 *
 * @example
 * const [x, skip] = [input([8]), input([8])];
 * apply((a, b) => a.add(b), x, skip).shape; // [null, 8]
 */
export function apply<Output>(
  f: (...inputs: Tensor[]) => Output,
  ...inputs: readonly (Symbolic | Tensor)[]
): Symbols<Output> {
  if (typeof f !== "function" || f.prototype instanceof Module)
    throw new OptionError({ where: "apply", expected: "a function of tensors", got: describe(f) });
  if (!inputs.some((x) => x instanceof Symbolic))
    throw new OptionError({
      where: "apply",
      expected: "a symbolic tensor among its inputs",
      got: inputs.map(describe).join(", ") || "none",
      hint: "On tensors with numbers, call the function itself.",
    });
  return madeBy(apply, [f], new Apply(f)).call(...inputs) as Symbols<Output>;
}

/** A function of several tensors as a module. */
class Apply<Output> extends Module<Output> {
  readonly function: (...inputs: Tensor[]) => Output;

  constructor(f: (...inputs: Tensor[]) => Output) {
    super();
    this.function = f;
    if (f.name) this.name = f.name;
  }

  forward(...inputs: Tensor[]): Output {
    return this.function(...inputs);
  }
}
