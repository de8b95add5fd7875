/**
 * Every loss compiled computes what it computes eagerly.
 */

import { jit } from "@chainrule/compiler";
import { isFloat, type Tensor, type TensorLike, tensor, valueAndGrad } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { sampleInputs } from "./check/sample-inputs.ts";
import { lossByName, lossNames } from "./index.ts";

/** Its targets decide how many steps it takes: it has to read them. */
const readsValues = ["ctc"];

function asInput(given: TensorLike): Tensor {
  const x = tensor(given);
  return isFloat(x.dtype) ? x.cast("float32") : x;
}

function expectClose(actual: Tensor, expected: Tensor): void {
  expect(actual.shape).toEqual(expected.shape);
  const wanted = expected.toTypedArray();
  const largest = Math.max(1e-3, ...Array.from(wanted, Math.abs));
  for (const [i, x] of actual.toTypedArray().entries()) expect(Math.abs(x - wanted[i])).toBeLessThan(2e-5 * largest);
}

describe.each(lossNames().filter((name) => !readsValues.includes(name)))("%s compiled", (name) => {
  it("has the same value and gradients", () => {
    const loss = lossByName(name);
    const sample = sampleInputs(loss, 3);
    const call = (sample.loss ?? loss) as unknown as (...args: Tensor[]) => Tensor;
    const inputs = Object.values(sample.inputs).map(asInput);
    const slopes = valueAndGrad((...xs: Tensor[]) => call(...xs), { argument: [0] });
    const compiled = jit(slopes);
    const [value, [gradient]] = slopes(...inputs);
    for (const _call of [1, 2]) {
      const [found, [foundGradient]] = compiled(...inputs);
      expectClose(found, value);
      expectClose(foundGradient, gradient);
    }
  });
});
