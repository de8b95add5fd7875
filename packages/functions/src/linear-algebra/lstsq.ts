/**
 * Least squares.
 */
import { type Op, type Tensor, type TensorLike, ValueError } from "@chainrule/core";
import { applyOp, builtin, checkOptions, describe } from "@chainrule/core/internal";
import { asAsked, asMatrices, asSystem, countOf, matrixAt, refuseNotFinite, withLast } from "./matrices.ts";
import { singularValues } from "./singular-values.ts";

/** Below which share of the largest singular value one counts as 0. */
type Cut = number;

const lstsqOp: Op<Cut> = builtin({
  name: "lstsq",
  leadingAxes: true,
  inferShape: ([a, b]) => withLast(b, a.shape.at(-1)!, b.shape.at(-1)!),
  kernel: (out, [a, b], cut) => {
    const [m, n] = a.shape.slice(-2);
    const columns = b.shape.at(-1)!;
    for (let i = 0; i < countOf(a); i++) {
      const matrix = matrixAt(a, i);
      refuseNotFinite("lstsq", matrix, a, i);
      out.storage.set(leastSquares(matrix, matrixAt(b, i), m, n, columns, cut), i * n * columns);
    }
  },
  // With X = A⁺ B and Y = A⁺ᵀ G: dB = Y, dA = -Y Xᵀ + (B - A X) (A⁺ Y)ᵀ + (A⁺ᵀ X) (G - A⁺ A G)ᵀ. The pseudoinverse of Aᵀ is A⁺ᵀ.
  gradient: [
    (g, { inputs: [a, b], output: x, attributes: cut }) => {
      const across = a.transpose();
      const y = applyOp(lstsqOp, [across, g], cut);
      const unexplained = b.sub(a.matmul(x));
      const unseen = g.sub(applyOp(lstsqOp, [a, a.matmul(g)], cut));
      return unexplained
        .matmul(applyOp(lstsqOp, [a, y], cut).transpose())
        .add(applyOp(lstsqOp, [across, x], cut).matmul(unseen.transpose()))
        .sub(y.matmul(x.transpose()));
    },
    (g, { inputs: [a], attributes: cut }) => applyOp(lstsqOp, [a.transpose(), g], cut),
  ],
  formula: {
    text: ["a⁺ @ b", "dy = -a⁺ da y + a⁺ a⁺ᵀ daᵀ (b - a y) + (1 - a⁺ a) daᵀ a⁺ᵀ y", "∂y/∂b = a⁺"],
    tex: [
      "a^{+} b",
      "dy = -a^{+} da\\, y + a^{+} a^{+\\top} da^{\\top} (b - a y) + (1 - a^{+} a) da^{\\top} a^{+\\top} y",
      "\\frac{\\partial y}{\\partial b} = a^{+}",
    ],
  },
});

/** V S⁺ Uᵀ b, singular values that are nothing beside the largest left out. */
function leastSquares(a: Float64Array, b: Float64Array, m: number, n: number, columns: number, cut: number) {
  const k = Math.min(m, n);
  const { u, s, v } = singularValues(a, m, n);
  const x = new Float64Array(n * columns);
  for (let r = 0; r < k && s[r] > cut * s[0]; r++)
    for (let c = 0; c < columns; c++) {
      let share = 0;
      for (let i = 0; i < m; i++) share += u[i * k + r] * b[i * columns + c];
      share /= s[r];
      for (let i = 0; i < n; i++) x[i * columns + c] += v[i * k + r] * share;
    }
  return x;
}

/**
 * The X of least ‖A X - B‖², and where there are several, of those the shortest: A⁺ B, by the singular value decomposition.
 *
 * Gradients (Golub & Pereyra 1973, by the derivative of the pseudoinverse): they are right as long as the rank stays the same
 * around A, which it does where it is the smaller of m and n.
 *
 * Shape: a [.., m, n], b [m] or [.., m, k]; result [n] or [.., n, k]; leading axes are batches and broadcast.
 *
 * @param options `rcond`: singular values of at most this share of the largest count as 0; by default the dtype's precision
 *   times the larger of m and n, as in NumPy.
 * @throws ShapeError where rows do not fit; ValueError for NaN and infinities in a.
 * @example lstsq([[1, 0], [1, 1], [1, 2]], [1, 3, 5]); // [1, 2]: the line 1 + 2 t through three points
 */
export function lstsq(a: TensorLike, b: TensorLike, options: { rcond?: number } = {}): Tensor {
  checkOptions("lstsq", options, ["rcond"]);
  const system = asSystem("lstsq", asMatrices("lstsq", a), b);
  const precision = system.a.dtype === "float32" ? 2 ** -23 : 2 ** -52;
  const { rcond = precision * Math.max(...system.a.shape.slice(-2)) } = options;
  if (!(typeof rcond === "number" && rcond >= 0 && rcond < 1))
    throw new ValueError({ where: "lstsq, rcond", expected: "a share from 0 up to 1", got: describe(rcond) });
  return asAsked(applyOp(lstsqOp, [system.a, system.b], rcond), system.isVector);
}
