/**
 * Random draws in JAX: the same counter-based numbers, written in jnp.
 */
import type { DType, Generator, Shape } from "@chainrule/core";
import { OptionError } from "@chainrule/core";
import { tuple } from "../python/text.ts";
import { dtypeOf, literal } from "./expressions.ts";

/** What a random op carries with it. */
export interface Draw {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly distribution: string;
  readonly parameters: readonly number[];
  readonly generator: Generator;
}

/** The helper that draws, and its arguments after key and counter. */
export interface DrawCall {
  readonly helper: string;
  readonly args: readonly string[];
}

/** The largest number of the dtype below a limit, as a uniform draw is cut to it. */
function largestBelow(limit: number, dtype: DType): number {
  if (dtype === "float64") {
    const bits = new BigInt64Array(Float64Array.of(limit).buffer);
    bits[0] += limit > 0 ? -1n : 1n;
    return limit === 0 ? -Number.MIN_VALUE : new Float64Array(bits.buffer)[0];
  }
  const rounded = Math.fround(limit);
  if (rounded < limit) return rounded;
  if (rounded === 0) return -(2 ** -149);
  const bits = new Int32Array(Float32Array.of(rounded).buffer);
  bits[0] += rounded > 0 ? -1 : 1;
  return new Float32Array(bits.buffer)[0];
}

/** Distributions that take a known number of words, with what each makes of its parameters. */
const draws: Readonly<
  Record<string, (draw: Draw) => { readonly helper: string; readonly numbers: readonly string[] }>
> = {
  bernoulli: ({ parameters: [p] }) => ({ helper: "random_bernoulli", numbers: [String(Math.ceil(p * 2 ** 32))] }),
  rand: ({ parameters: [low, high], dtype }) => ({
    helper: "random_uniform",
    numbers: [
      literal(low, "float64"),
      literal((high - low) * 2 ** (dtype === "float32" ? -24 : -53), "float64"),
      literal(largestBelow(high, dtype), dtype),
    ],
  }),
  randn: ({ parameters }) => ({ helper: "random_normal", numbers: parameters.map((x) => literal(x, "float64")) }),
};

/** How JAX draws it. @throws OptionError for what takes now more and now fewer words: it cannot be written without a loop. */
export function drawCall(where: string, draw: Draw): DrawCall {
  const known = Object.hasOwn(draws, draw.distribution) ? draws[draw.distribution](draw) : null;
  if (known) return { helper: known.helper, args: [tuple(draw.shape), dtypeOf(draw.dtype), ...known.numbers] };
  throw new OptionError({
    where,
    expected: `random numbers of ${Object.keys(draws).join(", ")}`,
    got: `${draw.distribution}(…)`,
    hint: "Draw them outside of the step, and pass the tensor as an argument.",
  });
}
