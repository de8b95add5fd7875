/**
 * Formulas that stay finite and keep their digits where the textbook's do not; what the losses are made of.
 */
import { customGradient, type Tensor, where } from "@chainrule/core";

/** How near a probability may come to 0 and 1 before its logarithm is taken: Keras's `epsilon`. */
export const epsilon = 1e-7;

/**
 * `x` cut to [low, high], with derivative 1 everywhere: a value that was cut still learns which way to go.
 *
 * The derivative of an honest cut is 0 outside, so that a probability that has reached 0 would stay there for ever.
 */
export function clipStraightThrough(x: Tensor, low: number, high = Number.POSITIVE_INFINITY): Tensor {
  return x.add(x.clamp(low, high).sub(x).detach());
}

/** log p, p cut to [1e-7, 1 - 1e-7] as Keras does; exactly log p between them. */
export function logClipped(p: Tensor): Tensor {
  return clipStraightThrough(p, epsilon, 1 - epsilon).log();
}

/** t · logP, and 0 where t is 0 though logP be -Infinity: an event that never happens costs nothing. */
export function timesLog(t: Tensor, logP: Tensor): Tensor {
  return t.mul(where(t.equal(0).logicalAnd(logP.isInfinite()), 0, logP));
}

/**
 * g · slope, and 0 where g is 0 though the slope be infinite. Linear in g, as what a gradient rule makes of g must be: its
 * own derivative by g is the slope also where g is 0.
 */
const timesSlope: (g: Tensor, slope: Tensor) => Tensor = /* @__PURE__ */ customGradient(
  (g, slope) => g.mul(where(g.equal(0), 1, slope)),
  (u, { inputs: [g, slope] }) => [timesSlope(u, slope), timesSlope(u, g)],
  "timesSlope",
);

/** log x, whose derivative at 0, where it is infinite, makes no NaN of a gradient of 0. */
const logFromZero: (x: Tensor) => Tensor = /* @__PURE__ */ customGradient(
  (x) => x.log(),
  (g, { inputs: [x] }) => timesSlope(g, x.reciprocal()),
  "logFromZero",
);

/**
 * x log x, exactly 0 at 0. Its derivative there is what it is, -Infinity, and not the NaN that 0 · log 0 would make.
 */
export const xLogX: (x: Tensor) => Tensor = /* @__PURE__ */ customGradient(
  (x) => x.mul(where(x.equal(0), 1, x).log()),
  (g, { inputs: [x] }) => timesSlope(g, logFromZero(x).add(1)),
  "xLogX",
);

/** xᵏ for x ≥ 0, whose derivative stays finite at 0 when k is below 1: what is nearer to 0 is taken as 1e-38. */
export function powFromZero(x: Tensor, k: number): Tensor {
  return x.clamp(smallestNormal).pow(k);
}

/** About the smallest number that float32 holds with all its digits. */
const smallestNormal = 1e-38;
