/**
 * Formulas with the names of a computation put in for a, b, c, y and g.
 */
import type { OpFormula } from "@chainrule/core";
import type { Formula } from "./types.ts";

/** What the letters of an op's formula stand for. */
export interface Letters {
  /** The names of the inputs, which are called a, b, c, … */
  readonly inputs: readonly string[];
  /** The name of the result, y. */
  readonly output: string;
  /** The name of what is differentiated: the gradient by the result, g, is `d result / d output`. */
  readonly result: string;
}

const letters = "abcdefgh";

/** What the op computes: the right side of `name = …`. */
export function valueFormula(formula: OpFormula, names: Letters): Formula {
  return { text: fill(formula.text[0], textNames(names)), tex: fillTex(formula.tex[0], texNames(names)) };
}

/** The local derivative by an input as an equation; null where there is none. */
export function derivativeFormula(formula: OpFormula, names: Letters, argument: number): Formula | null {
  const [text, tex] = [at(formula.text.slice(1), argument), at(formula.tex.slice(1), argument)];
  if (text === null || tex === null) return null;
  const own = forArgument(names, formula.text.length - 1, argument);
  const [y, a] = [names.output, names.inputs[argument]];
  const [filled, filledTex] = [fill(text, textNames(own)), fillTex(tex, texNames(own))];
  return {
    text: text.startsWith("∂") ? filled : `∂${y}/∂${a} = ${filled}`,
    tex: tex.startsWith("\\frac{\\partial")
      ? filledTex
      : `\\frac{\\partial ${texName(y)}}{\\partial ${texName(a)}} = ${filledTex}`,
  };
}

/** What is sent to an input, made of the gradient from above; null where nothing is. */
export function sentFormula(formula: OpFormula, names: Letters, argument: number): Formula | null {
  const list = (kind: "text" | "tex") => formula.sends?.[kind] ?? formula[kind].slice(1);
  const [text, tex] = [at(list("text"), argument), at(list("tex"), argument)];
  if (text === null || tex === null) return null;
  const own = forArgument(names, list("text").length, argument);
  const whole = formula.sends ? [text, tex] : [timesG(text, " · "), timesG(tex, " \\cdot ")];
  return { text: fill(whole[0], textNames(own)), tex: fillTex(whole[1], texNames(own)) };
}

/** The gradient from above times a local derivative, element by element. */
function timesG(derivative: string, times: string): string {
  if (derivative === "1") return "g";
  if (derivative === "-1") return "-g";
  if (derivative === "0") return "0";
  const isOne = /^(?:\\frac\{.*\}|[\w\\⌊⌋()²^{}.]+)$/.test(derivative);
  return `g${times}${isOne ? derivative : `(${derivative})`}`;
}

/** The entry for an input; the last one holds for all further inputs. */
function at(list: readonly (string | null)[], argument: number): string | null {
  return list[Math.min(argument, list.length - 1)] ?? null;
}

/** Of several inputs that share one line, the letter in it means the one that is asked for. */
function forArgument(names: Letters, lines: number, argument: number): Letters {
  if (argument < lines) return names;
  return { ...names, inputs: names.inputs.with(lines - 1, names.inputs[argument]) };
}

type Named = ReadonlyMap<string, string>;

function textNames({ inputs, output, result }: Letters): Named {
  return new Map([
    ...inputs.slice(0, letters.length).map((name, i) => [letters[i], operand(name)] as const),
    ["y", output],
    ["g", `d${result}/d${output}`],
  ]);
}

function texNames({ inputs, output, result }: Letters): Named {
  return new Map([
    ...inputs.slice(0, letters.length).map((name, i) => [letters[i], texName(operand(name))] as const),
    ["y", texName(output)],
    ["g", `{\\frac{d ${texName(result)}}{d ${texName(output)}}}`],
  ]);
}

/** A negative number is written in parentheses. */
function operand(name: string): string {
  return /^-[\d.]/.test(name) ? `(${name})` : name;
}

function fill(pattern: string, named: Named): string {
  return pattern.replace(/[A-Za-z]+/g, (word, place: number) => {
    const name = named.get(word);
    if (name === undefined) return word;
    // What stands for one letter and is none itself: dL/dy to the power of something.
    const isTied = /^[ᵀ²^[]/.test(pattern.slice(place + word.length));
    return isTied && /[/ -]/.test(name) && !name.startsWith("(") ? `(${name})` : name;
  });
}

function fillTex(pattern: string, named: Named): string {
  return pattern.replace(/\\(?:text|operatorname)\{[^}]*\}|\\[A-Za-z]+|[A-Za-z]+/g, (word) => named.get(word) ?? word);
}

/** A name in TeX: one letter as it is, `v12` with its number below, longer ones upright. */
export function texName(name: string): string {
  if (/^[A-Za-z]$/.test(name) || /^\(?-?[\d.e+-]+\)?$/.test(name)) return name;
  const numbered = /^([A-Za-z])(\d+)$/.exec(name);
  if (numbered) return `{${numbered[1]}_{${numbered[2]}}}`;
  const escaped = name.replace(/[\\{}$&#^_%~]/g, (sign) =>
    sign === "\\" ? "\\backslash " : sign === "^" ? "\\wedge " : sign === "~" ? "\\sim " : `\\${sign}`,
  );
  return `\\text{${escaped}}`;
}
