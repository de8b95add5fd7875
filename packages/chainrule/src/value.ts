/**
 * The entry `chainrule/value`: the scalar engine by itself, for programs that need no tensors.
 */
export { type Operand, Value, value } from "@chainrule/core/value";
