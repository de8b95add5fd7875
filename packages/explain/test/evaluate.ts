/**
 * Computes what a formula says, in plain text or in TeX: so that a test can tell whether it is true.
 */
import { erf } from "../../core/src/kernels/special.ts";

type Values = Readonly<Record<string, number>>;

const functions: Readonly<Record<string, (...x: number[]) => number>> = {
  ...{ exp: Math.exp, log: Math.log, sin: Math.sin, cos: Math.cos, tan: Math.tan, sinh: Math.sinh, cosh: Math.cosh },
  ...{ tanh: Math.tanh, arcsin: Math.asin, arccos: Math.acos, arctan: Math.atan, sign: Math.sign, trunc: Math.trunc },
  ...{ max: Math.max, min: Math.min, sqrt: Math.sqrt, log2: Math.log2, erf, abs: Math.abs, floor: Math.floor },
  ...{ ceil: Math.ceil, round: (x) => (Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x)) },
};

/** The number, or for a comparison 1 or 0. @throws Error for what it cannot read. */
export function evaluate(formula: string, values: Values): number {
  const reader = new Reader(tokensOf(fromTex(formula)), values);
  const result = reader.cases();
  if (!reader.isDone) throw new Error(`cannot read all of ${formula}`);
  return result;
}

/** The content of the braces that begin at a place, and where they end. */
function braces(text: string, start: number): [content: string, end: number] {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    if (text[at] === "{") depth++;
    if (text[at] === "}" && --depth === 0) return [text.slice(start + 1, at), at + 1];
  }
  throw new Error(`braces that do not end in ${text}`);
}

