/**
 * Batches of inputs and targets, as `exportPyTorch` is given them and as its programs read them.
 */
import { OptionError, ShapeError, Tensor } from "@chainrule/core";
import { checkOptions, describe } from "@chainrule/core/internal";
import { Model, type Module } from "@chainrule/nn";

const where = "exportPyTorch";

/** BatchTensors: one, a list of them, or an object of them by name. */
export type BatchTensors = Tensor | readonly Tensor[] | Readonly<Record<string, Tensor>>;

/** The inputs in the order of the model's `forward`. */
export function inputsOf(model: Module<unknown>, x: BatchTensors): readonly Tensor[] {
  const names = model instanceof Model ? model.inputNames : null;
  if (names && typeof x === "object" && !(x instanceof Tensor) && !Array.isArray(x)) {
    checkOptions(`${where}, x`, x, names);
    return tensorsOf(
      "x",
      names.map((name) => (x as Readonly<Record<string, Tensor>>)[name]),
    );
  }
  return tensorsOf("x", x);
}

export function tensorsOf(what: string, given: unknown): readonly Tensor[] {
  const isRecord = typeof given === "object" && given !== null && !(given instanceof Tensor);
  const list = given instanceof Tensor ? [given] : isRecord ? Object.values(given) : [];
  const [first] = list;
  if (list.length === 0 || !list.every((each) => each instanceof Tensor && each.rank > 0))
    throw new OptionError({
      where: `${where}, ${what}`,
      expected: "a batch: a tensor, or several in a list or by name",
      got: describe(given),
    });
  if (list.some((each) => each.shape[0] !== first.shape[0] || each.shape[0] === 0))
    throw new ShapeError({
      where: `${where}, ${what}`,
      expected: "as many examples in all tensors, at least one",
      got: list.map((each) => each.shape[0]).join(" and "),
    });
  return list;
}

/** Every tensor of a tree, with the way to it: ".price", ".0", or nothing. */
export function leavesOfTensors(tree: BatchTensors): [path: string, x: Tensor][] {
  if (tree instanceof Tensor) return [["", tree]];
  return Object.entries(tree).map(([key, x]) => [`.${key}`, x as Tensor]);
}

/** The tree of targets in Python. */
export function targetText(tree: BatchTensors, name: string): string {
  const array = (path: string) => `arrays[${JSON.stringify(name + path)}]`;
  if (tree instanceof Tensor) return array("");
  if (Array.isArray(tree)) return `[${tree.map((_, i) => array(`.${i}`)).join(", ")}]`;
  return `{${Object.keys(tree)
    .map((key) => `${JSON.stringify(key)}: ${array(`.${key}`)}`)
    .join(", ")}}`;
}

/** A target of an output, by its name or its place. */
export function pick(targets: BatchTensors, name: string, i: number): Tensor {
  if (targets instanceof Tensor) return targets;
  const found = Array.isArray(targets) ? targets[i] : (targets as Readonly<Record<string, Tensor>>)[name];
  if (found) return found;
  throw new OptionError({
    where: `${where}, y`,
    expected: `a target for each output, "${name}" among them`,
    got: Array.isArray(targets) ? `${targets.length}` : Object.keys(targets).join(", "),
  });
}

export function keyOf(targets: BatchTensors, name: string, i: number): string {
  if (targets instanceof Tensor) return "";
  return Array.isArray(targets) ? `[${i}]` : `[${JSON.stringify(name)}]`;
}
