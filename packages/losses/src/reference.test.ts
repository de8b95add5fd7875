/**
 * Every loss against PyTorch's values and gradients.
 */

import { jit } from "@chainrule/compiler";
import type { Tensor } from "@chainrule/core";
import * as core from "@chainrule/core";
import { bothDTypes, checkReference, type ReferenceCase, referenceCases } from "@chainrule/testing";
import { describe, expect, it } from "vitest";
import type { Reduction } from "./definition/reduction.ts";
import {
  binaryCrossEntropy,
  binaryCrossEntropyWithLogits,
  binaryFocal,
  crossEntropy,
  ctc,
  gaussianNll,
  huber,
  information,
  klDivergence,
  mae,
  mse,
  poissonNll,
} from "./index.ts";

interface Options {
  reduction: Reduction;
  labelSmoothing?: number;
  ignoreIndex?: number;
  classAxis?: number;
  delta?: number;
  gamma?: number;
  alpha?: number;
  blank?: number;
}

type Inputs = Record<string, Tensor>;

/** How each op of the file is written with our losses. */
const computed: Record<string, (inputs: Inputs, options: Options) => Tensor> = {
  crossEntropy: ({ logits, target, weight: classWeight }, { classAxis, ...options }) =>
    crossEntropy(logits, target, { ...options, axis: classAxis ?? -1, classWeight }),
  binaryCrossEntropy: ({ probs, target }, options) => binaryCrossEntropy(probs, target, options),
  binaryCrossEntropyWithLogits: ({ logits, target, posWeight }, options) =>
    binaryCrossEntropyWithLogits(logits, target, { ...options, posWeight }),
  klDivergence: ({ logQ, p }, { reduction }) => klDivergence(logQ, p, { reduction, logInput: true, elementwise: true }),
  mse: ({ pred, target }, options) => mse(pred, target, options),
  mae: ({ pred, target }, options) => mae(pred, target, options),
  huber: ({ pred, target }, options) => huber(pred, target, options),
  poissonNll: ({ logRate, target }, options) => poissonNll(logRate, target, options),
  gaussianNll: ({ mean, target, variance }, options) => gaussianNll(mean, target, variance, options),
  focalWithLogits: ({ logits, target }, options) => binaryFocal(logits, target, { ...options, fromLogits: true }),
  ctc: ({ logits, target, inputLengths, targetLengths }, options) =>
    ctc(logits, target, { ...options, inputLengths, targetLengths, timeMajor: true }),
};

/** Inputs whose numbers decide how many steps a loss takes. */
const readsValues: Record<string, readonly string[]> = { ctc: ["target", "inputLengths", "targetLengths"] };

const engine = { ...core, jit };

const cases = referenceCases("losses") as ReferenceCase[];

describe.each(bothDTypes)("losses as PyTorch computes them, in %s", (dtype) => {
  for (const reference of cases)
    it(`${reference.op}: ${reference.name}`, () => {
      checkReference(
        engine,
        reference,
        dtype,
        (inputs: Inputs, options: Options) => computed[reference.op](inputs, options),
        { reads: readsValues[reference.op] },
      );
    });
});

it("leaves out no op of the reference file", () => {
  expect(new Set(cases.map(({ op }) => op))).toEqual(new Set(Object.keys(computed)));
});

const measures: Record<string, (inputs: Inputs) => Tensor> = {
  entropy: ({ p }) => information.entropy(p),
  crossEntropyOf: ({ p, q }) => information.crossEntropy(p, q),
  klDivergenceOf: ({ p, q }) => information.klDivergence(p, q),
  jensenShannon: ({ p, q }) => information.jensenShannon(p, q),
  mutualInformation: ({ joint }) => information.mutualInformation(joint),
};

describe.each(bothDTypes)("information measures as PyTorch computes them, in %s", (dtype) => {
  for (const reference of referenceCases("information"))
    it(`${reference.op}: ${reference.name}`, () => {
      checkReference(engine, reference, dtype, (inputs: Inputs) => measures[reference.op](inputs));
    });
});
