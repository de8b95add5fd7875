/**
 * The running logarithm of a sum of exponentials.
 */
import { asTensor, type Op, type Tensor, type TensorLike, where } from "@chainrule/core";
import { applyOp, builtin, floats } from "@chainrule/core/internal";
import { before, sent } from "./linear-scan.ts";
import { forEachRun, type Running, type RunningOptions, runningAlong } from "./running.ts";

const logCumSumExpOp: Op<Running> = builtin({
  name: "logCumSumExp",
  inferShape: ([x]) => x,
  leadingAxes: true,
  kernel: (out, [x], running) => {
    forEachRun(x.shape, running, (n, first, step) => {
      // The sum so far is exp(most) · total.
      let most = Number.NEGATIVE_INFINITY;
      let total = 0;
      for (let p = 0, i = first; p < n; p++, i += step) {
        const value = x.storage[i];
        if (!(value <= most)) {
          total = total === 0 ? 1 : total * Math.exp(most - value) + 1;
          most = value;
        } else if (most > Number.NEGATIVE_INFINITY) total += value === most ? 1 : Math.exp(value - most);
        out.storage[i] = Math.abs(most) === Number.POSITIVE_INFINITY ? most : most + Math.log(total);
      }
    });
  },
  gradient: (g, { inputs: [x], output, attributes }) => {
    const { own, rest } = shares(x, output, attributes);
    return sent(g, rest, attributes).mul(own);
  },
  formula: {
    text: ["log(Σ exp(a[j])) over j ≤ i", "∂y[i]/∂a[j] = exp(a[j] - y[i]) if j ≤ i, else 0"],
    tex: [
      "\\log \\sum_{j \\le i} e^{a_j}",
      "\\frac{\\partial y_i}{\\partial a_j} = e^{a_j - y_i} \\text{ if } j \\le i \\text{, else } 0",
    ],
    sends: { text: ["Σ g[i] · exp(a[j] - y[i]) over i ≥ j"], tex: ["\\sum_{i \\ge j} g_i e^{a_j - y_i}"] },
  },
});

/**
 * What the i-th element has of the i-th sum, exp(xᵢ - yᵢ), and what the sum before it has, exp(yᵢ₋₁ - yᵢ): neither is above 1,
 * so that nothing overflows on the way back. Of an empty sum, -Infinity, both are 0; infinite elements share evenly.
 */
function shares(x: Tensor, y: Tensor, running: Running): { own: Tensor; rest: Tensor } {
  const infinity = Number.POSITIVE_INFINITY;
  const infinite = x.equal(infinity).cast(x.dtype);
  const evenly = infinite.div(infinite.cumsum(running.axis, { reverse: running.reverse }).maximum(1));
  const endless = y.equal(infinity);
  const sum = where(y.isInfinite(), 0, y);
  const part = (of: Tensor) => where(endless, -infinity, of.sub(sum)).exp();
  return {
    own: where(endless, evenly, part(x)),
    rest: where(endless, evenly.neg().add(1), part(before(y, running, -infinity))),
  };
}

/**
 * The running ln Σ exp(xⱼ) over j ≤ i along an axis, or from the end (`reverse`), without overflow; `logSumExp` is its last
 * element. Its derivative by xⱼ is exp(xⱼ - yᵢ).
 *
 * Shape: that of x; integers become floats.
 *
 * @throws ValueError for an axis that x does not have.
 * @example logCumSumExp([1000, 1000], 0); // [1000, 1000.693]
 */
export function logCumSumExp(x: TensorLike, axis: number, options: RunningOptions = {}): Tensor {
  const input = floats(asTensor(x, "logCumSumExp"));
  return applyOp(logCumSumExpOp, [input], runningAlong("logCumSumExp", input, axis, options));
}
