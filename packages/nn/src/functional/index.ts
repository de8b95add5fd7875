/**
 * Functional models: layers called on symbolic tensors.
 */
export { Symbolic, type SymbolicCall, type SymbolicOptions, type Symbols } from "../module/symbolic.ts";
export { Functional, type FunctionalOptions, type SymbolicTree, type TensorsOf } from "./functional.ts";
export { apply, type InputOptions, input } from "./input.ts";
