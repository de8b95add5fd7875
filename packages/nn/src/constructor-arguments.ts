/**
 * What an object was made with: the arguments with which its class makes another one like it.
 */
import { checkFunction } from "@chainrule/core/internal";

/** A class, as far as making another of its kind goes. */
interface MadeByClass {
  readonly prototype: { constructorArguments?(): readonly unknown[] };
  new (...args: never[]): object;
}

/**
 * The arguments with which the class of a metric, a layer or a model makes another one like it; null where that cannot be
 * known.
 *
 * They are known where a class says them (`constructorArguments`), where its constructor has no parameters, and where
 * it has no constructor of its own, by what it extends.
 *
 * @param speaksFor whether a class that does not say them itself leaves it to what it extends, as those of the library do.
 * @example constructorArgumentsOf(new TopKAccuracy(3)); // [3]
 */
export function constructorArgumentsOf(
  made: object,
  speaksFor: (Class: unknown) => boolean = () => false,
): readonly unknown[] | null {
  checkFunction("constructorArgumentsOf", speaksFor);
  if (typeof made !== "object" || made === null || !("constructor" in made)) return null;
  let Class = made.constructor as unknown as MadeByClass;
  while (typeof Class === "function" && Class.prototype) {
    const said = Object.hasOwn(Class.prototype, "constructorArguments") || speaksFor(Class);
    if (said) return Class.prototype.constructorArguments?.call(made) ?? null;
    const [own, parameters] = /(?<![.\w$])constructor\s*\(\s*([^)\s]?)/.exec(String(Class)) ?? [];
    if (own !== undefined) return parameters === "" ? [] : null;
    Class = Object.getPrototypeOf(Class);
  }
  return null;
}
