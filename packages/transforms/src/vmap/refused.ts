/**
 * What happens where the numbers of an example are refused, by a check or by an op: all examples at once cannot say which and
 * why, so that they are run one by one.
 */

/** Thrown in a level of `vmap`, for the one who runs it. */
export class RefusedNumbers extends Error {
  readonly level: object;

  constructor(level: object) {
    super("numbers of an example are refused");
    this.level = level;
  }
}

/** What `all` gives; where that level refuses numbers, what `each` gives. */
export function orOneByOne<T>(level: object, all: () => T, each: () => T): T {
  try {
    return all();
  } catch (error) {
    if (error instanceof RefusedNumbers && error.level === level) return each();
    throw error;
  }
}
