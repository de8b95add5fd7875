/**
 * Ops at the numbers where approximations and shortcuts go wrong: overflow, underflow, infinities, NaN and zeros of both
 * signs. What is computed compiled, in vectors and one by one, and by the fast kernels of eager mode, is what the op's own
 * kernel computes; and so are the gradients.
 */

import { concat, type DType, gradients, isFloat, scalar, type Tensor, tensor } from "@chainrule/core";
import { setBackend } from "@chainrule/core/internal";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jit } from "../src/index.ts";
import { type OpEntry, opTable } from "./op-table.ts";
import { expectEachNear, expectIdentical, expectWithinUlps } from "./same.ts";
import { everyChoice } from "./special-numbers.ts";

/** What the op's own kernels compute. */
function plainly<T>(f: () => T): T {
  const before = setBackend(null);
  try {
    return f();
  } finally {
    setBackend(before);
  }
}

/** Operands in which every choice of special numbers stands somewhere: at one position, in a line or in a window. */
function operandsOf({ fixed = {}, shapes, of }: OpEntry, dtype: DType): Tensor[] {
  if (of === "elements") {
    const [sample] = fc.sample(shapes, { numRuns: 1, seed: 1 });
    return everyChoice(sample.map((_, i) => fixed[i] ?? dtype)).map((x) => x.reshape([-1]));
  }
  const lines = concat(everyChoice([dtype, dtype, dtype]), 1);
  return [of === "windows" ? lines.reshape([1, 1, -1, 3]) : lines];
}

/** Axes, options and dtypes: each kind of op takes of these what it needs. */
const choices = [
  [0, 0, 0, 0],
  [1, 1, 1, 0],
  [2, 2, 1, 0],
];

const agreeing = {
  bit: expectIdentical,
  ulps: expectWithinUlps,
  rounding: expectEachNear,
};

/** The gradients of f, for a gradient that arrives and is g everywhere. */
const slopesOf =
  (f: (...xs: Tensor[]) => Tensor) =>
  (g: Tensor, ...xs: Tensor[]): Tensor[] => {
    const leaves = xs.map((x) => (isFloat(x.dtype) ? tensor(x, { requiresGrad: true }) : x));
    const y = f(...leaves);
    const by = leaves.filter((x) => x.requiresGrad);
    return gradients([y], by, { cotangents: [g.broadcastTo(y.shape)] });
  };

const arriving = [-0, Number.NEGATIVE_INFINITY, 1e30];

const entries = Object.entries(opTable).filter(([, entry]) => entry.of);

describe.each(entries)("%s at special numbers", (_name, entry) => {
  const agree = agreeing[entry.agreement];

  it.each(entry.dtypes)("of %s", (dtype) => {
    const operands = operandsOf(entry, dtype);
    for (const each of choices) {
      const f = (...xs: Tensor[]) => entry.apply(xs, each);
      const written = plainly(() => f(...operands));
      // Fast kernels too may add in another order.
      (entry.of === "elements" ? expectIdentical : agree)(f(...operands), written, "eager");
      agree(jit(f)(...operands), written, "compiled");
    }
    if (entry.of !== "elements") return;
    const f = (...xs: Tensor[]) => entry.apply(xs, choices[0]);
    const alone = jit(f);
    for (let at = 0; at < operands[0].size; at += 11) {
      const numbers = operands.map((x) => x.slice(at));
      agree(
        alone(...numbers),
        plainly(() => f(...numbers)),
        `of ${numbers.map((x) => x.item())}`,
      );
    }
  });

  it.runIf(isFloat(entry.dtypes[0]))("and their gradients", () => {
    for (const dtype of entry.dtypes.filter(isFloat))
      for (const g of arriving) {
        const f = (...xs: Tensor[]) => entry.apply(xs, choices[1]);
        const operands = operandsOf(entry, dtype);
        const y = f(...operands.map((x) => (isFloat(x.dtype) ? tensor(x, { requiresGrad: true }) : x)));
        if (!y.requiresGrad) return;
        const slopes = slopesOf(f);
        const given = scalar(g, dtype);
        const found = jit(slopes)(given, ...operands);
        slopes(given, ...operands).forEach((written, i) => {
          const what = `${dtype}, gradient ${i} for ${g}`;
          if (entry.agreement === "bit") expectIdentical(found[i], written, what);
          else {
            const { magnitude = 1 } = entry;
            const absolute = entry.of === "elements" ? 0 : 1e-6 * magnitude * Math.max(1, Math.abs(g));
            expectEachNear(found[i], written, what, absolute);
          }
        });
      }
  });
});

it("looks at every kind of op", () => {
  expect(new Set(entries.map(([, { of }]) => of)).size).toBe(3);
});
