/**
 * Eigenvalues and eigenvectors of symmetric matrices.
 */
import { logicalAnd, type Op, type Tensor, type TensorLike, where } from "@chainrule/core";
import { applyOp, builtin } from "@chainrule/core/internal";
import { eigenOf } from "./jacobi.ts";
import { asSquare, countOf, diagonalMatrix, matrixAt, refuseNotFinite, withLast } from "./matrices.ts";

/** Both results in one: the eigenvalues are the first row, the eigenvectors the columns below it. */
const eighOp: Op<void> = builtin({
  name: "eigh",
  leadingAxes: true,
  inferShape: ([a]) => withLast(a, a.shape.at(-1)! + 1, a.shape.at(-1)!),
  kernel: (out, [a]) => {
    const n = a.shape.at(-1)!;
    for (let i = 0; i < countOf(a); i++) {
      const matrix = matrixAt(a, i);
      refuseNotFinite("eigh", matrix, a, i);
      const { w, v } = eigenOf(matrix, n);
      out.storage.set(w, i * (n + 1) * n);
      out.storage.set(v, i * (n + 1) * n + n);
    }
  },
  // With M = Vᵀ Gv: the antisymmetric part of M over λj - λi, beside the gradient by λ on the diagonal, turned back by V.
  gradient: (g, { output }) => {
    const [w, v] = parts(output);
    const [gw, gv] = parts(g);
    const m = v.transpose().matmul(gv);
    const turned = overDifferences(m.sub(m.transpose()).mul(0.5), w.unsqueeze(-2).sub(w.unsqueeze(-1)));
    return v.matmul(turned.add(diagonalMatrix(gw))).matmul(v.transpose());
  },
  formula: {
    text: [
      "λ above v, with a @ v = v @ diag(λ)",
      "∂λ[i]/∂a = v[:,i] v[:,i]ᵀ, ∂v[:,i] = Σ v[:,j] (v[:,j]ᵀ da v[:,i]) / (λ[i] - λ[j])",
    ],
    tex: [
      "a v = v \\operatorname{diag}(\\lambda)",
      "\\frac{\\partial \\lambda_i}{\\partial a} = v_i v_i^{\\top}, \\quad dv_i = \\sum_{j \\neq i} \\frac{v_j^{\\top} da\\, v_i}{\\lambda_i - \\lambda_j} v_j",
    ],
  },
});

function parts(packed: Tensor): [w: Tensor, v: Tensor] {
  return [packed.slice("...", 0, ":"), packed.slice("...", "1:", ":")];
}

/**
 * x over differences of values, which may be equal: where x is 0 there, too, nobody has asked how the vectors turn, and the
 * result is 0; else it is infinite.
 */
export function overDifferences(x: Tensor, differences: Tensor): Tensor {
  return x.div(where(logicalAnd(differences.equal(0), x.equal(0)), 1, differences));
}

/**
 * Eigenvalues and eigenvectors of symmetric matrices, A V = V diag(λ), Vᵀ V = 1, by Jacobi's rotations.
 *
 * Only the symmetric part of A counts, (A + Aᵀ) / 2. Eigenvalues are in ascending order; of each eigenvector, whose sign is
 * free, the largest element is above 0.
 *
 * Gradients (Giles 2008, section 3.1; as in PyTorch): dA = V (diag(Gλ) + (Vᵀ Gv) ∘ F) Vᵀ with Fᵢⱼ = 1 / (λⱼ - λᵢ). Where
 * eigenvalues are equal, those of the eigenvectors are infinite or NaN, since they may turn at will; those of the eigenvalues
 * are not.
 *
 * Shape: [.., n, n]; eigenvalues [.., n], eigenvectors [.., n, n] as columns.
 *
 * @throws ShapeError for matrices that are not square; ValueError for NaN and infinities.
 * @example eigh([[2, 1], [1, 2]]).eigenvalues; // [1, 3]
 */
export function eigh(a: TensorLike): { eigenvalues: Tensor; eigenvectors: Tensor } {
  const [eigenvalues, eigenvectors] = parts(applyOp(eighOp, [asSquare("eigh", a)], undefined));
  return { eigenvalues, eigenvectors };
}
