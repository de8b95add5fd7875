/**
 * How a draw from a gamma distribution moves with its concentration: implicit reparameterisation, in numbers.
 */

/**
 * d log x / da of a draw x of concentration a and rate 1 that keeps its place in the distribution, P(a, x) = const:
 * -(∂P / ∂a) / (x p(x)).
 *
 * @param psi ψ(a + 1).
 *
 * Source: Figurnov, Mohamed and Mnih, "Implicit Reparameterization Gradients", 2018. There P is differentiated by forward mode; here the
 * series and the fraction of which it is made are, where all terms have one sign.
 */
export function gammaMove(a: number, logX: number, psi: number): number {
  if (a > largest) return byQuantile(a, Math.exp(logX));
  return logX <= Math.log(a + 1) ? bySeries(a, logX, psi) : byFraction(a, logX, psi);
}

/** From here on the expansion in 1 / √a is good to eleven digits. */
const largest = 5000;

/**
 * P / (x p) = Σ cₙ with c₀ = 1 / a, cₙ = cₙ₋₁ x / (a + n), of which each term's derivative is known: Σ cₙ [ψ(a + n + 1) - log x].
 */
function bySeries(a: number, logX: number, psi: number): number {
  const x = Math.exp(logX);
  let term = 1 / a;
  let apart = psi - logX;
  let sum = term * apart;
  for (let n = 1; n < 10_000; n++) {
    term *= x / (a + n);
    apart += 1 / (a + n);
    const next = sum + term * apart;
    if (next === sum && n > 2) break;
    sum = next;
  }
  return sum;
}

/**
 * (1 - P) / (x p) = K = 1 / (x + 1 - a + 1 (a - 1) / (x + 3 - a + 2 (a - 2) / (x + 5 - a + …))), from within outwards, with
 * its derivative by a: K (log x - ψ(a)) + K' (Abramowitz and Stegun 6.5.31).
 */
function byFraction(a: number, logX: number, psi: number): number {
  const x = Math.exp(logX);
  const depth = 60 + Math.ceil(12 * Math.sqrt(a));
  let t = x + 2 * depth + 1 - a;
  let byA = -1;
  for (let k = depth; k >= 1; k--) {
    byA = -1 + (k - (k * (a - k) * byA) / t) / t;
    t = x + 2 * k - 1 - a + (k * (a - k)) / t;
  }
  return (logX - psi + 1 / a - byA / t) / t;
}

/**
 * For large a: x = a + √a z + (z² - 1) / 3 + …, in which the normal quantile z stays as it is while a changes.
 *
 * Source: Cornish and Fisher's expansion of chi-square quantiles, as in Abramowitz and Stegun 26.4 with χ² = 2x and ν = 2a.
 */
function byQuantile(a: number, x: number): number {
  const root = Math.sqrt(a);
  let z = (x - a) / root;
  for (let i = 0; i < 5; i++) {
    const slope = root + (2 * z) / 3 + (3 * z * z - 7) / (36 * root) - (12 * z ** 3 + 14 * z) / (810 * a);
    z -= (quantile(a, z) - x) / slope;
  }
  const [z2, z3] = [z * z, z ** 3];
  const moved =
    1 +
    z / (2 * root) -
    (z3 - 7 * z) / (72 * a * root) +
    (3 * z2 * z2 + 7 * z2 - 16) / (810 * a * a) -
    (9 * z2 * z3 + 256 * z3 - 433 * z) / (25920 * a * a * root);
  return moved / x;
}

function quantile(a: number, z: number): number {
  const root = Math.sqrt(a);
  const [z2, z3] = [z * z, z ** 3];
  return (
    a +
    root * z +
    (z2 - 1) / 3 +
    (z3 - 7 * z) / (36 * root) -
    (3 * z2 * z2 + 7 * z2 - 16) / (810 * a) +
    (9 * z2 * z3 + 256 * z3 - 433 * z) / (38880 * a * root)
  );
}