/** TeX as plain text; plain text stays as it is. */
function fromTex(given: string): string {
  let text = given;
  for (let at = text.search(/\\t?frac\{/); at >= 0; at = text.search(/\\t?frac\{/)) {
    const [above, middle] = braces(text, text.indexOf("{", at));
    const [below, end] = braces(text, middle);
    text = `${text.slice(0, at)}((${above})/(${below}))${text.slice(end)}`;
  }
  for (let at = text.indexOf("\\sqrt{"); at >= 0; at = text.indexOf("\\sqrt{")) {
    const [content, end] = braces(text, at + 5);
    text = `${text.slice(0, at)}√(${content})${text.slice(end)}`;
  }
  const words: readonly [RegExp, string][] = [
    [/\\(?:text|operatorname)\{([^}]*)\}/g, "$1"],
    [/\\lfloor/g, "⌊"],
    [/\\rfloor/g, "⌋"],
    [/\\lceil/g, "⌈"],
    [/\\rceil/g, "⌉"],
    [/\\cdot/g, "·"],
    [/\\pi/g, "π"],
    [/\\infty/g, "∞"],
    [/\\neq/g, "≠"],
    [/\\le\b/g, "≤"],
    [/\\ge\b/g, "≥"],
    [/\\land/g, "and"],
    [/\\lor/g, "or"],
    [/\\oplus/g, "xor"],
    [/\\lnot/g, "not"],
    [/\\log_2/g, "log2"],
    [/\{/g, "("],
    [/\}/g, ")"],
    [/\\/g, ""],
  ];
  return words.reduce((result, [pattern, by]) => result.replace(pattern, by), text);
}

function tokensOf(text: string): string[] {
  const plain = text
    .replace(/log₂/g, "log2")
    .replace(/√/g, "sqrt")
    .replace(/²/g, "^2")
    .replace(/either (\w) or/g, "$1 xor");
  return plain.match(/\d+(?:\.\d+)?|[A-Za-z]\w*|[^\s]/g) ?? [];
}

class Reader {
  readonly #tokens: readonly string[];
  readonly #values: Values;
  #at = 0;

  constructor(tokens: readonly string[], values: Values) {
    this.#tokens = tokens;
    this.#values = values;
  }

  get isDone(): boolean {
    return this.#at === this.#tokens.length;
  }

  #next(...wanted: string[]): boolean {
    const isThere = wanted.every((token, i) => this.#tokens[this.#at + i] === token);
    if (isThere) this.#at += wanted.length;
    return isThere;
  }

  #expect(token: string): void {
    if (!this.#next(token)) throw new Error(`expected ${token} at ${this.#tokens.slice(this.#at).join(" ")}`);
  }

  /** `a if p, b if q, else c`. */
  cases(): number {
    let chosen: number | null = null;
    for (;;) {
      const value = this.#comparison();
      if (!this.#next("if")) return chosen ?? value;
      if (this.#comparison() !== 0) chosen ??= value;
      this.#expect(",");
      this.#next("else");
    }
  }

  #comparison(): number {
    if (this.#next("not")) return this.#comparison() === 0 ? 1 : 0;
    const first = this.#sum();
    const compare: Readonly<Record<string, (x: number, y: number) => boolean>> = {
      ...{ "=": (x, y) => x === y, "≠": (x, y) => x !== y, "<": (x, y) => x < y, "≤": (x, y) => x <= y },
      ...{ ">": (x, y) => x > y, "≥": (x, y) => x >= y, and: (x, y) => x !== 0 && y !== 0 },
      ...{ or: (x, y) => x !== 0 || y !== 0, xor: (x, y) => (x !== 0) !== (y !== 0) },
    };
    if (this.#next("is", "NaN")) return Number.isNaN(first) ? 1 : 0;
    if (this.#next("is", "finite")) return Number.isFinite(first) ? 1 : 0;
    if (this.#next("is", "infinite")) return Math.abs(first) === Number.POSITIVE_INFINITY ? 1 : 0;
    let [holds, compared, last] = [true, false, first];
    for (let token = this.#tokens[this.#at]; token in compare; token = this.#tokens[this.#at]) {
      this.#at++;
      const next = this.#sum();
      holds &&= compare[token](last, next);
      [compared, last] = [true, next];
    }
    return compared ? Number(holds) : first;
  }

  #sum(): number {
    let total = this.#product();
    for (;;) {
      if (this.#next("+")) total += this.#product();
      else if (this.#next("-")) total -= this.#product();
      else return total;
    }
  }

  /** With factors side by side, as TeX has them. */
  #product(): number {
    if (this.#next("-")) return -this.#product();
    let product = this.#power();
    for (;;) {
      if (this.#next("·")) product *= this.#next("-") ? -this.#power() : this.#power();
      else if (this.#next("/")) product /= this.#power();
      else if (this.#beginsFactor()) product *= this.#power();
      else return product;
    }
  }

  #beginsFactor(): boolean {
    const token = this.#tokens[this.#at] ?? "";
    return /^[A-Za-z\d(⌊⌈π½∞]/.test(token) && !["if", "else", "is", "and", "or", "xor", "not"].includes(token);
  }

  #power(): number {
    const base = this.#atom();
    if (!this.#next("^")) return base;
    return base ** (this.#next("-") ? -this.#atom() : this.#atom());
  }

  #atom(): number {
    const token = this.#tokens[this.#at++] ?? "the end";
    const enclosed = (end: string) => {
      const value = this.cases();
      this.#expect(end);
      return value;
    };
    if (token === "(") return enclosed(")");
    if (token === "⌊") return Math.floor(enclosed("⌋"));
    if (token === "⌈") return Math.ceil(enclosed("⌉"));
    if (token === "|") return Math.abs(enclosed("|"));
    if (token === "π") return Math.PI;
    if (token === "½") return 0.5;
    if (token === "∞") return Number.POSITIVE_INFINITY;
    if (/^\d/.test(token)) return Number(token);
    if (token === "e" && this.#tokens[this.#at] === "^") return Math.E;
    if (token in this.#values) return this.#values[token];
    if (!(token in functions)) throw new Error(`what is ${token}?`);
    this.#expect("(");
    const given = [this.cases()];
    while (this.#next(",")) given.push(this.cases());
    this.#expect(")");
    return functions[token](...given);
  }
}
