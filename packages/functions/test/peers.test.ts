/**
 * Values and gradients against PyTorch, NumPy, SciPy and JAX, eagerly and compiled.
 */
import { jit } from "@chainrule/compiler";
import * as core from "@chainrule/core";
import { bothDTypes, checkReference, type ReferenceCase, referenceCases } from "@chainrule/testing";
import { describe, expect, it } from "vitest";
import * as functions from "../src/index.ts";
import { references } from "./references.ts";

const cases = referenceCases("peers/functions");

/** Functions that no peer has, or that are random. */
const withoutPeer = ["gumbelSoftmax", "stackRecords"];

/** Those of `src/linear-algebra`, which has a file of cases, and a test, of its own. */
const ofMatrices = ["cholesky", "det", "eigh", "inv", "lstsq", "slogdet", "solve", "svd"];

/** Their results' shapes depend on numbers, which are not there while a function is compiled. */
const isEagerOnly = ({ op, options }: ReferenceCase) =>
  /^(unique|nonzero|maskedSelect)/.test(op) || (op === "bincount" && !("length" in options));

/** float32 has not the range, or not the digits, of these numbers. */
const isForDoubles = ({ op, name, inputs, expect: { value, grads } }: ReferenceCase) => {
  const isBeyond = (x: number) =>
    x !== 0 && Math.abs(x) !== Number.POSITIVE_INFINITY && (Math.abs(x) > 1e38 || Math.abs(x) < 1e-38);
  const all = [...Object.values(inputs), value, ...Object.values(grads)];
  return all.some(({ data }) => data.some(isBeyond)) || needDigits.has(`${op}: ${name}`);
};

/** The rounding of the input is seen: beside jumps, poles and zeros, and in differences of large numbers. */
const needDigits = new Set([
  ...["floorDivide: edges", "fmod: edges", "fmod: numbers", "lgamma: numbers", "digamma: numbers", "acosh: numbers"],
  ...["logCumSumExp: large", "correlation: far from 0", "normalize: of almost 0"],
]);

it("there are cases of every function", () => {
  const tried = [...Object.keys(references).map((name) => name.split(".")[0]), ...withoutPeer, ...ofMatrices];
  const exported = Object.entries(functions).flatMap(([name, f]) => (typeof f === "function" ? [name] : []));
  expect([...new Set(tried)].sort(), "test/references.ts wants a line, and make-functions.py cases").toEqual(
    exported.sort(),
  );
  expect([...new Set(cases.map(({ op }) => op))].sort()).toEqual(Object.keys(references).sort());
});

describe.each(bothDTypes)("in %s", (dtype) => {
  for (const reference of cases)
    if (dtype === "float64" || !isForDoubles(reference))
      it(`${reference.op}: ${reference.name}`, () => {
        const tools = isEagerOnly(reference) ? core : { ...core, jit };
        checkReference(tools as never, reference, dtype, references[reference.op] as never);
      });
});

/** What is known of each element, whatever the largest is. */
const digits: Readonly<Record<string, number>> = {
  ...{
    log10: 1e-15,
    exp2: 1e-15,
    asinh: 1e-15,
    acosh: 1e-15,
    atanh: 1e-15,
    atan2: 1e-15,
    hypot: 1e-15,
    logAddExp: 1e-15,
  },
  ...{ erfc: 1e-14, erfinv: 4e-15, xlogy: 1e-15, floorDivide: 0, fmod: 0, nanToNum: 0 },
  // Beside their zeros, of which some are among the numbers, terms of size 1 cancel.
  ...{ lgamma: 1e-13, digamma: 1e-11 },
};

it.each(Object.entries(digits))("%s has its digits also where it is small", (op, tolerance) => {
  for (const { name, inputs, options, expect: expected } of cases.filter((each) => each.op === op)) {
    const of = ({ data, shape, dtype }: (typeof inputs)[string]) =>
      core.tensor([...data].flat() as never, { shape, dtype });
    const found = references[op](Object.fromEntries(Object.entries(inputs).map(([key, x]) => [key, of(x)])), options);
    expected.value.data.forEach((wanted, i) => {
      const got = Number(found.storage[i]);
      if (!Object.is(got, wanted) && !(Math.abs(got - wanted) <= tolerance * Math.abs(wanted)))
        expect(got, `${name}, element ${i}`).toBe(wanted);
    });
  }
});
