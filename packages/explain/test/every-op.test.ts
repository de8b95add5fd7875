/**
 * Every op of the op table: it has its lines, they are true, its local derivatives are what finite differences find, and an
 * explanation of a loss with it, or of a loss with its gradient, arrives at the gradients that `backward` leaves.
 */
import { type DType, gradients, isFloat, sizeOf, type Tensor, tensor } from "@chainrule/core";
import { formulaOf } from "@chainrule/core/formulas";
import {
  builtinOps,
  compute,
  loweringOf,
  recorded,
  sameShape,
  type TapeEntry,
  withOpWatcher,
} from "@chainrule/core/internal";
import { fuzzing } from "@chainrule/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type OpEntry, opTable } from "../../compiler/test/op-table.ts";
import { elementwiseFactor, jacobianOf, oneAt, sendThrough } from "../src/backward/local.ts";
import { explainBackward } from "../src/index.ts";
import { evaluate } from "./evaluate.ts";
import { told } from "./told.ts";

const { seed } = fuzzing(11);

/** Numbers that are no ties and no corners: between 0.15 and 0.85, where every function is defined, or of both signs. */
function numbers(shape: readonly number[], dtype: DType, which: number, isSigned: boolean): Tensor {
  const data = Float64Array.from({ length: sizeOf(shape) }, (_, i) => {
    const x = 0.15 + 0.7 * ((i * 0.6180339887 + which * 0.37 + 0.11) % 1);
    if (!isFloat(dtype)) return Math.round(7 * x);
    return isSigned ? ((i + which) % 3 === 0 ? -2.3 * x : 3.1 * x) : x;
  });
  return tensor(data, { shape, dtype: "float64" }).cast(dtype);
}

const nameOf = (entry: OpEntry) => Object.entries(opTable).find(([, each]) => each === entry)![0];

interface Run {
  readonly leaves: readonly Tensor[];
  readonly y: Tensor;
}

/** The op applied to a few small cases. */
function runsOf(entry: OpEntry, most = 24): Run[] {
  const isImages = entry.of === "windows" || /unfold|fold|convolve/.test(nameOf(entry));
  const shapes = fc
    .sample(entry.shapes, { numRuns: 100, seed })
    .filter((list) => list.every((shape) => sizeOf(shape) <= (isImages ? 6 * most : most)));
  const sizes = (list: number[][]) => list.reduce((total, shape) => total + sizeOf(shape), 0);
  const chosen = [...shapes].sort((a, b) => sizes(b) - sizes(a)).slice(0, 2);
  return chosen.flatMap((list, i) =>
    [false, true].map((isSigned) => {
      const xs = list.map((shape, which) => numbers(shape, entry.fixed?.[which] ?? "float64", which, isSigned));
      const given = xs.map((x) => (isFloat(x.dtype) ? tensor(x, { requiresGrad: true }) : x));
      const y = entry.apply(given, [3 + 2 * i, 2 + i, 3, i]);
      return { leaves: given.filter((x) => x.requiresGrad), y };
    }),
  );
}

const stepsIn = (y: Tensor): TapeEntry[] =>
  y.requiresGrad ? recorded("test", y).flatMap(({ tensor }) => tensor.tapeEntry ?? []) : [];

/** Within what rounding explains; what is not finite in one must not be finite in the other. */
function expectNear(found: ArrayLike<number>, expected: ArrayLike<number>, what: string, tolerance: number): number {
  expect(found.length, what).toBe(expected.length);
  let compared = 0;
  for (let i = 0; i < found.length; i++) {
    if (!Number.isFinite(expected[i]) || !Number.isFinite(found[i])) continue;
    compared++;
    const error = Math.abs(found[i] - expected[i]);
    if (error > tolerance * (1 + Math.abs(expected[i]))) expect(found[i], `${what}, element ${i}`).toBe(expected[i]);
  }
  return compared;
}

