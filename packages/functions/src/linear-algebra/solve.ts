/**
 * Systems of linear equations and inverses.
 */
import {
  type KernelOperand,
  type Op,
  type Tensor,
  type TensorLike,
  type TensorSpec,
  ValueError,
} from "@chainrule/core";
import { applyOp, builtin } from "@chainrule/core/internal";
import { factor, type LU, solveFactored } from "./lu.ts";
import { asAsked, asSquare, asSystem, countOf, matrixAt, placeIn, withLast } from "./matrices.ts";

/** The factors of matrix i. @throws ValueError where it is singular. */
function factorOf(name: string, a: KernelOperand, i: number): LU {
  const n = a.shape.at(-1)!;
  const found = factor(matrixAt(a, i), n);
  if (found.isSingular)
    throw new ValueError({
      where: name,
      expected: "matrices that can be inverted",
      got: `a singular one${placeIn(a, i)}, of shape [${n}, ${n}]`,
      hint: "For the best solution of equations that have none or many, use lstsq; to regularise, add a small multiple of eye(n).",
    });
  return found;
}

const solveOp: Op<void> = builtin({
  name: "solve",
  leadingAxes: true,
  inferShape: ([, b]) => b,
  kernel: (out, [a, b]) => {
    const k = b.shape.at(-1)!;
    const size = b.shape.at(-2)! * k;
    for (let i = 0; i < countOf(a); i++)
      out.storage.set(solveFactored(factorOf("solve", a, i), matrixAt(b, i), k), i * size);
  },
  // With A X = B: dB = A⁻ᵀ G and dA = -dB Xᵀ.
  gradient: [
    (g, { inputs: [a], output: x }) => applyOp(solveOp, [a.transpose(), g], undefined).matmul(x.transpose()).neg(),
    (g, { inputs: [a] }) => applyOp(solveOp, [a.transpose(), g], undefined),
  ],
  formula: {
    text: ["a⁻¹ @ b", "∂y/∂a[i,j] = -a⁻¹[:,i] y[j]", "∂y/∂b = a⁻¹"],
    tex: [
      "a^{-1} b",
      "\\frac{\\partial y}{\\partial a_{i j}} = -(a^{-1})_{: i} y_j",
      "\\frac{\\partial y}{\\partial b} = a^{-1}",
    ],
    sends: { text: ["-(a⁻ᵀ @ g) @ yᵀ", "a⁻ᵀ @ g"], tex: ["-a^{-\\top} g y^{\\top}", "a^{-\\top} g"] },
  },
});

/**
 * X with A X = B, by LU with partial pivoting in double precision.
 *
 * Gradients: dB = A⁻ᵀ G, dA = -dB Xᵀ (Giles 2008, section 2.3.1).
 *
 * Shape: a [.., n, n], b [n] or [.., n, k]; result as b; leading axes are batches and broadcast. Float32 in, float32 out.
 *
 * @throws ShapeError for matrices that are not square, and rows that do not fit; ValueError for a singular matrix. One that is
 *   nearly singular is no error, here as in NumPy and PyTorch, and the solution then has few right digits.
 * @example solve([[2, 0], [0, 4]], [2, 2]); // [1, 0.5]
 */
export function solve(a: TensorLike, b: TensorLike): Tensor {
  const system = asSystem("solve", asSquare("solve", a), b);
  return asAsked(applyOp(solveOp, [system.a, system.b], undefined), system.isVector);
}

const same = ([a]: readonly TensorSpec[]) => withLast(a, ...a.shape.slice(-2));

const invOp: Op<void> = builtin({
  name: "inv",
  leadingAxes: true,
  inferShape: same,
  kernel: (out, [a]) => {
    const n = a.shape.at(-1)!;
    const identity = new Float64Array(n * n);
    for (let i = 0; i < n; i++) identity[i * n + i] = 1;
    for (let i = 0; i < countOf(a); i++) out.storage.set(solveFactored(factorOf("inv", a, i), identity, n), i * n * n);
  },
  gradient: (g, { output: y }) => y.transpose().matmul(g).matmul(y.transpose()).neg(),
  formula: {
    text: ["a⁻¹", "∂y[i,j]/∂a[k,l] = -y[i,k] · y[l,j]"],
    tex: ["a^{-1}", "\\frac{\\partial y_{i j}}{\\partial a_{k l}} = -y_{i k} y_{l j}"],
    sends: { text: ["-yᵀ @ g @ yᵀ"], tex: ["-y^{\\top} g y^{\\top}"] },
  },
});

/**
 * The inverse, A⁻¹ A = 1. For A⁻¹ b, `solve(a, b)` is faster and more exact.
 *
 * Gradient: dA = -A⁻ᵀ G A⁻ᵀ (Giles 2008, section 2.2.3).
 *
 * Shape: [.., n, n], and so is the result.
 *
 * @throws ShapeError for matrices that are not square; ValueError for a singular one.
 * @example inv([[2, 0], [0, 4]]); // [[0.5, 0], [0, 0.25]]
 */
export function inv(a: TensorLike): Tensor {
  return applyOp(invOp, [asSquare("inv", a)], undefined);
}
