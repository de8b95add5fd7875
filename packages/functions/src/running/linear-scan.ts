/**
 * The linear recurrence along an axis, of which the derivatives of running products and sums are made.
 */
import { concat, full, type Op, type SliceRange, slice, type Tensor } from "@chainrule/core";
import { applyOp, builtin } from "@chainrule/core/internal";
import { forEachRun, type Running } from "./running.ts";

/**
 * y₀ = b₀ and yᵢ = aᵢ yᵢ₋₁ + bᵢ along an axis, from its end with `reverse`. The factor a₀ is not looked at.
 *
 * Its derivatives are such recurrences again, from the other end: λᵢ = gᵢ + aᵢ₊₁ λᵢ₊₁ goes to bᵢ, and λᵢ yᵢ₋₁ to aᵢ. So all
 * orders cost no more than the axis is long, and nothing is divided, which zeros would not allow.
 */
const linearScanOp: Op<Running> = builtin({
  name: "linearScan",
  inferShape: ([a]) => a,
  kernel: (out, [a, b], running) => {
    forEachRun(a.shape, running, (n, first, step) => {
      let y = 0;
      for (let p = 0, i = first; p < n; p++, i += step) {
        y = p === 0 ? b.storage[i] : a.storage[i] * y + b.storage[i];
        out.storage[i] = y;
      }
    });
  },
  leadingAxes: true,
  gradient: [
    (g, { inputs: [a], output, attributes }) => sent(g, a, attributes).mul(before(output, attributes, 0)),
    (g, { inputs: [a], attributes }) => sent(g, a, attributes),
  ],
  formula: {
    text: ["y[i] = a[i] · y[i-1] + b[i]", "∂y[i]/∂a[i] = y[i-1]", "∂y[i]/∂b[i] = 1"],
    tex: [
      "y_i = a_i y_{i-1} + b_i",
      "\\frac{\\partial y_i}{\\partial a_i} = y_{i-1}",
      "\\frac{\\partial y_i}{\\partial b_i} = 1",
    ],
    sends: {
      text: ["λ[i] · y[i-1]", "λ[i] = g[i] + a[i+1] · λ[i+1]"],
      tex: ["\\lambda_i y_{i-1}", "\\lambda_i = g_i + a_{i+1} \\lambda_{i+1}"],
    },
  },
});

/** The recurrence of factors `a` and summands `b`, of one shape and float dtype. */
export function linearScan(a: Tensor, b: Tensor, running: Running): Tensor {
  return applyOp(linearScanOp, [a, b], running);
}

/** λᵢ = gᵢ + aᵢ₊₁ λᵢ₊₁: what arrives at step i by all that comes after it. */
export function sent(g: Tensor, a: Tensor, { axis, reverse }: Running): Tensor {
  const back = { axis, reverse: !reverse };
  return linearScan(before(a, back, 0), g, back);
}

/** The element before each, in the order of the run; `first` for the first. */
export function before(x: Tensor, { axis, reverse }: Running, first: number): Tensor {
  const n = x.shape.at(axis)!;
  if (n === 0) return x;
  const edge = full(x.shape.with(axis, 1), first, { dtype: x.dtype });
  const [from, to] = reverse ? [1, n] : [0, n - 1];
  const rest = slice(x, ...x.shape.map((_, a): SliceRange => (a - x.rank === axis ? [from, to] : ":")));
  return concat(reverse ? [rest, edge] : [edge, rest], axis);
}
