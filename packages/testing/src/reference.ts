/**
 * Reads the reference vectors: values and gradients that PyTorch and scikit-learn computed in float64.
 */
import { readFileSync } from "node:fs";

/** The two dtypes that every case runs in: `describe.each(bothDTypes)("mse in %s", (dtype) => …)`. */
export const bothDTypes = ["float64", "float32"] as const;
export type FloatDType = (typeof bothDTypes)[number];

/** A tensor as plain data: row-major numbers, infinities and NaN decoded. */
export interface PlainTensor {
  readonly shape: readonly number[];
  readonly data: readonly number[];
  /** float64 where the file names none. */
  readonly dtype: "float64" | "int32" | "bool";
}

/** What every case has. `op` names what is computed, not necessarily what the project calls it. */
interface Case<Inputs, Expect> {
  readonly file: ReferenceFile;
  readonly op: string;
  readonly name: string;
  readonly inputs: Readonly<Record<string, Inputs>>;
  readonly options: Readonly<Record<string, unknown>>;
  readonly expect: Expect;
}

/** A value, and the gradients of Σ value · cotangent, or of the value itself where it is a scalar without one. */
export interface ReferenceCase
  extends Case<PlainTensor, { readonly value: PlainTensor; readonly grads: Readonly<Record<string, PlainTensor>> }> {
  readonly cotangent?: PlainTensor;
}

export interface HessianCase
  extends Case<
    PlainTensor,
    { readonly value: PlainTensor; readonly gradient: PlainTensor; readonly hessian: PlainTensor }
  > {}

/** Twelve steps from `inputs.w` and `inputs.b`: the loss before each step, and both tensors after it. */
export interface OptimizerCase
  extends Case<
    PlainTensor,
    { readonly steps: readonly { readonly loss: number; readonly w: PlainTensor; readonly b: PlainTensor }[] }
  > {
  readonly objective: string;
}

/** Labels and scores in nested arrays, and numbers by metric; `confusion` is a matrix. */
export interface MetricCase
  extends Case<readonly number[] | readonly (readonly number[])[], Readonly<Record<string, number | number[][]>>> {}

export interface RegressionCase
  extends Case<
    never,
    {
      readonly coef: readonly (readonly number[])[];
      readonly intercept: readonly number[];
      readonly meanLogLoss: number;
      readonly accuracy: number;
    }
  > {}

interface Files {
  elementwise: ReferenceCase;
  reductions: ReferenceCase;
  movement: ReferenceCase;
  layers: ReferenceCase;
  losses: ReferenceCase;
  "peers/losses": ReferenceCase;
  "peers/distributions": ReferenceCase;
  "peers/transforms": ReferenceCase;
  "peers/functions": ReferenceCase;
  "peers/linear-algebra": ReferenceCase;
  information: ReferenceCase;
  "higher-order": HessianCase;
  optimizers: OptimizerCase;
  "peers/optimizers": OptimizerCase;
  metrics: MetricCase;
  "logistic-regression": RegressionCase;
}

export type ReferenceFile = keyof Files;

/**
 * The cases of a file of `fixtures/`, all of them or those of one op.
 *
 * @throws Error where the file has no such op, so that a misspelt name cannot pass as "no cases, nothing failed".
 *
 * @example
 * for (const reference of referenceCases("losses", "mse")) it(reference.name, () => …);
 */
export function referenceCases<File extends ReferenceFile>(file: File, op?: string): Files[File][] {
  const text = readFileSync(new URL(`../fixtures/${file}.json`, import.meta.url), "utf8");
  const cases = (JSON.parse(text, decode) as { cases: Files[File][] }).cases;
  const found = cases.filter((reference) => op === undefined || reference.op === op);
  if (found.length === 0)
    throw new Error(`${file}.json has no op "${op}"; it has ${[...new Set(cases.map((c) => c.op))].join(", ")}`);
  return found.map((reference) => ({ ...reference, file }));
}

const spelled: Readonly<Record<string, number>> = {
  inf: Number.POSITIVE_INFINITY,
  "-inf": Number.NEGATIVE_INFINITY,
  nan: Number.NaN,
};

/** Numbers for "inf", "-inf" and "nan", and a dtype for every tensor. */
function decode(_key: string, value: unknown): unknown {
  if (value === null || typeof value !== "object" || !("shape" in value && "data" in value)) return value;
  const { shape, data, dtype = "float64" } = value as { shape: number[]; data: (number | string)[]; dtype?: string };
  return { shape, data: data.map((x) => (typeof x === "string" ? spelled[x] : x)), dtype };
}
