/**
 * All or nothing: what a function changes before it throws is changed back.
 */

/** What is to be done, latest first, if the innermost {@link atomic} function throws; null outside of any. */
let journal: (() => void)[] | null = null;

/** Whether changes are to be noted with {@link onFailure}. */
export function isAtomic(): boolean {
  return journal !== null;
}

/** The innermost atomic function at work, by identity: what it has noted need not be noted again. */
export function atomicRun(): object | null {
  return journal;
}

/** Notes how to undo a change that is about to be made, in case the function around it throws. */
export function onFailure(undo: () => void): void {
  journal?.push(undo);
}

/** Ends what is undone on purpose. */
const done = Symbol("done");

/** Runs a function and undoes what it changed, as if it had thrown: see {@link atomic}. */
export function undone<T>(f: () => T): T {
  let result: T;
  try {
    atomic(() => {
      result = f();
      throw done;
    });
  } catch (reason) {
    if (reason !== done) throw reason;
  }
  return result!;
}

/**
 * Runs a function that changes all that it is to change, or nothing: if it throws, parameters, gradients, generators of
 * random numbers and what {@link everyRun} did are as they were before. Properties of plain JavaScript objects are the
 * function's own business.
 *
 * @param last what comes last and is atomic by itself, so that nothing need be noted of it.
 */
export function atomic<T>(f: () => T): T;
export function atomic<T, R>(f: () => T, last: (result: T) => R): R;
export function atomic<T>(f: () => T, last?: (result: T) => unknown): unknown {
  const outer = journal;
  const own: (() => void)[] = [];
  try {
    journal = own;
    const result = f();
    journal = outer;
    if (last === undefined) {
      if (outer !== null) for (const undo of own) outer.push(undo);
      return result;
    }
    // In the order in which things happened, for the function around this one.
    const before = outer?.length ?? 0;
    if (outer !== null) for (const undo of own) outer.push(undo);
    try {
      return last(result);
    } catch (error) {
      if (outer !== null) outer.length = before;
      throw error;
    }
  } catch (error) {
    // Changing back is no change to be noted.
    journal = null;
    for (let i = own.length - 1; i >= 0; i--) own[i]();
    throw error;
  } finally {
    journal = outer;
    own.length = 0;
  }
}
