/**
 * The singular value decomposition.
 */
import { eye, type Op, type Tensor, type TensorLike } from "@chainrule/core";
import { applyOp, builtin } from "@chainrule/core/internal";
import { overDifferences } from "./eigh.ts";
import { asMatrices, countOf, diagonalMatrix, matrixAt, refuseNotFinite, withLast } from "./matrices.ts";
import { singularValues } from "./singular-values.ts";

/** All three in one: a row for each singular value, of U's column, the value, and V's column. */
const svdOp: Op<void> = builtin({
  name: "svd",
  leadingAxes: true,
  inferShape: ([a]) => {
    const [m, n] = a.shape.slice(-2);
    return withLast(a, Math.min(m, n), m + 1 + n);
  },
  kernel: (out, [a]) => {
    const [m, n] = a.shape.slice(-2);
    const k = Math.min(m, n);
    let at = 0;
    for (let b = 0; b < countOf(a); b++) {
      const matrix = matrixAt(a, b);
      refuseNotFinite("svd", matrix, a, b);
      const { u, s, v } = singularValues(matrix, m, n);
      for (let r = 0; r < k; r++) {
        for (let i = 0; i < m; i++) out.storage[at++] = u[i * k + r];
        out.storage[at++] = s[r];
        for (let i = 0; i < n; i++) out.storage[at++] = v[i * k + r];
      }
    }
  },
  gradient: (g, { inputs: [a], output }) => {
    const [m, n] = a.shape.slice(-2);
    return back(parts(g, m), parts(output, m), m, n);
  },
  formula: {
    text: ["u, s and v, with a = u @ diag(s) @ vᵀ", "∂s[i]/∂a = u[:,i] v[:,i]ᵀ"],
    tex: ["a = u \\operatorname{diag}(s) v^{\\top}", "\\frac{\\partial s_i}{\\partial a} = u_i v_i^{\\top}"],
  },
});

interface Parts {
  readonly u: Tensor;
  readonly s: Tensor;
  readonly vh: Tensor;
}

function parts(packed: Tensor, m: number): Parts {
  return {
    u: packed.slice("...", [0, m]).transpose(),
    s: packed.slice("...", m),
    vh: packed.slice("...", [m + 1, null]),
  };
}

/** The gradient by A, of those by U, S and Vᵀ. */
function back(g: Parts, { u, s, vh }: Parts, m: number, n: number): Tensor {
  const [ut, v, gv] = [u.transpose(), vh.transpose(), g.vh.transpose()];
  const [row, column] = [s.unsqueeze(-2), s.unsqueeze(-1)];
  const differences = row.sub(column).mul(row.add(column));
  const turned = (x: Tensor) => overDifferences(x.sub(x.transpose()), differences);
  const inner = turned(ut.matmul(g.u))
    .mul(row)
    .add(column.mul(turned(vh.matmul(gv))))
    .add(diagonalMatrix(g.s));
  let found = u.matmul(inner).matmul(vh);
  // What of the gradients by U and V lies outside of what their columns span.
  const k = Math.min(m, n);
  const dtype = s.dtype;
  if (m > k) {
    const outside = eye(m, m, { dtype }).sub(u.matmul(ut)).matmul(g.u);
    found = found.add(overDifferences(outside, row).matmul(vh));
  }
  if (n > k) {
    const outside = eye(n, n, { dtype }).sub(v.matmul(vh)).matmul(gv);
    found = found.add(u.matmul(overDifferences(outside, row).transpose()));
  }
  return found;
}

/**
 * The singular value decomposition, A = U diag(s) Vᵀ with Uᵀ U = 1 and Vᵀ V = 1, by one-sided Jacobi rotations.
 *
 * It is the thin one (`full_matrices=False` elsewhere). Singular values are in descending order; of each column of U, whose sign
 * is free, the largest element is above 0.
 *
 * Gradients: Townsend 2016, as in PyTorch. Those of U and V are infinite or NaN where singular values are equal, and those of
 * the longer of the two where one is 0; those of s are there all the same.
 *
 * Shape: [.., m, n]; u [.., m, k], s [.., k], vh [.., k, n], the rows of V transposed, with k the smaller of m and n.
 *
 * @throws ShapeError for vectors; ValueError for NaN and infinities.
 * @example svd([[3, 0], [0, -4]]).s; // [4, 3]
 */
export function svd(a: TensorLike): { u: Tensor; s: Tensor; vh: Tensor } {
  const matrices = asMatrices("svd", a);
  return { ...parts(applyOp(svdOp, [matrices], undefined), matrices.shape.at(-2)!) };
}
