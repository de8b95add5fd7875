/**
 * How long random tests look, and where they start: `FUZZ_RUNS=20000 FUZZ_SEED=7 pnpm test packages/compiler`.
 */
import { env } from "node:process";
import fc from "fast-check";

export interface Fuzzing {
  readonly seed: number;
  /** So many cases, unless `FUZZ_RUNS` says otherwise. */
  runs(usual: number): { readonly numRuns: number; readonly seed: number };
  /** For vitest: a day where `FUZZ_RUNS` is set, else a minute. */
  readonly limit: { readonly timeout: number };
}

/**
 * The settings of random tests, from the environment.
 *
 * @param usualSeed the seed where `FUZZ_SEED` is not set.
 * @throws Error for values that are no whole numbers, and for a number of runs below 1.
 */
export function fuzzing(usualSeed: number, environment: Readonly<Record<string, string | undefined>> = env): Fuzzing {
  const seed = wholeNumber(environment, "FUZZ_SEED", -(2 ** 31)) ?? usualSeed;
  const given = wholeNumber(environment, "FUZZ_RUNS", 1);
  return {
    seed,
    runs: (usual) => ({ numRuns: given ?? usual, seed }),
    limit: { timeout: given === null ? 60_000 : 86_400_000 },
  };
}

function wholeNumber(
  environment: Readonly<Record<string, string | undefined>>,
  name: string,
  least: number,
): number | null {
  const text = environment[name];
  if (text === undefined) return null;
  const number = Number(text);
  if (text.trim() === "" || !Number.isSafeInteger(number) || number < least || number >= 2 ** 31)
    throw new Error(`${name}: expected a whole number from ${least} to 2147483647, got ${JSON.stringify(text)}`);
  return number;
}

/**
 * `fc.assert` of a property that does not apply to all cases: `check` throws, or says whether it applied.
 *
 * @throws Error if the property fails, and if it applied to no case.
 */
export function checkCases<T>(
  cases: fc.Arbitrary<T>,
  check: (each: T) => boolean,
  parameters: { readonly numRuns: number; readonly seed: number },
): void {
  let checked = 0;
  fc.assert(
    fc.property(cases, (each) => {
      if (check(each)) checked++;
    }),
    parameters,
  );
  if (checked === 0) throw new Error(`none of ${parameters.numRuns} random cases was checked`);
}
