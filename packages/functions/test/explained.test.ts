/**
 * What explanations say of the functions: their formulas are there and true, and they arrive at the gradients.
 */
import { gradients, type Op, type Tensor, tensor } from "@chainrule/core";
import { builtinOps, loweringOf, withOpWatcher } from "@chainrule/core/internal";
import { describe, expect, it } from "vitest";
import { explainBackward } from "../../explain/src/index.ts";
import { evaluate } from "../../explain/test/evaluate.ts";
import * as functions from "../src/index.ts";
import { erfcOfNumber, erfinvOfNumber } from "../src/special/erfc-kernel.ts";
import { lgammaOfNumber, polygammaOfNumber } from "../src/special/gamma-kernel.ts";
import { gradientTable } from "./gradients.ts";

/** Ops of core have their formulas elsewhere, those of this package in their definitions. */
const ops = builtinOps().filter((op) => op.formula !== undefined);
const attributes: Readonly<Record<string, unknown>> = { polygamma: 0, searchsorted: "left" };
const formulaOf = (op: Op) => (typeof op.formula === "function" ? op.formula(attributes[op.name]) : op.formula!);

describe.each(ops.map((op) => [op.name, op] as const))("what is written of %s", (_name, op) => {
  it("is there in text and TeX, one line each", () => {
    const { text, tex, sends } = formulaOf(op);
    for (const line of [...text, ...tex, ...(sends?.text ?? []), ...(sends?.tex ?? [])])
      if (line !== null) expect(line).toMatch(/^[^\n]+$/);
    expect(text.length).toBe(tex.length);
    if (op.gradient) expect(text.length).toBeGreaterThan(1);
    else expect(text.length).toBe(1);
    expect(sends?.text.length ?? text.length - 1).toBeLessThanOrEqual(text.length - 1);
  });
});

/** Names that the reader of formulas does not know, and what they are. */
const names: readonly (readonly [RegExp, (a: number, b: number) => number])[] = [
  [/(?:\\operatorname\{arsinh\}|arsinh)\(a\)/, Math.asinh],
  [/(?:\\operatorname\{arcosh\}|arcosh)\(a\)/, Math.acosh],
  [/(?:\\operatorname\{artanh\}|artanh)\(a\)/, Math.atanh],
  [/log₁₀\(a\)|\\log_\{10\}\(a\)/, Math.log10],
  [/(?:\\operatorname\{erfc\}|erfc)\(a\)/, erfcOfNumber],
  [/\\operatorname\{erf\}\^\{-1\}\(a\)|erfinv\(a\)/, erfinvOfNumber],
  [/(?:\\log|log) \|(?:\\Gamma|Γ)\(a\)\|/, lgammaOfNumber],
  [/\\psi\^\{\(1\)\}\(a\)|polygamma\(1, a\)/, (a) => polygammaOfNumber(a, 1)],
  [/\\psi\(a\)|digamma\(a\)/, (a) => polygammaOfNumber(a, 0)],
  [/the angle of \(b, a\)|\\operatorname\{atan2\}\(a, b\)/, Math.atan2],
];

function computedBy(line: string, a: number, b: number, y: number): number {
  const known = names.find(([name]) => name.test(line));
  return evaluate(known ? line.replace(known[0], "c") : line, { a, b, y, c: known?.[1](a, b) ?? 0 });
}

const elementwise: Readonly<Record<string, (a: Tensor, b: Tensor) => Tensor>> = {
  ...{
    acosh: (a) => functions.acosh(a.add(1)),
    asinh: functions.asinh,
    atanh: functions.atanh,
    log10: functions.log10,
  },
  ...{ erfc: functions.erfc, erfinv: functions.erfinv, lgamma: functions.lgamma, polygamma: functions.digamma },
  ...{ atan2: functions.atan2, hypot: functions.hypot, logAddExp: functions.logAddExp },
  ...{ floorDivide: functions.floorDivide, fmod: functions.fmod },
};

it("every elementwise op is looked at", () => {
  const found = ops.filter((op) => {
    const lowering = loweringOf(op, attributes[op.name]);
    return lowering?.kind === "elementwise" || lowering?.kind === "compose";
  });
  expect(found.map(({ name }) => name).sort(), "`elementwise` wants each op").toEqual(Object.keys(elementwise).sort());
});

it.each(Object.entries(elementwise))("the formulas of %s are what it computes, and its derivatives", (name, f) => {
  const op = ops.find((each) => each.name === name)!;
  const { text, tex } = formulaOf(op);
  const [a, b] = [tensor(new Float64Array([0.2, 0.4, 0.55, 0.9])), tensor(new Float64Array([0.7, 0.15, 0.3, 0.35]))];
  const seen: { inputs: readonly Tensor[]; output: Tensor }[] = [];
  withOpWatcher(
    (each, inputs) => (output) => {
      if (each === op) seen.push({ inputs, output });
    },
    () => f(tensor(a, { requiresGrad: true }), tensor(b, { requiresGrad: true })),
  );
  const [{ inputs, output }] = seen;
  const by = gradients([output.sum()], [...inputs], { retainGraph: true });
  const [x, y] = [inputs[0], inputs[1] ?? inputs[0]].map((each) => each.toTypedArray());
  for (const lines of [text, tex])
    [output, ...by].forEach((wanted, i) => {
      const numbers = wanted.toTypedArray();
      numbers.forEach((number: number, k: number) => {
        expect(computedBy(lines[i]!, x[k], y[k], output.toTypedArray()[k]), lines[i]!).toBeCloseTo(number, 9);
      });
    });
});

describe("an explanation arrives at the gradients of backward", () => {
  it.each(Object.entries(gradientTable))("with %s", (_name, cases) => {
    for (const { f, inputs } of cases) {
      const leaves = inputs.map((x) => tensor(x, { dtype: "float64", requiresGrad: true }));
      const loss = f(...leaves).square().log1p().sum(); // biome-ignore format: short
      if (leaves.some((x) => x.size === 0)) continue;
      const names = Object.fromEntries(leaves.map((x, i) => [`leaf${i}`, x]));
      const explained = explainBackward(loss, { names, maxElements: 160 });
      const expected = gradients([loss], leaves, { retainGraph: true });
      leaves.forEach((_, i) => {
        const node = explained.nodes.find((each) => each.name === `leaf${i}`);
        const found = node && explained.steps.find((step) => step.node === node.id)!.gradient.values;
        expect(found).toEqual([...expected[i].toTypedArray()]);
      });
      expect(explained.toText()).not.toMatch(/undefined|\[object/);
    }
  });
});
