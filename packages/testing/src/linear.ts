/**
 * Derivatives are linear in what arrives: a check of it that needs no differences, and so holds at edges too.
 */
import { AssertionError } from "node:assert";

/** What the check needs of a tensor; core's has it. */
interface Numeric {
  readonly shape: readonly number[];
  readonly size: number;
  toTypedArray(): ArrayLike<number>;
}

/** What the check needs of core. It is passed in, so that this package does not need it. */
export interface LinearCore<T extends Numeric> {
  tensor(data: Float64Array, options: { shape: readonly number[]; dtype: "float64" }): T;
  vjp(f: (...inputs: T[]) => T, ...inputs: T[]): [T, (cotangent: T) => T[]];
  jvp(f: (...inputs: T[]) => T, inputs: readonly T[], tangents: readonly T[]): [T, T];
}

/** Powers of two, which round nothing; so far apart that a rule which cuts large gradients, or small ones, shows. */
const scales = [2, -1, 2 ** 20, 2 ** -20];
/** Rows and columns of the Jacobian that are looked at one by one. */
const mostLooks = 6;

/**
 * Throws unless the derivative of a function at a point is one linear map, whichever way it is applied:
 *
 * - vjp(cg) = c vjp(g) for c of 2, -1 and far from 1, to the last bit;
 * - vjp(g) is the sum of vjp(gᵢ eᵢ), and vjp(0) = 0, wherever these are finite;
 * - jvp along each axis is what vjp says, and not finite where that is infinite.
 *
 * @param inputs floats, at edges as well: where a function has a kink, its rule chooses one slope for all of them.
 * @param rounding how much numbers that cancel may leave, absolutely.
 * @returns how many derivatives were compared.
 * @throws AssertionError that says which of them fails, and where.
 */
export function checkLinear<T extends Numeric>(
  core: LinearCore<T>,
  f: (...inputs: T[]) => T,
  inputs: readonly T[],
  what: string,
  rounding = 0,
): number {
  const [y, back] = core.vjp(f, ...inputs);
  const like = (numbers: Float64Array, { shape }: Numeric) => core.tensor(numbers, { shape, dtype: "float64" });
  const send = (g: Float64Array) => back(like(g, y)).flatMap((part) => Array.from(part.toTypedArray()));
  const push = (t: Float64Array) => {
    let from = 0;
    const tangents = inputs.map((x) => {
      from += x.size;
      return like(t.slice(from - x.size, from), x);
    });
    return Array.from(core.jvp(f, inputs, tangents)[1].toTypedArray());
  };
  const outputs = y.size;
  const total = inputs.reduce((sum, { size }) => sum + size, 0);
  if (outputs === 0 || total === 0) return 0;
  const given = { what, inputs, rounding: Math.max(smallest, rounding) };

  const weights = Float64Array.from({ length: outputs }, (_, i) => (i % 3 === 1 ? -1 : 1) * 2 ** (i % 3));
  const whole = send(weights);
  for (const scale of scales)
    send(weights.map((x) => scale * x)).forEach((scaled, j) => {
      expectScaled(given, `vjp(${scale} g)`, j, scaled, whole[j], scale);
    });

  const rows = Array.from({ length: Math.min(outputs, mostLooks) }, (_, i) => send(unit(outputs, i)));
  const none = send(new Float64Array(outputs));
  for (let j = 0; j < total; j++) {
    const terms = rows.map((row, i) => row[j] * weights[i]);
    if (terms.every(Number.isFinite) && outputs <= mostLooks) {
      expectNear(given, "vjp(g) beside its parts", j, whole[j], terms);
      if (none[j] !== 0) fail(given, "vjp(0)", j, none[j], 0);
    }
  }

  for (let j = 0; j < Math.min(total, mostLooks); j++)
    push(unit(total, j)).forEach((found, i) => {
      const row = rows[i];
      if (row?.every(Number.isFinite)) expectNear(given, `jvp of output ${i}`, j, found, [row[j]]);
      else if (row && Math.abs(row[j]) === Number.POSITIVE_INFINITY && Number.isFinite(found))
        fail(given, `jvp of output ${i}`, j, found, row[j]);
    });
  return rows.flat().filter(Number.isFinite).length;
}

interface Given {
  readonly what: string;
  readonly inputs: readonly Numeric[];
  readonly rounding: number;
}

function unit(length: number, at: number): Float64Array {
  const numbers = new Float64Array(length);
  numbers[at] = 1;
  return numbers;
}

/** Below this, numbers lose digits. */
const smallest = 1e-300;

/** Scaling by powers of two rounds nothing but the smallest numbers. */
function expectScaled(given: Given, which: string, at: number, found: number, one: number, by: number): void {
  const expected = by * one;
  if (found === expected || (Number.isNaN(found) && Number.isNaN(expected))) return;
  // The smallest numbers may become 0, which of an infinity makes NaN.
  if (!Number.isFinite(one) && Math.abs(by) < 1) return;
  if (Math.abs(found - expected) <= given.rounding * Math.max(1, Math.abs(by))) return;
  fail(given, which, at, found, expected);
}

function expectNear(given: Given, which: string, at: number, found: number, terms: readonly number[]): void {
  const expected = terms.reduce((a, b) => a + b, 0);
  const size = terms.reduce((a, b) => a + Math.abs(b), 0);
  if (!(Math.abs(found - expected) <= 1e-9 * size + given.rounding)) fail(given, which, at, found, expected);
}

function fail({ what, inputs }: Given, which: string, at: number, found: number, expected: number): never {
  const point = inputs.map((x) => `[${Array.from(x.toTypedArray()).join(", ")}] of shape [${x.shape}]`).join(" and ");
  throw new AssertionError({
    message: `${what}: ${which} by number ${at} is ${found}, not ${expected}, at ${point}`,
    actual: found,
    expected,
  });
}
