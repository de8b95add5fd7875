/**
 * Which part of a program runs: calls of modules and losses announce themselves, so that an operation on the tape knows
 * whose it is.
 */

/** A call of something that has operations done, within the call around it. */
export interface Scope {
  /** The module or the loss that is called. */
  readonly owner: object;
  readonly outer: Scope | null;
}

/** The innermost call that runs; null outside of any. */
export let scope: Scope | null = null;

/** Says that a call of `owner` begins, and returns what {@link leaveScope} takes when it ends. */
export function enterScope(owner: object): Scope | null {
  const outer = scope;
  scope = { owner, outer };
  return outer;
}

/** Says that the call has ended, given what {@link enterScope} returned. */
export function leaveScope(outer: Scope | null): void {
  scope = outer;
}
