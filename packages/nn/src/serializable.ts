/**
 * The names by which classes and functions of a program are known to files: what a saved model says in place of them.
 */
import { OptionError } from "@chainrule/core";
import { describe } from "@chainrule/core/internal";

const registered = new Map<string, unknown>();

/**
 * Gives classes and functions of your own the names by which models that use them are saved and loaded: layers, losses,
 * activations, initialisers, metrics, and factories that call `madeBy`.
 *
 * To be called where they are defined, so that it has happened in every program that saves or loads. For a single
 * load there is `loadModel(path, { custom: { … } })`.
 *
 * @throws OptionError for what is neither a class nor a function, and for a name that stands for something else already.
 *
 * @example
 * const cube = (x: Tensor) => x.pow(3);
 * registerSerializable({ cube });
 * const model = new Sequential([new Dense({ units: 2, inputDim: 3, activation: cube })]);
 * parseModel(encodeModel(model)).call([[1, 2, 3]]).shape; // [1, 2]
 */
export function registerSerializable(named: Readonly<Record<string, unknown>>): void {
  const where = "registerSerializable";
  if (typeof named !== "object" || named === null || Array.isArray(named))
    throw new OptionError({ where, expected: "classes and functions by name", got: describe(named) });
  for (const [name, x] of Object.entries(named)) {
    if (typeof x !== "function")
      throw new OptionError({ where, expected: `a class or a function as "${name}"`, got: describe(x) });
    const before = registered.get(name);
    // Where a module is loaded anew, the same definition makes another function.
    if (before !== undefined && before !== x && String(before) !== String(x))
      throw new OptionError({
        where,
        expected: "a name that nothing else has",
        got: `"${name}", which stands for ${describe(before)}`,
      });
  }
  for (const [name, x] of Object.entries(named)) registered.set(name, x);
}

/** The name that {@link registerSerializable} gave, or null. @example serializableName(() => 1); // null */
export function serializableName(x: unknown): string | null {
  for (const [name, thing] of registered) if (thing === x) return name;
  return null;
}

/** What {@link registerSerializable} gave a name, or undefined. @example findSerializable("nobody's") === undefined; // true */
export function findSerializable(name: string): unknown {
  return registered.get(name);
}

/** All that {@link registerSerializable} was given, by name. @example Object.hasOwn(allSerializable(), "nobody's"); // false */
export function allSerializable(): Readonly<Record<string, unknown>> {
  return Object.fromEntries(registered);
}
