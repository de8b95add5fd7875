/**
 * The Cholesky factor.
 */
import { type Op, type Tensor, type TensorLike, ValueError } from "@chainrule/core";
import { applyOp, builtin } from "@chainrule/core/internal";
import { asSquare, countOf, lowerTriangle, matrixAt, placeIn } from "./matrices.ts";
import { solve } from "./solve.ts";

const choleskyOp: Op<void> = builtin({
  name: "cholesky",
  leadingAxes: true,
  inferShape: ([a]) => a,
  kernel: (out, [a]) => {
    const n = a.shape.at(-1)!;
    for (let i = 0; i < countOf(a); i++) {
      const l = factorOf(matrixAt(a, i), n);
      if (l === null)
        throw new ValueError({
          where: "cholesky",
          expected: "positive definite matrices, whose eigenvalues are all above 0",
          got: `one that is not${placeIn(a, i)}, of shape [${n}, ${n}]`,
          hint: "A covariance of fewer samples than features is not: add a small multiple of eye(n).",
        });
      out.storage.set(l, i * n * n);
    }
  },
  // With Φ, the lower triangle with its diagonal halved: S = L⁻ᵀ Φ(Lᵀ G) L⁻¹, dA = (S + Sᵀ) / 2.
  gradient: (g, { output: l }) => {
    const upper = l.transpose();
    const inner = lowerTriangle(upper.matmul(lowerTriangle(g)), 0.5);
    const s = solve(upper, solve(upper, inner).transpose());
    return s.add(s.transpose()).mul(0.5);
  },
  formula: {
    text: ["l with l @ lᵀ = a", "∂y/∂a: dy = y Φ(y⁻¹ da y⁻ᵀ), Φ the lower triangle, its diagonal halved"],
    tex: ["l \\text{ with } l l^{\\top} = a", "dy = y \\Phi(y^{-1} da\\, y^{-\\top})"],
    sends: {
      text: ["the symmetric part of y⁻ᵀ @ Φ(yᵀ @ g) @ y⁻¹"],
      tex: ["\\operatorname{sym}(y^{-\\top} \\Phi(y^{\\top} g) y^{-1})"],
    },
  },
});

/** The factor of the symmetric part; null where it is not positive definite. */
function factorOf(a: Float64Array, n: number): Float64Array | null {
  const l = new Float64Array(n * n);
  for (let j = 0; j < n; j++)
    for (let i = j; i < n; i++) {
      let rest = (a[i * n + j] + a[j * n + i]) / 2;
      for (let p = 0; p < j; p++) rest -= l[i * n + p] * l[j * n + p];
      if (i > j) l[i * n + j] = rest / l[j * n + j];
      else if (rest > 0) l[j * n + j] = Math.sqrt(rest);
      else return null;
    }
  return l;
}

/**
 * The lower triangular L with L Lᵀ = A, for a symmetric positive definite A: the square root of a covariance.
 *
 * Only the symmetric part of A counts, (A + Aᵀ) / 2, as in JAX; its gradient is symmetric (Murray 2016, equation 10).
 *
 * Shape: [.., n, n], and so is the result.
 *
 * @throws ShapeError for matrices that are not square; ValueError for one that is not positive definite.
 * @example cholesky([[4, 2], [2, 5]]); // [[2, 0], [1, 2]]
 */
export function cholesky(a: TensorLike): Tensor {
  return applyOp(choleskyOp, [asSquare("cholesky", a)], undefined);
}
