/**
 * The running product.
 */
import { asTensor, type Op, type Tensor, type TensorLike } from "@chainrule/core";
import { applyOp, builtin, toNumeric } from "@chainrule/core/internal";
import { before, sent } from "./linear-scan.ts";
import { forEachRun, type Running, type RunningOptions, runningAlong } from "./running.ts";

const cumprodOp: Op<Running> = builtin({
  name: "cumprod",
  inferShape: ([x]) => ({ shape: x.shape, dtype: toNumeric(x.dtype) }),
  leadingAxes: true,
  kernel: (out, [x], running) => {
    const isWhole = out.dtype === "int32";
    forEachRun(x.shape, running, (n, first, step) => {
      let product = 1;
      for (let p = 0, i = first; p < n; p++, i += step) {
        product = isWhole ? Math.imul(product, x.storage[i]) : product * x.storage[i];
        out.storage[i] = product;
      }
    });
  },
  // Of each product, all but xⱼ: those before it, times those after it, which λ has.
  gradient: (g, { inputs: [x], output, attributes }) => before(output, attributes, 1).mul(sent(g, x, attributes)),
  formula: {
    text: ["Π a[j] over j ≤ i", "∂y[i]/∂a[j] = Π a[k] over k ≤ i, k ≠ j"],
    tex: ["\\prod_{j \\le i} a_j", "\\frac{\\partial y_i}{\\partial a_j} = \\prod_{k \\le i, k \\neq j} a_k"],
    sends: {
      text: ["y[j-1] · λ[j] with λ[j] = g[j] + a[j+1] · λ[j+1]"],
      tex: ["y_{j-1} \\lambda_j \\text{ with } \\lambda_j = g_j + a_{j+1} \\lambda_{j+1}"],
    },
  },
});

/**
 * The running product along an axis, yᵢ = Π xⱼ for j ≤ i, or from the end (`reverse`). Derivatives are exact where factors are
 * 0, and cost no more than the product, in every order.
 *
 * Shape: that of x; truth values are multiplied in int32.
 *
 * @throws ValueError for an axis that x does not have.
 * @example cumprod([1, 2, 3], 0); // [1, 2, 6]
 */
export function cumprod(x: TensorLike, axis: number, options: RunningOptions = {}): Tensor {
  const input = asTensor(x, "cumprod");
  return applyOp(cumprodOp, [input], runningAlong("cumprod", input, axis, options));
}