describe("the formulas", () => {
  it.each(builtinOps().map((op) => [op.name, op] as const))(
    "of %s are there in text and TeX, one line each",
    (name, op) => {
      const attributes: Readonly<Record<string, unknown>> = {
        clamp: { min: 0, max: 1 },
        matmul: { a: false, b: false },
        permute: [1, 0],
        cumsum: { axis: 0, reverse: false },
      };
      const formula = formulaOf(op, attributes[name]);
      expect(formula, `${name} wants a line in the formulas beside its definition`).not.toBeNull();
      const lists = [formula!.text, formula!.tex, formula!.sends?.text ?? [], formula!.sends?.tex ?? []];
      for (const line of lists.flat()) if (line !== null) expect(line).toMatch(/^[^\n]+$/);
      expect(formula!.text.length).toBe(formula!.tex.length);
      if (op.gradient) expect(formula!.text.slice(1).some((line) => line !== null)).toBe(true);
      else expect(formula!.text.length).toBe(1);
      if (formula!.sends) expect(formula!.sends.text.length).toBe(formula!.sends.tex.length);
      if (formula!.sends) expect(formula!.sends.text.length).toBeLessThanOrEqual(formula!.text.length - 1);
    },
  );
});

/** The applications of an op in a few cases, with or without a gradient. */
function callsOf(name: string): { inputs: readonly Tensor[]; attributes: unknown; output: Tensor }[] {
  const found: { inputs: readonly Tensor[]; attributes: unknown; output: Tensor }[] = [];
  withOpWatcher(
    (op, inputs, attributes) => (output) => {
      if (op.name === name) found.push({ inputs, attributes, output });
    },
    () => runsOf(opTable[name]),
  );
  return found;
}

const elementwise = builtinOps().filter(
  (op) => op.name !== "cast" && loweringOf(op, { min: 0, max: 1 })?.kind === "elementwise",
);

describe.each(elementwise.map((op) => [op.name, op] as const))("what is written of %s", (name, op) => {
  it("is what it computes, and its derivatives", () => {
    let compared = 0;
    for (const { inputs, attributes, output } of callsOf(name)) {
      const { text, tex } = formulaOf(op, attributes)!;
      const wide = inputs.map((x) => x.detach().broadcastTo(output.shape).toTypedArray());
      const y = output.toTypedArray();
      const at = (i: number) => ({ ...Object.fromEntries(wide.map((x, k) => ["abcd"[k], x[i]])), y: y[i] });
      for (const line of [text[0], tex[0]])
        compared += expectNear(y, Array.from(y, (_, i) => evaluate(line, at(i))), line, 1e-6); // biome-ignore format: short
      if (!op.gradient) continue;
      const step = { op, attributes, inputs, output } as unknown as TapeEntry;
      inputs.forEach((_, argument) => {
        const lines = [text[1 + argument], tex[1 + argument]];
        if (lines[0] === null) return;
        const factor = elementwiseFactor(step, argument)!.toTypedArray();
        for (const line of lines)
          expectNear(
            factor,
            Array.from(y, (_, i) => evaluate(line!, at(i))),
            line!,
            1e-6,
          );
      });
    }
    expect(compared).toBeGreaterThan(10);
  });
});

describe.each(Object.keys(told))("what is written of %s", (name) => {
  it("is what it computes, its derivative, and what it sends", () => {
    let checked = 0;
    for (const { y } of runsOf(opTable[name], 24))
      for (const step of stepsIn(y)) {
        if (step.op.name !== name) continue;
        const formula = formulaOf(step.op, step.attributes)!;
        const output = step.output!.detach();
        const inputs = step.inputs!.map((x) => x.detach());
        const g = tensor(output.toTypedArray().map((_, i) => Math.sin(i + 1)), { shape: output.shape, dtype: "float64" }); // biome-ignore format: short
        const say = told[name](inputs, output, g, step.attributes);
        expect(say.lines).toEqual([formula.text[0], ...formula.sends!.text]);
        if (say.value) expectNear(output.toTypedArray(), say.value.toTypedArray(), formula.text[0], 1e-9);
        say.sent.forEach((sent, argument) => {
          const found = sendThrough(step, argument, g);
          expect(found.shape).toEqual(sent.shape);
          expectNear(found.toTypedArray(), sent.toTypedArray(), formula.sends!.text[argument]!, 1e-9);
        });
        checked++;
      }
    expect(checked).toBeGreaterThan(0);
  });
});

