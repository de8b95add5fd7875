/**
 * `vmap`: a function of one example becomes one of many, done at once.
 */
import {
  broadcastTo,
  ChainRuleError,
  OptionError,
  ShapeError,
  stack,
  type Tensor,
  type TensorLike,
} from "@chainrule/core";
import { checkFunction, checkOptions, describe, formatShape, refusePromise, tracer } from "@chainrule/core/internal";
import { type Tree, takeApart } from "../tree/tree.ts";
import { type Axes, checkAxes, countExamples, type Mapped, mapArguments, spread } from "./axes.ts";
import { Level, type Randomness } from "./level.ts";
import { moveAxis, type Operand } from "./operand.ts";
import { orOneByOne } from "./refused.ts";

/** How a function is mapped. */
export interface VmapOptions {
  /**
   * Along which axis of the arguments the examples lie: 0 (the default) for all of them, or an array with one for each
   * argument. null is for what all examples share, which may be anything. For an argument of arrays and records it may be a
   * tree, `[{ w: 0, b: null }, 0]`.
   */
  readonly inAxes?: Axes;
  /** Where the examples' axis goes in the results, 0 by default; a tree for several results; null for what all share. */
  readonly outAxes?: Axes;
  /** Random numbers inside: refused ("error", the default), "different" for each example, or the "same" for all. */
  readonly randomness?: "error" | "different" | "same";
}

const choices: readonly Randomness[] = ["error", "different", "same"];

/**
 * The function that does for each example of a batch what `f` does for one, all at once: (x₁, …, xₙ) ↦ (f(x₁), …, f(xₙ)),
 * stacked. `vmap(grad(f))` makes gradients per example.
 *
 * Shape: an argument [.., n, ..], n along the axis that `inAxes` says; f sees it without that axis; results [n, ..], or with
 * n where `outAxes` says. Arguments and results may be trees: tensors in arrays and records.
 *
 * It composes with `grad` and its like and with `jit`, both ways round, and with itself; gradients flow through it, of any
 * order, to arguments and to what f uses besides. Per-example gradients of a model's parameters are
 * `vmap((x, y) => gradients([loss(model.call(x.unsqueeze(0)), y.unsqueeze(0))], model.parameters()))`. Ops of one's own
 * need `leadingAxes`, or an elementwise or composed lowering; others are run example by example, which is said.
 *
 * Within f no numbers are read, and nothing is left on parameters: neither values, nor gradients.
 *
 * @param options `inAxes`, `outAxes`, `randomness`; see {@link VmapOptions}.
 * @throws ShapeError where arguments disagree about the number of examples, or have no such axis.
 * @throws GraphError where f reads numbers, assigns a parameter an example's value or calls `backward()` for one.
 * @throws OptionError where f draws random numbers and `randomness` does not say how.
 * @throws whatever f throws for one of the examples, with its number.
 * @see https://docs.jax.dev/en/latest/_autosummary/jax.vmap.html, https://docs.pytorch.org/docs/stable/generated/torch.func.vmap.html
 *
 * @example
 * vmap((x) => x.dot(x))([[1, 2], [3, 4]]); // [5, 25]
 * vmap(grad((x) => x.square().sum()))([[1, 2], [3, 4]]); // [[2, 4], [6, 8]]
 * vmap((a, b) => a.mul(b), { inAxes: [0, null], outAxes: 1 })([1, 2, 3], [10, 20]); // [[10, 20, 30], [20, 40, 60]]
 */
