/**
 * Assignments that would change nothing: `optimizer.momentum = 0.9`, `model.lr = 0.1`, `layer.useBias = false` made a
 * property that nobody looks at.
 */
import { OptionError } from "@chainrule/core";
import { describe } from "@chainrule/core/internal";

interface Class<T> {
  readonly prototype: T;
}

/** What to say of an assignment; null for one that is the object's own business. */
type Refusal<T> = (object: T, name: string) => { readonly where: string; readonly hint: string } | null;

/**
 * Makes assignments of names that an object does not have an error, as long as `refusal` says so; others make a property, as
 * they do without it. A property that is there already is not concerned.
 */
export function refuseAssignments<T extends object>(
  { prototype }: Class<T>,
  names: readonly string[],
  refusal: Refusal<T>,
): void {
  for (const name of names)
    if (!(name in prototype))
      Object.defineProperty(prototype, name, {
        configurable: true,
        get: () => undefined,
        set(this: T, value: unknown) {
          const refused = refusal(this, name);
          if (refused)
            throw new OptionError({
              ...refused,
              expected: `${name} where it has an effect`,
              got: `an assignment of ${describe(value)}, which would change nothing`,
            });
          Object.defineProperty(this, name, { value, writable: true, enumerable: true, configurable: true });
        },
      });
}

/** Classes whose getters without a setter refuse assignments in our words. */
const readOnly = new WeakSet<object>();

/**
 * Makes assignments of what can only be read an error that says so, where JavaScript's own names no class: for the getters
 * of a class and of all that it extends.
 */
export function refuseWrites(Made: abstract new (...args: never[]) => object): void {
  for (let at = Made; typeof at === "function" && at.prototype && !readOnly.has(at); at = Object.getPrototypeOf(at)) {
    readOnly.add(at);
    for (const [name, { get, set, configurable }] of Object.entries(Object.getOwnPropertyDescriptors(at.prototype)))
      if (get && !set && configurable)
        Object.defineProperty(at.prototype, name, {
          get,
          set: (value: unknown) => {
            throw new OptionError({
              where: `${at.name}, ${name}`,
              expected: "it to be read alone",
              got: `an assignment of ${describe(value)}`,
              hint: `A class of your own says another by get ${name}() { return …; }.`,
            });
          },
          configurable,
        });
  }
}

/** A name as Python has it: `learning_rate`. */
export function inSnakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