/** All derivatives of a step's result by one of its inputs, from the kernel alone. */
function differences(step: TapeEntry, argument: number): Float64Array {
  const inputs = step.inputs!.map((x) => x.detach());
  const output = step.output!;
  const spec = { shape: output.shape, dtype: output.dtype };
  const x = inputs[argument];
  const [rows, columns] = [output.size, x.size];
  const found = new Float64Array(rows * columns);
  const h = 1e-6;
  for (let column = 0; column < columns; column++) {
    const nudged = [h, -h].map((by) =>
      compute(step.op, inputs.with(argument, x.add(oneAt(x, column).mul(by))), step.attributes, spec).toTypedArray(),
    );
    for (let row = 0; row < rows; row++) found[row * columns + column] = (nudged[0][row] - nudged[1][row]) / (2 * h);
  }
  return found;
}

const differentiable = builtinOps().filter((op) => op.gradient && op.name !== "cast");

describe.each(differentiable.map((op) => [op.name, op] as const))("the local derivatives of %s", (name, op) => {
  it("are what finite differences of its kernel find", () => {
    let compared = 0;
    for (const { y } of runsOf(opTable[name], 12))
      for (const step of stepsIn(y)) {
        if (step.op !== op || step.output!.dtype !== "float64") continue;
        step.inputs!.forEach((x, argument) => {
          if (!x.requiresGrad) return;
          // What the rule takes as given: where the largest is, of which the kernel is told by further inputs.
          if (name.startsWith("maxPool") && argument > 0) return;
          const jacobian = jacobianOf(step, argument);
          expect(jacobian.shape).toEqual([...step.output!.shape, ...x.shape]);
          compared += expectNear(jacobian.toTypedArray(), differences(step, argument), name, 2e-5);
          const factor = elementwiseFactor(step, argument);
          if (!factor || !sameShape(x.shape, factor.shape)) return;
          const diagonal = Array.from(factor.toTypedArray(), (_, i) => jacobian.toTypedArray()[i * (x.size + 1)]);
          expectNear(factor.toTypedArray(), diagonal, `${name}, element by element`, 1e-12);
        });
      }
    expect(compared).toBeGreaterThan(0);
  });
});

describe.each(Object.entries(opTable))("an explanation with %s", (name, entry) => {
  const isDifferentiable = builtinOps().find((op) => op.name === name)!.gradient !== undefined;

  it.runIf(isDifferentiable)("arrives at the gradients of backward, first and second", () => {
    let compared = 0;
    for (const { leaves, y } of runsOf(entry, 14)) {
      if (!y.requiresGrad) continue;
      const loss = y.square().log1p().sum();
      expectSameGradients(loss, leaves);
      const first = gradients([loss], leaves, { createGraph: true });
      const penalty = first.map((g) => g.square().sum()).reduce((a, b) => a.add(b));
      if (penalty.requiresGrad) expectSameGradients(penalty, leaves);
      compared++;
    }
    expect(compared).toBeGreaterThan(0);
  });
});

/** Bit for bit. */
function expectSameGradients(loss: Tensor, leaves: readonly Tensor[]): void {
  const names = Object.fromEntries(leaves.map((x, i) => [`leaf${i}`, x]));
  const explained = explainBackward(loss, { names, maxElements: 160 });
  const expected = gradients([loss], leaves, { retainGraph: true });
  leaves.forEach((_, i) => {
    const node = explained.nodes.find((each) => each.name === `leaf${i}`);
    // What the loss does not depend on, such as numbers that say a size, is not in the explanation.
    const found = node && explained.steps.find((step) => step.node === node.id)!.gradient.values;
    if (node) expect(found).toBeDefined();
    expect(found ?? Array.from(expected[i].toTypedArray(), () => 0), `leaf ${i}`).toEqual([
      ...expected[i].toTypedArray(),
    ]);
  });
  for (const step of explained.steps)
    for (const { local } of step.sends) expect(["elementwise", "jacobian", "large"]).toContain(local.form);
  expect(explained.toText()).not.toMatch(/undefined|\[object/);
  expect(explained.toMarkdown()).not.toMatch(/undefined|\[object/);
}
