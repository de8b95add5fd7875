/**
 * The running maximum.
 */
import { asTensor, type Op, type Tensor, type TensorLike, takeAlongAxis } from "@chainrule/core";
import { applyOp, builtin } from "@chainrule/core/internal";
import { forEachRun, type Running, type RunningOptions, runningAlong } from "./running.ts";

/** Where the largest element so far is, the latest of equals; a NaN is the largest of all. */
const runningArgmaxOp: Op<Running> = builtin({
  name: "runningArgmax",
  inferShape: ([x]) => ({ shape: x.shape, dtype: "int32" }),
  leadingAxes: true,
  kernel: (out, [x], running) => {
    forEachRun(x.shape, running, (n, first, step) => {
      let largest = Number.NEGATIVE_INFINITY;
      let at = 0;
      for (let p = 0, i = first; p < n; p++, i += step) {
        const value = x.storage[i];
        if (p === 0 || value >= largest || Number.isNaN(value)) {
          largest = value;
          at = running.reverse ? n - 1 - p : p;
        }
        out.storage[i] = at;
      }
    });
  },
  formula: { text: ["the j ≤ i of the largest a[j]"], tex: ["\\operatorname{argmax}_{j \\le i} a_j"] },
});

/**
 * The running maximum along an axis, yᵢ = max xⱼ for j ≤ i, or from the end (`reverse`); NaN from the first NaN on. The gradient
 * goes to the latest of equal elements, as in PyTorch. The running minimum is `cummax(x.neg(), axis).neg()`.
 *
 * Shape and dtype: those of x.
 *
 * @throws ValueError for an axis that x does not have.
 * @example cummax([1, 3, 2, 5], 0); // [1, 3, 3, 5]
 */
export function cummax(x: TensorLike, axis: number, options: RunningOptions = {}): Tensor {
  const input = asTensor(x, "cummax");
  const running = runningAlong("cummax", input, axis, options);
  return takeAlongAxis(input, applyOp(runningArgmaxOp, [input], running), running.axis);
}