export function vmap(f: (...inputs: Tensor[]) => Tensor, options?: VmapOptions): (...inputs: TensorLike[]) => Tensor;
export function vmap<F extends (...inputs: never[]) => unknown>(
  f: F,
  options?: VmapOptions,
): (...inputs: Parameters<F>) => ReturnType<F>;
export function vmap(f: (...inputs: never[]) => unknown, options: VmapOptions = {}): (...inputs: never[]) => unknown {
  checkFunction("vmap", f, "a function of one example");
  checkOptions("vmap", options, ["inAxes", "outAxes", "randomness"]);
  const { inAxes = 0, outAxes = 0, randomness = "error" } = options;
  checkAxes("inAxes", inAxes);
  checkAxes("outAxes", outAxes);
  if (!choices.includes(randomness))
    throw new OptionError({
      where: "vmap, randomness",
      expected: '"error", "different" or "same"',
      got: describe(randomness),
    });
  const where = f.name ? `vmap(${f.name})` : "vmap";
  return (...args: readonly unknown[]): unknown => {
    const mapped = mapArguments(where, inAxes, args);
    const count = countExamples(where, mapped);
    const level = new Level(where, count, tracer, randomness);
    const call = (inputs: readonly unknown[]) => resultOf(where, f(...(inputs as never[])));
    const all = () => {
      const inputs = inputsOf(args, mapped, (x, axis) => level.inside(moveAxis(x, axis, 0), true));
      const { tree, operands } = level.run(() => {
        const result = call(inputs);
        return { tree: result, operands: result.leaves.map(({ tensor }) => level.operandOf(tensor)) };
      });
      return together(where, tree, operands, outAxes, count);
    };
    const each = () => {
      const trees = oneByOne(where, count, (i) => call(inputsOf(args, mapped, (x, axis) => example(x, axis, i))));
      const operands = trees[0].leaves.map((_, i) => ({
        x: stack(trees.map(({ leaves }) => leaves[i].tensor)),
        isBatched: true,
      }));
      return together(where, trees[0], operands, outAxes, count);
    };
    return orOneByOne(level, all, each);
  };
}

function resultOf(where: string, value: unknown): Tree {
  return takeApart(where, "a function whose results are made", refusePromise(where, value));
}

/** The arguments with each tensor that has examples replaced. */
function inputsOf(
  args: readonly unknown[],
  mapped: readonly (Mapped | null)[],
  replace: (x: Tensor, axis: number) => Tensor,
): unknown[] {
  return args.map((arg, i) => {
    const argument = mapped[i];
    if (argument === null) return arg;
    const { tree, axes } = argument;
    return tree.build(
      tree.leaves.map(({ tensor }, j) => {
        const axis = axes[j];
        return axis === null ? tensor : replace(tensor, axis);
      }),
    );
  });
}

function example(x: Tensor, axis: number, i: number): Tensor {
  return moveAxis(x, axis, 0).slice(i);
}

/** The results of all examples, each axis where it is wanted. */
function together(where: string, tree: Tree, operands: readonly Operand[], outAxes: Axes, count: number): unknown {
  const axes = spread(`${where}, result`, outAxes, inside(tree, operands), 1);
  return tree.build(
    operands.map(({ x, isBatched }, i) => {
      const axis = axes[i];
      if (axis !== null) return moveAxis(isBatched ? x : broadcastTo(x, [count, ...x.shape]), 0, axis);
      if (!isBatched) return x;
      throw new ShapeError({
        where: `${where}, outAxes`,
        expected: `a result${tree.leaves[i].path} that all examples share, where there is null`,
        got: `one for each of ${count} examples, ${formatShape(x.shape)}`,
        hint: "Say with a number where the examples' axis is to go.",
      });
    }),
  );
}

/** The tree with tensors of one example's shape. */
function inside(tree: Tree, operands: readonly Operand[]): Pick<Tree, "leaves"> {
  return {
    leaves: tree.leaves.map(({ path }, i) => {
      const { x, isBatched } = operands[i];
      return { path, tensor: { rank: x.rank - (isBatched ? 1 : 0) } as Tensor };
    }),
  };
}

/** One example after another, for the error that the first bad one makes. */
function oneByOne(where: string, count: number, run: (i: number) => Tree): Tree[] {
  return Array.from({ length: count }, (_, i) => {
    try {
      return run(i);
    } catch (error) {
      throw error instanceof ChainRuleError ? error.inside(`${where}, example ${i}`) : error;
    }
  });
}
