/**
 * Functions that must be done when they return: an async one is refused, and its own failure, which comes later, does not
 * end the process.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  ChainRuleError,
  checkGradients,
  customGradient,
  defineOp,
  enableGrad,
  grad,
  hessian,
  jacobian,
  jvp,
  noGrad,
  type Tensor,
  tensor,
  valueAndGrad,
  vjp,
} from "../src/index.ts";

/** As anything: TypeScript refuses most of these already. */
const failing = (async () => {
  await null;
  throw new Error("later");
}) as never;
const x = tensor([1, 2], { requiresGrad: true });

const refused: Readonly<Record<string, () => unknown>> = {
  noGrad: () => noGrad(failing),
  enableGrad: () => enableGrad(failing),
  grad: () => grad(failing)(x),
  valueAndGrad: () => valueAndGrad(failing)(x),
  vjp: () => vjp(failing, x),
  jvp: () => jvp(failing, [x], [x]),
  jacobian: () => jacobian(failing)(x),
  hessian: () => hessian(failing)(x),
  checkGradients: () => checkGradients(failing, [x]),
  "customGradient, forward": () => customGradient(failing, (g) => g)(x),
  "customGradient, gradient": () =>
    customGradient(
      (x: Tensor) => x.mul(2),
      failing,
    )(x)
      .sum()
      .backward(),
  "defineOp, kernel": () => defineOp({ name: "slow", inferShape: ([x]) => x, kernel: failing })([x]),
  "defineOp, gradient": () =>
    defineOp({ name: "slope", inferShape: ([x]) => x, kernel: () => {}, gradient: failing })([x])
      .sum()
      .backward(),
};

const unhandled: unknown[] = [];
const note = (reason: unknown) => unhandled.push(reason);

describe("an async function is refused by", () => {
  beforeAll(() => {
    process.on("unhandledRejection", note);
  });
  afterAll(() => {
    process.off("unhandledRejection", note);
  });

  it.each(Object.entries(refused))("%s", async (_name, call) => {
    expect(call).toThrow(ChainRuleError);
    expect(call).toThrow(/a promise|async/);
    await new Promise((resolve) => setTimeout(resolve, 1));
    expect(unhandled).toEqual([]);
  });
});
