/**
 * Reading what a checkpoint says: nothing in it is taken for what it should be before it was looked at.
 */
import { DataError, Tensor } from "@chainrule/core";
import { describe } from "@chainrule/core/internal";
import { isPlainObject } from "../module/tree.ts";

/** Named values of a checkpoint, each read as what it is to be. */
export class SavedFields {
  readonly #where: string;
  readonly #fields: Readonly<Record<string, unknown>>;

  /** @throws DataError for what is no object. */
  constructor(where: string, fields: unknown) {
    this.#where = where;
    if (!isPlainObject(fields)) throw this.damaged("named values", fields);
    this.#fields = fields;
  }

  damaged(expected: string, got: unknown): DataError {
    return new DataError({
      where: this.#where,
      expected,
      got: describe(got),
      hint: "The checkpoint is damaged, or of another program.",
    });
  }

  get names(): string[] {
    return Object.keys(this.#fields);
  }

  /** Whatever it is. */
  any(name: string): unknown {
    return Object.hasOwn(this.#fields, name) ? this.#fields[name] : undefined;
  }

  /** Any number, NaN and infinities among them. */
  number(name: string): number {
    return this.#read(name, "a number", (x): x is number => typeof x === "number");
  }

  /** A whole number of at least 0. */
  count(name: string): number {
    return this.#read(name, "a whole number", (x): x is number => Number.isSafeInteger(x) && (x as number) >= 0);
  }

  boolean(name: string): boolean {
    return this.#read(name, "true or false", (x): x is boolean => typeof x === "boolean");
  }

  text(name: string): string {
    return this.#read(name, "a text", (x): x is string => typeof x === "string");
  }

  list(name: string): readonly unknown[] {
    return this.#read(name, "a list", (x): x is unknown[] => Array.isArray(x));
  }

  texts(name: string): readonly string[] {
    return this.#read(
      name,
      "a list of texts",
      (x): x is string[] => Array.isArray(x) && x.every((item) => typeof item === "string"),
    );
  }

  numbers(name: string): readonly number[] {
    return this.#read(
      name,
      "a list of numbers",
      (x): x is number[] => Array.isArray(x) && x.every((item) => typeof item === "number"),
    );
  }

  tensors(name: string): Readonly<Record<string, Tensor>> {
    return this.#read(
      name,
      "tensors by name",
      (x): x is Record<string, Tensor> =>
        isPlainObject(x) && Object.values(x).every((value) => value instanceof Tensor),
    );
  }

  fields(name: string): SavedFields {
    return new SavedFields(`${this.#where}, ${name}`, this.any(name));
  }

  /** What `read` finds, or null where null is saved. */
  orNull<T>(name: string, read: (name: string) => T): T | null {
    return this.any(name) === null ? null : read.call(this, name);
  }

  #read<T>(name: string, expected: string, is: (x: unknown) => x is T): T {
    const value = this.any(name);
    if (is(value)) return value;
    throw this.damaged(`${expected} as ${name}`, value);
  }
}
