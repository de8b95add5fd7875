/**
 * Pieces of programs in Python: numbers, tuples, texts and names.
 */
import type { DType } from "@chainrule/core";

/** A tuple in Python. */
export function tuple(items: readonly (number | string)[]): string {
  return `(${items.join(", ")}${items.length === 1 ? "," : ""})`;
}

/** A number in Python, as short as its dtype allows; `module` is where nan and inf are. */
export function literal(x: number, dtype: DType, module: string): string {
  if (dtype === "bool") return x === 0 ? "False" : "True";
  if (Number.isNaN(x)) return `${module}.nan`;
  if (!Number.isFinite(x)) return x > 0 ? `${module}.inf` : `-${module}.inf`;
  if (dtype === "int32") return String(x);
  if (Object.is(x, -0)) return "-0.0";
  return numberText(dtype === "float32" ? shortestFloat32(x) : String(x));
}

/** A float in Python: with a point, so that it is none of the whole numbers. */
function numberText(text: string): string {
  return /[.e]/.test(text) ? text : `${text}.0`;
}

function shortestFloat32(x: number): string {
  for (let digits = 1; digits < 9; digits++) {
    const text = String(Number(x.toPrecision(digits)));
    if (Math.fround(Number(text)) === x) return text;
  }
  return String(x);
}

/** A value of an option in Python: numbers, truth values, texts, nothing, and lists of them as tuples. */
export function pythonValue(x: unknown): string {
  if (x === null || x === undefined) return "None";
  if (typeof x === "boolean") return x ? "True" : "False";
  if (typeof x === "number") {
    if (!Number.isFinite(x)) return literal(x, "float64", "math");
    return x !== 0 && Math.abs(x) < 1e-3 ? x.toExponential() : String(x);
  }
  if (Array.isArray(x)) return tuple(x.map(pythonValue));
  return JSON.stringify(x);
}

/** A call with keyword arguments, without those that are undefined. */
export function callOf(
  f: string,
  positional: readonly unknown[],
  named: Readonly<Record<string, unknown>> = {},
): string {
  const rest = Object.entries(named).flatMap(([name, x]) => (x === undefined ? [] : [`${name}=${pythonValue(x)}`]));
  return `${f}(${[...positional.map(pythonValue), ...rest].join(", ")})`;
}

const keywords = new Set(
  "False None True and as assert async await break class continue def del elif else except finally for from global if import in is lambda nonlocal not or pass raise return try while with yield".split(
    " ",
  ),
);

/** The text as a name in Python, in lower case with underscores. */
export function snakeName(text: string): string {
  const name = text
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replace(/[^A-Za-z0-9]+/g, "_")
    .replace(/^_+|_+$/g, "")
    .toLowerCase();
  const safe = name === "" || /^\d/.test(name) ? `layer_${name}`.replace(/_$/, "") : name;
  return keywords.has(safe) ? `${safe}_` : safe;
}

/** The text as the name of a class in Python. */
export function className(text: string): string {
  const name = text
    .split(/[^A-Za-z0-9]+/)
    .filter(Boolean)
    .map((part) => part[0].toUpperCase() + part.slice(1))
    .join("");
  return name === "" || /^\d/.test(name) ? `Model${name}` : name;
}

/** A name that is not taken yet: numbered where it is. */
export function freshName(base: string, taken: Set<string>): string {
  let name = base;
  for (let i = 1; taken.has(name); i++) name = `${base}_${i}`;
  taken.add(name);
  return name;
}

/** The text within a comment or a docstring in Python: on one line, and without what would end it. */
export function plainText(text: string): string {
  return text
    .replace(/[^\x20-\x7e\u00a0-\uffff]+/g, " ")
    .replaceAll('"', "'")
    .replaceAll("\\", "/");
}
