/**
 * Determinants, and their logarithms.
 */
import type { KernelOperand, Op, Tensor, TensorLike, TensorSpec } from "@chainrule/core";
import { applyOp, builtin } from "@chainrule/core/internal";
import { determinantOf, factor, type LU, productOf } from "./lu.ts";
import { asSquare, countOf, matrixAt } from "./matrices.ts";
import { singularValues } from "./singular-values.ts";
import { inv } from "./solve.ts";

const oneForEach = ([{ shape, dtype }]: readonly TensorSpec[]): TensorSpec => ({ shape: shape.slice(0, -2), dtype });

function forEach(f: (lu: LU) => number) {
  return (out: KernelOperand, [a]: readonly KernelOperand[]): void => {
    for (let i = 0; i < countOf(a); i++) out.storage[i] = f(factor(matrixAt(a, i), a.shape.at(-1)!));
  };
}

/** One number for each matrix, in the matrix's shape. */
function spread(g: Tensor): Tensor {
  return g.unsqueeze(-1).unsqueeze(-1);
}

/**
 * The matrix of cofactors, ∂det A / ∂A: det(A) A⁻ᵀ, and what that tends to where A is singular. With A = U S Vᵀ it is
 * det(U) det(V) U S′ Vᵀ, where each of S′ is the product of all the others of S.
 */
const cofactorsOp: Op<void> = builtin({
  name: "cofactors",
  leadingAxes: true,
  inferShape: ([a]) => a,
  kernel: (out, [a]) => {
    const n = a.shape.at(-1)!;
    for (let i = 0; i < countOf(a); i++) out.storage.set(cofactors(matrixAt(a, i), n), i * n * n);
  },
  // With C = det(A) A⁻ᵀ: dA = ⟨G, C⟩ A⁻ᵀ - A⁻ᵀ Gᵀ C.
  gradient: (g, { inputs: [a], output: c }) => {
    const t = inv(a).transpose();
    return t.mul(spread(g.mul(c).sum([-2, -1]))).sub(t.matmul(g.transpose()).matmul(c));
  },
  formula: {
    text: ["det(a) · a⁻ᵀ", "∂y[i,j]/∂a[k,l] = (y[i,j] · y[k,l] - y[i,l] · y[k,j]) / det(a)"],
    tex: [
      "\\det(a) a^{-\\top}",
      "\\frac{\\partial y_{i j}}{\\partial a_{k l}} = \\frac{y_{i j} y_{k l} - y_{i l} y_{k j}}{\\det a}",
    ],
    sends: {
      text: ["Σ(g · y) · a⁻ᵀ - a⁻ᵀ @ gᵀ @ y"],
      tex: ["\\langle g, y \\rangle a^{-\\top} - a^{-\\top} g^{\\top} y"],
    },
  },
});

function cofactors(a: Float64Array, n: number): Float64Array {
  const found = new Float64Array(n * n);
  const { u, s, v } = singularValues(a, n, n);
  const sign = productOf(factor(u.slice(), n)) * productOf(factor(v.slice(), n)) < 0 ? -1 : 1;
  for (let r = 0; r < n; r++) {
    let others = sign;
    for (let q = 0; q < n; q++) if (q !== r) others *= s[q];
    for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) found[i * n + j] += others * u[i * n + r] * v[j * n + r];
  }
  return found;
}

const detOp: Op<void> = builtin({
  name: "det",
  leadingAxes: true,
  inferShape: oneForEach,
  kernel: forEach(productOf),
  gradient: (g, { inputs: [a] }) => applyOp(cofactorsOp, [a], undefined).mul(spread(g)),
  formula: {
    text: ["det(a)", "∂y/∂a = y · a⁻ᵀ, the cofactors"],
    tex: ["\\det a", "\\frac{\\partial y}{\\partial a} = y a^{-\\top}"],
  },
});

/**
 * The determinant, by LU with partial pivoting. It overflows where many numbers are large: {@link slogdet} does not.
 *
 * Gradient: the cofactors, det(A) A⁻ᵀ (Giles 2008, section 2.2.4), which are found without dividing, so that singular
 * matrices have theirs, too; second derivatives only matrices that can be inverted.
 *
 * Shape: [.., n, n]; result [..]. 1 for a matrix without rows.
 *
 * @throws ShapeError for matrices that are not square; ValueError from the second derivative for a singular one.
 * @example det([[1, 2], [3, 4]]); // -2
 */
export function det(a: TensorLike): Tensor {
  return applyOp(detOp, [asSquare("det", a)], undefined);
}

const detSignOp: Op<void> = builtin({
  name: "detSign",
  leadingAxes: true,
  inferShape: oneForEach,
  kernel: forEach((lu) => determinantOf(lu).sign),
  formula: { text: ["the sign of det(a)"], tex: ["\\operatorname{sign}(\\det a)"] },
});

const logAbsDetOp: Op<void> = builtin({
  name: "logAbsDet",
  leadingAxes: true,
  inferShape: oneForEach,
  kernel: forEach((lu) => determinantOf(lu).log),
  gradient: (g, { inputs: [a] }) => inv(a).transpose().mul(spread(g)),
  formula: {
    text: ["log |det(a)|", "∂y/∂a = a⁻ᵀ"],
    tex: ["\\log |\\det a|", "\\frac{\\partial y}{\\partial a} = a^{-\\top}"],
  },
});

/**
 * The determinant as its sign and the logarithm of its size, det A = sign · exp(logAbsDet), which does not overflow: for the
 * normalisation of Gaussians.
 *
 * Gradient: of the logarithm A⁻ᵀ; of the sign none.
 *
 * Shape: [.., n, n]; both results [..]. A singular matrix has sign 0 and logarithm -Infinity, and no gradient.
 *
 * @throws ShapeError for matrices that are not square; ValueError from the gradient of a singular one.
 * @example slogdet([[0, 2], [3, 0]]); // { sign: -1, logAbsDet: 1.7918 }
 */
export function slogdet(a: TensorLike): { sign: Tensor; logAbsDet: Tensor } {
  const matrices = asSquare("slogdet", a);
  return { sign: applyOp(detSignOp, [matrices], undefined), logAbsDet: applyOp(logAbsDetOp, [matrices], undefined) };
}
