/**
 * The formulas of all ops, for those who explain a computation: what an op computes, and its derivatives.
 */
import { identityFormulas } from "./autodiff/functional.ts";
import { activationFormulas } from "./ops/activation.ts";
import { arithmeticFormulas } from "./ops/arithmetic.ts";
import { castFormulas } from "./ops/cast.ts";
import { compareFormulas } from "./ops/compare.ts";
import { convolutionFormulas } from "./ops/convolution.ts";
import type { Formulas } from "./ops/formulas.ts";
import { indexingFormulas } from "./ops/indexing.ts";
import { matmulFormulas } from "./ops/matmul.ts";
import { movementFormulas } from "./ops/movement.ts";
import { poolFormulas } from "./ops/pool.ts";
import { reduceFormulas } from "./ops/reduce.ts";
import { isBuiltinOp } from "./ops/registry.ts";
import { sliceFormulas } from "./ops/slice.ts";
import { sumFormulas } from "./ops/sum.ts";
import { unaryFormulas } from "./ops/unary.ts";
import { windowFormulas } from "./ops/window.ts";
import { randomFormulas } from "./random/tensors.ts";
import type { Op, OpFormula } from "./tensor/op.ts";

const builtins: Formulas = {
  ...activationFormulas,
  ...arithmeticFormulas,
  ...castFormulas,
  ...compareFormulas,
  ...convolutionFormulas,
  ...indexingFormulas,
  ...matmulFormulas,
  ...movementFormulas,
  ...poolFormulas,
  ...reduceFormulas,
  ...sliceFormulas,
  ...sumFormulas,
  ...unaryFormulas,
  ...windowFormulas,
  ...identityFormulas,
  ...randomFormulas,
};

/** What an op computes with these attributes, and its derivatives; null for an op of a user's that does not say. */
export function formulaOf(op: Op, attributes: unknown): OpFormula | null {
  const formula = op.formula ?? (isBuiltinOp(op) ? builtins[op.name] : undefined);
  return (typeof formula === "function" ? formula(attributes) : formula) ?? null;
}

/** The formula of a built-in op by its name, as operations of a `Value` have it too; null where there is none. */
export function formulaByName(name: string): OpFormula | null {
  const formula = Object.hasOwn(builtins, name) ? builtins[name] : null;
  return typeof formula === "function" ? null : formula;
}
