/**
 * How many inputs a `forward` takes, by its parameters.
 */

/** The inputs of a function: how many it needs and how many it can take. */
export interface InputRange {
  /** Those without a default value. */
  readonly least: number;
  /** Infinity where it takes any number, or where that cannot be known. */
  readonly most: number;
}

const ranges = new WeakMap<object, InputRange>();

/**
 * How many inputs a function takes: its parameters, of which those with a default value need not be given.
 *
 * @example inputRangeOf((x: Tensor, mask = ones([2])) => x.mul(mask)); // { least: 1, most: 2 }
 */
export function inputRangeOf(f: (...inputs: never[]) => unknown): InputRange {
  let range = ranges.get(f);
  if (range === undefined) {
    // One that ignores its input may leave the parameter out.
    range = { least: f.length, most: Math.max(1, countParameters(String(f))) };
    ranges.set(f, range);
  }
  return range;
}

/** What holds commas and brackets that mean nothing: comments and texts. */
const skipped = /\/\/.*|\/\*[\s\S]*?\*\/|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`(?:\\.|[^`\\])*`/g;

function countParameters(source: string): number {
  const code = source.replace(skipped, " ");
  if (/^(?:async\s+)?[\w$]+\s*=>/.test(code)) return 1;
  // A function that is native or bound does not show its parameters; one that reads `arguments` takes what it finds.
  if (/\[native code\]|\barguments\b/.test(code)) return Number.POSITIVE_INFINITY;
  let depth = 0;
  let parameter = "";
  let count = 0;
  for (const char of code.slice(code.indexOf("("))) {
    if (")]}".includes(char)) depth--;
    if (depth === 0 ? char === ")" : depth === 1 && char === ",") {
      if (parameter.trim().startsWith("...")) return Number.POSITIVE_INFINITY;
      if (parameter.trim() !== "") count++;
      parameter = "";
    } else if (depth > 0) parameter += char;
    if (depth === 0 && char === ")") return count;
    if ("([{".includes(char)) depth++;
  }
  return Number.POSITIVE_INFINITY;
}
