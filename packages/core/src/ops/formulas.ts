/**
 * What an op's formula is written as beside its definition: data that nobody loads who explains nothing.
 */
import type { OpFormula } from "../tensor/op.ts";

/** The formulas of a file's ops by their names, where they depend on the attributes as a function of them. */
export type Formulas = Readonly<Record<string, OpFormula | ((attributes: unknown) => OpFormula)>>;
