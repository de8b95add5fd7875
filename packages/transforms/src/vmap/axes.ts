/**
 * `inAxes` and `outAxes`: along which axis of each tensor the examples lie.
 */
import { normalizeAxis, OptionError, ShapeError, ValueError } from "@chainrule/core";
import { describe, formatShape } from "@chainrule/core/internal";
import { isRecord, type Tree, takeApart } from "../tree/tree.ts";

/** An axis for all tensors of a tree, null for none; or a tree of them, which may end higher up than the tensors' does. */
export type Axes = number | null | readonly Axes[] | { readonly [name: string]: Axes };

/** A tree of tensors, and for each the axis of the examples; null where all examples share it. */
export interface Mapped {
  readonly tree: Tree;
  readonly axes: readonly (number | null)[];
}

/** Throws unless it can be an `inAxes` or `outAxes`. */
export function checkAxes(name: "inAxes" | "outAxes", axes: unknown, path = ""): asserts axes is Axes {
  if (axes === null || Number.isInteger(axes)) return;
  if (Array.isArray(axes)) for (const [i, item] of axes.entries()) checkAxes(name, item, `${path}[${i}]`);
  else if (isRecord(axes)) for (const key of Object.keys(axes)) checkAxes(name, axes[key], `${path}.${key}`);
  else
    throw new OptionError({
      where: `vmap, ${name}${path}`,
      expected: "an axis, null for none, or these in arrays and records",
      got: describe(axes),
    });
}

/**
 * The axis of each leaf of a tree.
 *
 * @param more how many axes there are beside those of the leaf: 1 for results, which have the examples' as well.
 */
export function spread(where: string, axes: Axes, tree: Pick<Tree, "leaves">, more: 0 | 1): (number | null)[] {
  return tree.leaves.map(({ tensor, path }) => {
    const axis = axisAt(where, axes, path);
    if (axis === null) return null;
    const rank = tensor.rank + more;
    if (rank === 0)
      throw new ShapeError({
        where: `${where}${path}`,
        expected: `a tensor with an axis ${axis}, along which the examples lie`,
        got: "a scalar",
        hint: "Where all examples share it, say so: { inAxes: [0, null] } for the second of two arguments.",
      });
    return normalizeAxis(`${where}${path}`, axis, rank);
  });
}

function axisAt(where: string, axes: Axes, path: string): number | null {
  let at: Axes | undefined = axes;
  for (const [, index, key] of path.matchAll(/\[(\d+)\]|\.([^.[]+)/g)) {
    if (at === null || typeof at === "number") break;
    at = (at as Record<string, Axes>)[index ?? key];
    if (at === undefined) break;
  }
  if (at === null || typeof at === "number") return at;
  throw new OptionError({
    where,
    expected: `an axis for the tensor at ${path || "the top"}`,
    got: at === undefined ? "none" : `${describe(at)}, where there is one tensor`,
    hint: "An axis stands for all that is below it: 0 for a whole record, { w: 0, b: null } for its parts.",
  });
}

/** The arguments as trees with the axes of their leaves; those without an axis may be anything and stay as they are. */
export function mapArguments(where: string, inAxes: Axes, args: readonly unknown[]): (Mapped | null)[] {
  if (Array.isArray(inAxes) && inAxes.length !== args.length)
    throw new OptionError({
      where: `${where}, inAxes`,
      expected: `as many as there are arguments, ${args.length}`,
      got: `${inAxes.length}`,
    });
  return args.map((arg, i) => {
    const axes = Array.isArray(inAxes) ? (inAxes[i] as Axes) : (inAxes as Axes);
    if (axes === null) return null;
    const place = `${where}, argument ${i}`;
    const tree = takeApart(place, "an argument", arg, "What all examples share may be anything: null in inAxes.");
    return { tree, axes: spread(place, axes, tree, 0) };
  });
}

/** How many examples there are. @throws ShapeError where the arguments disagree, ValueError where none has an axis. */
export function countExamples(where: string, mapped: readonly (Mapped | null)[]): number {
  let count: number | null = null;
  let first = "";
  for (const [i, argument] of mapped.entries())
    for (const [j, { tensor, path }] of (argument?.tree.leaves ?? []).entries()) {
      const axis = argument!.axes[j];
      if (axis === null) continue;
      const found = `${tensor.shape[axis]} along axis ${axis} of argument ${i}${path}, ${formatShape(tensor.shape)}`;
      if (count !== null && tensor.shape[axis] !== count)
        throw new ShapeError({
          where,
          expected: "as many examples in each argument",
          got: `${first}, and ${found}`,
          hint: "What all examples share has no axis: { inAxes: [0, null] } for the second of two arguments.",
        });
      if (count === null) [count, first] = [tensor.shape[axis], found];
    }
  if (count !== null) return count;
  throw new ValueError({
    where,
    expected: "at least one tensor along which to map",
    got: mapped.length === 0 ? "no arguments" : "arguments that all examples share",
    hint: "Give inAxes a number for at least one of the arguments.",
  });
}
