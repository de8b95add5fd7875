/**
 * The logarithm of the gamma function and its derivative.
 */
import { asTensor, type Op, type Tensor, type TensorLike } from "@chainrule/core";
import { applyOp, builtin, floats, withOp } from "@chainrule/core/internal";
import { unary } from "../define/elementwise.ts";
import { lgammaOfNumber, polygammaOfNumber } from "./gamma-kernel.ts";

/** The derivative of order n of the digamma function, whose own derivative is that of order n + 1. */
const polygammaOp: Op<number> = builtin({
  name: "polygamma",
  inferShape: ([x]) => x,
  kernel: (out, [x], n) => {
    for (let i = 0; i < out.storage.length; i++) out.storage[i] = polygammaOfNumber(x.storage[i], n);
  },
  gradient: (g, { inputs: [x], attributes: n }) => g.mul(applyOp(polygammaOp, [x], n + 1)),
  formula: (n) => ({
    text: [order(n), order(n + 1)],
    tex: [orderTex(n), orderTex(n + 1)],
  }),
  lower: (n) => ({ kind: "elementwise", scalar: (x) => polygammaOfNumber(x, n) }),
});

const order = (n: number) => (n === 0 ? "digamma(a)" : `polygamma(${n}, a)`);
const orderTex = (n: number) => (n === 0 ? "\\psi(a)" : `\\psi^{(${n})}(a)`);

/**
 * ψ(x) = (ln Γ)'(x) of each element; derivative ψ'(x), the trigamma function, and so on to any order.
 *
 * NaN at the negative whole numbers, -Infinity at 0. Shape: that of x; integers become floats.
 *
 * @example digamma([1, 2]); // [-0.5772, 0.4228]
 */
export const digamma = withOp(
  polygammaOp,
  (x: TensorLike): Tensor => applyOp(polygammaOp, [floats(asTensor(x, "digamma"))], 0),
);

/**
 * ln |Γ(x)| of each element, ln (x - 1)! of a whole number; derivative ψ(x), the digamma function.
 *
 * Infinity at 0 and the negative whole numbers. Shape: that of x; integers become floats.
 *
 * @example lgamma([1, 5]); // [0, 3.1781]
 */
export const lgamma = unary({
  name: "lgamma",
  f: lgammaOfNumber,
  gradient: (g, { inputs: [x] }) => g.mul(digamma(x)),
  formula: { text: ["log |Γ(a)|", "digamma(a)"], tex: ["\\log |\\Gamma(a)|", "\\psi(a)"] },
});
