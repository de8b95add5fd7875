/**
 * What a room keeps in the link, field by field: how each is written, and what may be read.
 */

/** One value of a room's state. */
export interface Field<T> {
  readonly initial: T;
  /** Undefined for what is no value of this field. */
  read(text: string): T | undefined;
  write(value: T): string;
}

/** The fields of a room by name; names that begin with `_` are the playground's own. */
export type Fields = Readonly<Record<string, Field<unknown>>>;

/** The type of what a field holds. */
export type ValueOf<F> = F extends Field<infer T> ? T : never;

/** A finite number from `min` to `max`. */
export function number(initial: number, { min, max }: { min: number; max: number }): Field<number> {
  const read = (text: string) => {
    const value = /^-?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
    return value >= min && value <= max ? value : undefined;
  };
  return { initial, read, write: String };
}

/** A whole number from `min` to `max`. */
export function whole(initial: number, range: { min: number; max: number }): Field<number> {
  const { read } = number(initial, range);
  return {
    initial,
    read: (text) => {
      const value = read(text);
      return Number.isInteger(value) ? value : undefined;
    },
    write: String,
  };
}

/** Yes or no. */
export function flag(initial: boolean): Field<boolean> {
  const values: Readonly<Record<string, boolean>> = { "1": true, "0": false };
  return {
    initial,
    read: (text) => (Object.hasOwn(values, text) ? values[text] : undefined),
    write: (value) => (value ? "1" : "0"),
  };
}

/** One of several names. */
export function choice<const T extends string>(initial: NoInfer<T>, names: readonly T[]): Field<T> {
  return { initial, read: (text) => names.find((name) => name === text), write: (value) => value };
}

/** A text of at most `maxLength` characters, all of it as `pattern` says where one is given. */
export function text(
  initial: string,
  { maxLength, pattern = /^/ }: { maxLength: number; pattern?: RegExp },
): Field<string> {
  const read = (value: string) => (value.length <= maxLength && pattern.test(value) ? value : undefined);
  return { initial, read, write: (value) => value };
}

/** From `min` to `max` values of a field, written with commas between them: their own texts have none. */
export function list<T>(
  initial: readonly T[],
  of: Field<T>,
  { min = 0, max }: { min?: number; max: number },
): Field<readonly T[]> {
  return {
    initial,
    read: (joined) => {
      const parts = joined === "" ? [] : joined.split(",", max + 1);
      if (parts.length < min || parts.length > max) return undefined;
      const values: T[] = [];
      for (const part of parts) {
        const value = of.read(part);
        if (value === undefined) return undefined;
        values.push(value);
      }
      return values;
    },
    write: (values) => values.map((value) => of.write(value)).join(","),
  };
}
