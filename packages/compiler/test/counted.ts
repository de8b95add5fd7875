/**
 * A function that knows how often it was run: compiled functions run once for each kind of arguments.
 */

/** Counts how often a function is really run. */
export function counted<F extends (...args: never[]) => unknown>(f: F): F & { count: number } {
  const counting = ((...args: never[]) => {
    counting.count++;
    return f(...args);
  }) as F & { count: number };
  counting.count = 0;
  return counting;
}
