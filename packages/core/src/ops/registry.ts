/**
 * The built-in ops, each registered where it is defined: what op tables, gradient tables, compilers and tests go by.
 */
import type { Op } from "../tensor/op.ts";

const registered: Op[] = [];
const known = new Set<Op>();

/** Registers an op of this package, and returns it. A user's own op needs none of it. */
export function builtin<Attributes>(op: Op<Attributes>): Op<Attributes> {
  registered.push(op as Op);
  known.add(op as Op);
  return op;
}

let hasWindows = false;

/** The same for an op that lowers to windows: a compiler loads their kernels where there is one. */
export function builtinWindow<Attributes>(op: Op<Attributes>): Op<Attributes> {
  hasWindows = true;
  return builtin(op);
}

/** Whether the modules loaded so far have such an op: what a bundle leaves out is in no computation of its. */
export function hasWindowOps(): boolean {
  return hasWindows;
}

/** All ops that the modules loaded so far have registered. */
export function builtinOps(): readonly Op[] {
  return registered;
}

/** Whether it is one of them, and not a user's. */
export function isBuiltinOp(op: Op): boolean {
  return known.has(op);
}

/** A function that applies one op, and the op itself: compilers know ops by identity, never by name. */
export type OpFunction<F, Attributes = void> = F & { readonly op: Op<Attributes> };

/** The function with its op. */
export function withOp<F extends object, Attributes>(op: Op<Attributes>, f: F): OpFunction<F, Attributes> {
  return Object.assign(f, { op });
}
