/**
 * Compares what a compiled function computes with what the same function computes eagerly.
 */

import { isFloat, type Tensor, type TensorLike, tensor, valueAndGrad } from "@chainrule/core";
import { expect } from "vitest";
import { jit } from "../src/index.ts";

/** Equal up to a few roundings in the dtype (and an `absolute` difference); NaN, infinities and zeros of either sign alike. */
export function expectSame(actual: Tensor, expected: Tensor, what = "", absolute = 0): void {
  expect([actual.shape, actual.dtype], what).toEqual([expected.shape, expected.dtype]);
  const [a, b] = [actual.toTypedArray(), expected.toTypedArray()];
  const relative = actual.dtype === "float32" ? 1e-5 : 1e-13;
  let largest = 0;
  for (const x of b) if (Number.isFinite(x)) largest = Math.max(largest, Math.abs(x));
  for (let i = 0; i < a.length; i++)
    if (!isNear(a[i], b[i], relative * (Math.abs(b[i]) + 0.3 * largest) + absolute))
      differs(what, i, a[i], b[i], expected);
}

/** NaN is near NaN alone, an infinity itself, and 0 is not near -0. */
function isNear(a: number, b: number, allowed: number): boolean {
  return Object.is(a, b) || (Number.isFinite(b) && (a !== 0 || b !== 0) && Math.abs(a - b) <= allowed);
}

function differs(what: string, i: number, compiled: number, eager: number, { shape }: Tensor): never {
  const text = (x: number) => (Object.is(x, -0) ? "-0" : String(x));
  expect.fail(`${what}: element ${i} is ${text(compiled)} compiled and ${text(eager)} eager, shape [${shape}]`);
}

/** Equal to the last bit, the sign of 0 included; NaN is NaN. */
export function expectIdentical(actual: Tensor, expected: Tensor, what = ""): void {
  expect([actual.shape, actual.dtype], what).toEqual([expected.shape, expected.dtype]);
  const [a, b] = [actual.toTypedArray(), expected.toTypedArray()];
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) differs(what, i, a[i], b[i], expected);
}

/** Equal to four units in the last place of float32, and to the last bit in other dtypes; NaN and infinities alike. */
export function expectWithinUlps(actual: Tensor, expected: Tensor, what = ""): void {
  if (expected.dtype !== "float32") {
    expectIdentical(actual, expected, what);
    return;
  }
  expect([actual.shape, actual.dtype], what).toEqual([expected.shape, expected.dtype]);
  const [a, b] = [actual.toTypedArray(), expected.toTypedArray()];
  for (let i = 0; i < a.length; i++)
    if (!isNear(a[i], b[i], 4 * Math.max(2 ** -149, 2 ** -23 * Math.abs(b[i])))) differs(what, i, a[i], b[i], expected);
}

/** Each element by itself: to 1e-5 of its size in float32, 1e-13 in float64, or so many of the smallest numbers there are. */
export function expectEachNear(actual: Tensor, expected: Tensor, what = "", absolute = 0): void {
  expect([actual.shape, actual.dtype], what).toEqual([expected.shape, expected.dtype]);
  const [a, b] = [actual.toTypedArray(), expected.toTypedArray()];
  const [relative, smallest] = actual.dtype === "float32" ? [1e-5, 2 ** -146] : [1e-13, 2 ** -1070];
  for (let i = 0; i < a.length; i++)
    if (!isNear(a[i], b[i], relative * Math.abs(b[i]) + smallest + absolute)) differs(what, i, a[i], b[i], expected);
}

/** Forward and, for every float input, gradient; called twice, so that the second call finds the program there. */
export function checkCompiled(
  f: (...inputs: Tensor[]) => Tensor,
  inputs: readonly TensorLike[],
  dtype: "float32" | "float64" = "float32",
  absolute = 0,
): void {
  const xs = inputs.map((x) => {
    const given = tensor(x);
    return isFloat(given.dtype) ? given.cast(dtype) : given;
  });
  const compiled = jit(f);
  const eager = f(...xs);
  for (const call of [1, 2]) expectSame(compiled(...xs), eager, `call ${call}`, absolute);
  const by = xs.flatMap((x, i) => (isFloat(x.dtype) ? [i] : []));
  if (!isFloat(eager.dtype) || by.length === 0) return;
  const slopes = valueAndGrad(
    (...x: Tensor[]) =>
      f(...x)
        .mul(0.7)
        .sin()
        .sum(),
    { argument: by },
  );
  const found = jit(slopes)(...xs) as unknown as [Tensor, Tensor[]];
  const [value, gradients] = slopes(...xs);
  expectSame(found[0], value, "sum of sines", absolute);
  for (const [i, g] of gradients.entries()) expectSame(found[1][i], g, `gradient ${i}`, absolute);
}
