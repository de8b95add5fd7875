/**
 * Whatever number a loss or a measure refuses eagerly, it refuses compiled, in the same words; and nothing else.
 */
import { jit } from "@chainrule/compiler";
import { isFloat, type Tensor, type TensorLike, tensor } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { sampleInputs } from "./check/sample-inputs.ts";
import { crossEntropy, information, type Loss, lossByName, lossNames } from "./index.ts";
import { domains } from "./inputs/domains.ts";

const suspects = [-1, -0.5, 1.5, 3, Number.NaN, Number.POSITIVE_INFINITY];

type Call = (...inputs: Tensor[]) => Tensor;

function messageOf(call: () => unknown): string {
  try {
    call();
    return "taken";
  } catch (error) {
    return (error as Error).message;
  }
}

/** The tensor with another number at a place. */
function withNumber(x: Tensor, at: number, number: number): Tensor {
  const numbers = Float64Array.from(x.toTypedArray());
  numbers[at] = number;
  return tensor(numbers, { shape: x.shape }).cast(x.dtype);
}

/** Tries each suspect in each input, at the first place or the last. Returns what was refused. */
function compare(call: Call, inputs: readonly Tensor[]): Set<string> {
  const compiled = jit(call);
  expect(messageOf(() => compiled(...inputs))).toBe("taken");
  const refused = new Set<string>();
  inputs.forEach((input, which) => {
    for (const suspect of suspects)
      for (const at of [0, input.size - 1]) {
        if (!isFloat(input.dtype) && !Number.isInteger(suspect)) continue;
        const changed = inputs.with(which, withNumber(input, at, suspect));
        const expected = messageOf(() => call(...changed));
        expect(
          messageOf(() => compiled(...changed)),
          `${suspect} in input ${which}`,
        ).toBe(expected);
        if (expected !== "taken") refused.add(expected);
      }
  });
  expect(messageOf(() => compiled(...inputs))).toBe("taken");
  return refused;
}

/** In float32 with labels as they come, and in float64 with labels as floats. */
function variantsOf(given: readonly TensorLike[]): Tensor[][] {
  const inputs = given.map((x) => tensor(x));
  return [inputs.map((x) => (isFloat(x.dtype) ? x.cast("float32") : x)), inputs.map((x) => x.cast("float64"))];
}

describe.each(lossNames())("%s compiled", (name) => {
  it("refuses what it refuses eagerly", () => {
    const loss = lossByName(name);
    const sample = sampleInputs(loss, 3);
    const call = (sample.loss ?? loss) as unknown as Call;
    for (const inputs of variantsOf(Object.values(sample.inputs))) compare(call, inputs);
  });
});

describe("options that are tensors", () => {
  const prediction = tensor([
    [0.2, 0.1, -1],
    [2, 1, 0],
  ]);
  const labels = tensor(Int32Array.of(2, 0));

  it("are looked at compiled as well: weights, lengths", () => {
    const weighted = compare(
      (p, t, sampleWeight) => crossEntropy(p, t, { sampleWeight }),
      [prediction, labels, tensor([1, 2])],
    );
    expect([...weighted].some((message) => /sampleWeight/.test(message))).toBe(true);
    const ctc = lossByName("ctc") as unknown as Loss<{ inputLengths?: TensorLike; targetLengths?: TensorLike }>;
    const steps = prediction.reshape([1, 2, 3]).tile([2, 2, 1]);
    const refused = compare(
      (p, t, inputLengths, targetLengths) => ctc(p, t, { inputLengths, targetLengths }),
      [steps, tensor(Int32Array.of(1, 2, 2, 0), { shape: [2, 2] }), tensor([4, 3]), tensor([2, 1])],
    );
    expect([...refused].filter((message) => /Lengths/.test(message))).not.toEqual([]);
    expect([...refused].filter((message) => /labels/.test(message))).not.toEqual([]);
  });

  it("and labels that are ignored are taken, compiled as well", () => {
    const call: Call = (p, t) => crossEntropy(p, t, { ignoreIndex: -1 });
    expect(jit(call)(prediction, tensor(Int32Array.of(-1, 0))).item()).toBeCloseTo(0.4076, 4);
    compare(call, [prediction, labels]);
  });
});

describe("information measures compiled", () => {
  const p = tensor([
    [0.2, 0.3, 0.5],
    [0.5, 0.25, 0.25],
  ]);
  const q = p.softmax();
  const joint = p.div(2);
  const {
    surprisal,
    entropy,
    crossEntropy: cross,
    klDivergence,
    jensenShannon,
    mutualInformation,
    perplexity,
  } = information;

  it.each<[name: string, call: Call, inputs: Tensor[]]>([
    ["surprisal", (x) => surprisal(x), [p]],
    ["entropy", (x) => entropy(x), [p]],
    ["entropy of counts", (x) => entropy(x, { normalize: true }), [p.mul(10)]],
    ["crossEntropy", (x, y) => cross(x, y), [p, q]],
    ["klDivergence", (x, y) => klDivergence(x, y), [p, q]],
    ["jensenShannon", (x, y) => jensenShannon(x, y), [p, q]],
    ["mutualInformation", (x) => mutualInformation(x), [joint]],
    ["conditionalEntropy", (x) => information.conditionalEntropy(x), [joint]],
    ["mixture", (x, w) => information.mixture(x, w), [p, tensor([0.25, 0.75])]],
    ["perplexity", (x, y) => perplexity(x, y), [p, q]],
    ["perplexity of one", (x) => perplexity(x), [p]],
  ])("%s refuses what it refuses eagerly", (_, call, inputs) => {
    expect(compare(call, inputs).size).toBeGreaterThan(0);
  });
});

describe.each(Object.entries(domains))("the domain %s", (_, { contains, holds }) => {
  it("is the same for a number and, in tensor operations, for many", () => {
    const near = [0, 1, 1 + 1e-6, -1e-6, 1e-6, -1].flatMap((x) =>
      [-2, -1, 0, 1, 2].map((ulps) => x + ulps * 2 ** -24 * Math.max(1e-6, Math.abs(x))),
    );
    for (const dtype of ["float32", "float64"] as const) {
      const numbers = tensor(Float64Array.from([...suspects, ...near])).cast(dtype);
      expect(jit(holds)(numbers).toArray()).toEqual(Array.from(numbers.toTypedArray(), contains));
      expect(holds(numbers).toArray()).toEqual(Array.from(numbers.toTypedArray(), contains));
    }
  });
});
