/**
 * Ops that Python writes in the same way whichever library they are for: its operators, and calls of functions.
 */
import type { DType } from "@chainrule/core";

/** What these expressions see of the application of an op. */
interface PythonCall {
  /** The names of its inputs, or numbers where they are constants. */
  readonly inputs: readonly string[];
  readonly dtype: DType;
  readonly attributes: never;
}

type PythonExpression = (call: PythonCall) => string;

/** Neighbouring axes, the first and the last of them. */
export type AxisRange = { readonly first: number; readonly last: number };

/** `f(a, b)` */
export const call =
  (f: string): PythonExpression =>
  ({ inputs }) =>
    `${f}(${inputs.join(", ")})`;

/** `a + b` */
export const infix =
  (sign: string): PythonExpression =>
  ({ inputs: [a, b] }) =>
    `${a} ${sign} ${b}`;

/** A rounding: whole numbers are what they are. */
export const rounding =
  (f: string): PythonExpression =>
  ({ inputs: [x], dtype }) =>
    dtype === "int32" ? x : `${f}(${x})`;

/** Python's operators, by the names of the ops. */
export const operators: Readonly<Record<string, PythonExpression>> = {
  identity: ({ inputs: [x] }) => x,
  equal: infix("=="),
  notEqual: infix("!="),
  less: infix("<"),
  lessEqual: infix("<="),
  greater: infix(">"),
  greaterEqual: infix(">="),
  neg: ({ inputs: [x] }) => `-${x}`,
  reciprocal: ({ inputs: [x] }) => `1 / ${x}`,
  add: infix("+"),
  sub: infix("-"),
  mul: infix("*"),
  div: infix("/"),
  matmul: ({ inputs: [a, b], attributes }) => {
    const swap = attributes as { readonly a: boolean; readonly b: boolean };
    return `${a}${swap.a ? ".mT" : ""} @ ${b}${swap.b ? ".mT" : ""}`;
  },
};
