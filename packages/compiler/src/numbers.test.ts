/**
 * A tensor is no number: where JavaScript would make one of it, and go on with NaN or a wrong branch, there is an error
 * that says what to write instead, eagerly and compiled, at the line of the user's own.
 */

import { DTypeError, JitError, parameter, type Tensor, tensor } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { jit } from "./index.ts";

/** What JavaScript allows of any object, and what the compiler of TypeScript does not see in plain JavaScript. */
type Anything = never;

const uses: Readonly<Record<string, (x: Tensor) => unknown>> = {
  "x > 0": (x) => (x as Anything) > 0,
  "+x": (x) => +(x as Anything),
  "-x": (x) => -(x as Anything),
  "x * 2": (x) => (x as Anything) * 2,
  "x + 1": (x) => (x as Anything) + (1 as Anything),
  "Math.exp(x)": (x) => Math.exp(x as Anything),
  "Number(x)": (x) => Number(x),
};

/** What reads numbers, which is right eagerly and refused while a function is traced. */
const reads: Readonly<Record<string, (x: Tensor) => unknown>> = {
  "a template": (x) => `${x}`,
  "String(x)": (x) => String(x),
  "x.item()": (x) => x.sum().item(),
  "x.toArray()": (x) => x.toArray(),
  "x.toTypedArray()": (x) => x.toTypedArray(),
  "JSON.stringify(x)": (x) => JSON.stringify(x),
};

/** The message of what `f` throws. */
function messageOf(f: () => unknown): string {
  try {
    f();
  } catch (error) {
    return (error as Error).message;
  }
  return "nothing was thrown";
}

describe.each(Object.entries(uses))("%s", (_use, f) => {
  const x = tensor([1, 2]);

  it("throws eagerly and says what to write", () => {
    expect(() => f(x)).toThrow(DTypeError);
    expect(messageOf(() => f(x))).toMatch(/^tensor, at .*numbers\.test\.ts:\d+:\d+: expected a number/);
    expect(messageOf(() => f(x))).toMatch(/x\.mul\(2\).*x\.greater\(0\).*where\(\).*x\.item\(\)/);
  });

  it("throws within jit, for arguments, results and parameters", () => {
    const w = parameter(tensor([1, 2]));
    for (const compiled of [
      jit((t: Tensor) => [t, f(t)][0] as Tensor),
      jit((t: Tensor) => [t, f(t.mul(2))][0] as Tensor),
      jit((t: Tensor) => [t, f(w)][0] as Tensor),
    ]) {
      expect(() => compiled(x)).toThrow(DTypeError);
      expect(messageOf(() => compiled(x))).toMatch(/x\.mul\(2\).*x\.greater\(0\).*where\(\)/);
    }
  });
});

describe.each(Object.entries(reads))("%s", (_use, f) => {
  it("works eagerly, and is refused within jit with the user's own line", () => {
    const x = tensor([1, 2]);
    expect(() => f(x)).not.toThrow();
    const compiled = jit(function step(t: Tensor) {
      f(t);
      return t;
    });
    expect(() => compiled(x)).toThrow(JitError);
    expect(messageOf(() => compiled(x))).toMatch(/jit\(step\), at .*numbers\.test\.ts:\d+:\d+/);
    expect(messageOf(() => compiled(x))).toContain("where(condition, a, b)");
  });
});

it("the line is that of the read, not of the call", () => {
  const lineOf = (message: string) => Number(/numbers\.test\.ts:(\d+):/.exec(message)?.[1]);
  const here = lineOf(new Error("here").stack!);
  const compiled = jit((t: Tensor) => {
    const size = t.abs().sum().item();
    return t.div(size);
  });
  expect(lineOf(messageOf(() => compiled(tensor([1]))))).toBe(here + 2);
});
