/**
 * The entry `@chainrule/core/value`: the scalar engine by itself, for programs that need no tensors.
 */
export { type Operand, Value, value } from "./scalar/value.ts";
