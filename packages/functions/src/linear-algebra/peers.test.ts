/**
 * Linear algebra against PyTorch and NumPy: values, gradients and gradients of gradients, eagerly and compiled.
 */
import { jit } from "@chainrule/compiler";
import * as core from "@chainrule/core";
import { concat, eye, gradients, type Tensor } from "@chainrule/core";
import { bothDTypes, checkReference, referenceCases } from "@chainrule/testing";
import { describe, expect, it } from "vitest";
import { cholesky, det, eigh, inv, lstsq, slogdet, solve, svd } from "../index.ts";

type Inputs = Readonly<Record<string, Tensor>>;

const functions: Readonly<Record<string, (inputs: Inputs) => Tensor>> = {
  solve: ({ a, b }) => solve(a, b),
  inv: ({ a }) => inv(a),
  det: ({ a }) => det(a),
  slogdet: ({ a }) => slogdet(a).logAbsDet,
  "slogdet, sign": ({ a }) => slogdet(a).sign,
  cholesky: ({ a }) => cholesky(a.matmul(a.transpose()).add(eye(a.shape.at(-1)!, a.shape.at(-1)!, { dtype: a.dtype }))),
  eigenvalues: ({ a }) => eigh(a).eigenvalues,
  eigenvectors: ({ a }) => eigh(a).eigenvectors,
  "singular values": ({ a }) => svd(a).s,
  u: ({ a }) => svd(a).u,
  vh: ({ a }) => svd(a).vh,
  lstsq: ({ a, b, c }) => lstsq(c ? a.matmul(c) : a, b),
};

/** The gradient of Σ sin f by all inputs, in one row. */
function gradientOf(f: (inputs: Inputs) => Tensor, inputs: Inputs): Tensor {
  const found = gradients([f(inputs).sin().sum()], Object.values(inputs), { createGraph: true });
  return concat(found.map((g) => g.reshape(-1)));
}

const cases = referenceCases("peers/linear-algebra");

it("is compared function by function", () => {
  expect(new Set(cases.map(({ op }) => op))).toEqual(new Set(Object.keys(functions)));
});

describe.each(bothDTypes)("as peers compute, in %s", (dtype) => {
  for (const reference of cases)
    it(`${reference.op}: ${reference.name}`, () => {
      const f = functions[reference.op];
      const isGradient = reference.name.endsWith(", gradient");
      // Vectors turn the faster, the closer their values are: float32 inputs are themselves rounded.
      const tolerance = dtype === "float32" ? 5e-4 : 1e-9;
      checkReference(
        { ...core, jit },
        reference,
        dtype,
        (inputs: Inputs) => (isGradient ? gradientOf(f, inputs) : f(inputs)),
        { tolerance },
      );
    });
});
