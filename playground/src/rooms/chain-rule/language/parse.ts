/**
 * The small language: lines of `name = expression`, the last of which is what is differentiated.
 *
 * An expression has numbers, names, `+ - * / **`, parentheses, and calls of what a `Value` can compute, as `tanh(z)` or
 * `z.tanh()`. Powers bind as in mathematics: -x ** 2 is -(x²).
 */
import { didYouMean } from "@chainrule/core/internal";
import { ExpressionError, type Fault, type Place } from "./error.ts";
import { type Operation, operations } from "./operations.ts";
import { type Token, tokensOf } from "./tokens.ts";

export type Arithmetic = "add" | "sub" | "mul" | "div" | "pow";

/** An expression, with its place in the text. */
export type Expression = Place &
  (
    | { readonly kind: "number"; readonly value: number }
    | { readonly kind: "name"; readonly name: string }
    | { readonly kind: "negative"; readonly of: Expression }
    | { readonly kind: "arithmetic"; readonly op: Arithmetic; readonly a: Expression; readonly b: Expression }
    | { readonly kind: "call"; readonly operation: Operation; readonly operands: readonly Argument[] }
  );

/** What stands between the parentheses of a call: an expression, or a list of them. */
export type Argument = Expression | (Place & { readonly kind: "list"; readonly items: readonly Expression[] });

/** One line: its name, if it has one. */
export interface Statement extends Place {
  readonly name: string | null;
  readonly expression: Expression;
}

const byLine: Readonly<Record<string, Arithmetic>> = {
  "+=": "add",
  "-=": "sub",
  "*=": "mul",
  "/=": "div",
  "**=": "pow",
};
const sums: Readonly<Record<string, Arithmetic>> = { "+": "add", "-": "sub" };
const products: Readonly<Record<string, Arithmetic>> = { "*": "mul", "/": "div" };
/** What other languages call operations. */
const otherNames: Readonly<Record<string, string>> = { ln: "log", logistic: "sigmoid", sqr: "square" };
const deepest = 60;

/** The statements of a text. @throws ExpressionError for whatever is none, with its place. */
export function parse(text: string): Statement[] {
  const reader = new Reader(text);
  const statements: Statement[] = [];
  while (!reader.isAtEnd()) {
    if (reader.take("break")) continue;
    statements.push(reader.statement());
    if (!reader.take("break") && !reader.isAtEnd()) reader.refuseMore();
  }
  if (statements.length === 0)
    throw new ExpressionError(text, {
      start: 0,
      end: text.length,
      expected: "an expression",
      got: "an empty text",
      hint: "Such as tanh(w*x + b).",
    });
  return statements;
}

class Reader {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
    this.#tokens = tokensOf(text);
  }

  isAtEnd(): boolean {
    return this.#next.kind === "end";
  }

  take(kind: Token["kind"], ...texts: readonly string[]): Token | null {
    const token = this.#next;
    if (token.kind !== kind || (texts.length > 0 && !texts.includes(token.text))) return null;
    if (kind !== "end") this.#at++;
    return token;
  }

  statement(): Statement {
    const [first, second] = [this.#next, this.#tokens[this.#at + 1]];
    const isNamed = first.kind === "name" && second.kind === "sign";
    if (isNamed && second.text === "=") {
      this.#at += 2;
      const expression = this.expression();
      return { name: this.#newName(first), expression, start: first.start, end: expression.end };
    }
    if (isNamed && Object.hasOwn(byLine, second.text)) {
      this.#at += 2;
      const b = this.expression();
      const a = { kind: "name", name: first.text, start: first.start, end: first.end } as const;
      const place = { start: first.start, end: b.end };
      const expression = { kind: "arithmetic", op: byLine[second.text], a, b, ...place } as const;
      return { name: this.#newName(first), expression, ...place };
    }
    const expression = this.expression();
    return { name: null, expression, start: expression.start, end: expression.end };
  }

  expression(): Expression {
    return this.#deeper(() => this.#chain(sums, () => this.#chain(products, () => this.#signed())));
  }

  /** For what stands behind a whole statement. */
  refuseMore(): never {
    const token = this.#next;
    const before = this.#tokens[this.#at - 1];
    const isProduct = token.kind === "name" || token.kind === "number" || token.text === "(";
    this.#refuse(token, {
      expected: "an operator or the end of the line",
      hint: isProduct
        ? `A product is written with *: ${before.text} * ${token.text}${token.text === "(" ? "…)" : ""}.`
        : token.text === "="
          ? "On the left of = stands one name alone."
          : undefined,
    });
  }

  get #next(): Token {
    return this.#tokens[this.#at];
  }

  #refuse(token: Token, fault: Pick<Fault, "expected" | "hint">): never {
    const what = { break: "the end of the line", end: "the end of the text" };
    const got = token.kind === "break" || token.kind === "end" ? what[token.kind] : `"${token.text}"`;
    throw new ExpressionError(this.#text, { start: token.start, end: token.end, got, ...fault });
  }

  #newName(token: Token): string {
    if (operations.has(token.text))
      this.#refuse(token, {
        expected: "a name of your own on the left of =",
        hint: `${token.text} is a function here: ${token.text}(…).`,
      });
    return token.text;
  }

  #deeper<T>(read: () => T): T {
    if (++this.#depth > deepest)
      this.#refuse(this.#next, { expected: `at most ${deepest} things within each other`, hint: "Give parts a name." });
    const result = read();
    this.#depth--;
    return result;
  }

  /** Operators of one rank, from left to right. */
  #chain(operators: Readonly<Record<string, Arithmetic>>, operand: () => Expression): Expression {
    let a = operand();
    for (
      let sign = this.take("sign", ...Object.keys(operators));
      sign;
      sign = this.take("sign", ...Object.keys(operators))
    ) {
      const b = operand();
      a = { kind: "arithmetic", op: operators[sign.text], a, b, start: a.start, end: b.end };
    }
    return a;
  }

  #signed(): Expression {
    const sign = this.take("sign", "-", "+");
    if (!sign) return this.#power();
    const of = this.#deeper(() => this.#signed());
    if (sign.text === "+") return of;
    const place = { start: sign.start, end: of.end };
    return of.kind === "number" ? { kind: "number", value: -of.value, ...place } : { kind: "negative", of, ...place };
  }

  #power(): Expression {
    const a = this.#operand();
    if (!this.take("sign", "**")) return a;
    const b = this.#deeper(() => this.#signed());
    return { kind: "arithmetic", op: "pow", a, b, start: a.start, end: b.end };
  }

  #operand(): Expression {
    let operand = this.#plain();
    while (this.take("sign", ".")) {
      const name = this.take("name");
      if (!name) this.#refuse(this.#next, { expected: 'the name of a function after "."', hint: "Such as z.tanh()." });
      operand = this.#call(name, operand);
    }
    return operand;
  }

  #plain(): Expression {
    const token = this.#next;
    if (this.take("number")) return { kind: "number", value: Number(token.text), start: token.start, end: token.end };
    if (this.take("sign", "(")) {
      const inner = this.expression();
      const close = this.#close(")", token);
      return { ...inner, start: token.start, end: close.end };
    }
    if (this.take("name")) return this.#next.text === "(" ? this.#call(token) : this.#name(token);
    return this.#refuse(token, {
      expected: "a number, a name, a function or (",
      hint: token.text === "=" ? "On the left of = stands one name alone." : undefined,
    });
  }

  #name(token: Token): Expression {
    if (operations.has(token.text))
      this.#refuse(token, { expected: "a name of your own", hint: `${token.text} is a function: ${token.text}(…).` });
    return { kind: "name", name: token.text, start: token.start, end: token.end };
  }

  #close(sign: ")" | "]", open: Token): Token {
    const close = this.take("sign", sign);
    if (close) return close;
    const token = this.#next;
    const isSomething = token.kind === "name" || token.kind === "number";
    return this.#refuse(token, {
      expected: `"${sign}" for the "${open.text}" before it`,
      hint: isSomething ? `A product is written with *: … * ${token.text}.` : undefined,
    });
  }

  /** `name(…)`, or of `operand.name(…)` what follows the point. */
  #call(name: Token, receiver?: Expression): Expression {
    const isMicrograd = name.text === "Value" || name.text === "value";
    const operation = operations.get(name.text);
    if (!operation && !isMicrograd) this.#refuseFunction(name);
    const open = this.take("sign", "(");
    if (!open) return this.#refuse(this.#next, { expected: `"(" after ${name.text}` });
    const operands: Argument[] = receiver ? [receiver] : [];
    if (this.#next.text !== ")") {
      do operands.push(this.#argument());
      while (this.take("sign", ","));
    }
    const close = this.#close(")", open);
    const place = { start: receiver?.start ?? name.start, end: close.end };
    if (operation) return { kind: "call", operation, operands: this.#checked(operation, operands, name), ...place };
    // `Value(3)` is how micrograd writes the number 3.
    const [number] = operands;
    if (operands.length === 1 && number.kind === "number") return { ...number, ...place };
    return this.#refuse(name, { expected: `${name.text} of one number`, hint: `Such as ${name.text}(-4).` });
  }

  #argument(): Argument {
    const open = this.take("sign", "[");
    if (!open) return this.expression();
    const items: Expression[] = [];
    if (this.#next.text !== "]") {
      do items.push(this.expression());
      while (this.take("sign", ","));
    }
    return { kind: "list", items, start: open.start, end: this.#close("]", open).end };
  }

  #refuseFunction(name: Token): never {
    const other = Object.hasOwn(otherNames, name.text) ? `Did you mean "${otherNames[name.text]}"? ` : "";
    const known = [...operations.keys()];
    this.#refuse(name, {
      expected: "a function that a Value has",
      hint:
        name.text === "softmax"
          ? "Softmax is exp(a) / (exp(a) + exp(b) + exp(c)), one line for each class."
          : `${other}${didYouMean(name.text, known)}`,
    });
  }

  /** As many operands as the operation takes, and lists where it takes lists. */
  #checked(operation: Operation, operands: readonly Argument[], name: Token): readonly Argument[] {
    const isPlain = operands.every(({ kind }) => kind !== "list");
    const fits = {
      one: isPlain && operands.length === 1,
      two: isPlain && operands.length === 2,
      "one and a number":
        isPlain && (operands.length === 1 || (operands.length === 2 && operands[1].kind === "number")),
      list: operands.length > 0 && (isPlain || operands.length === 1),
      lists:
        (operands.length === 2 || operands.length === 3) &&
        operands.every(({ kind }, i) => (kind === "list") === i < 2),
    }[operation.takes];
    if (fits) return operands;
    const wanted = {
      one: `one number: ${name.text}(x)`,
      two: `two numbers: ${name.text}(x, y)`,
      "one and a number": `one number, and perhaps a plain one: ${name.text}(x) or ${name.text}(x, 0.1)`,
      list: `several numbers: ${name.text}(x, y, z)`,
      lists: `two lists, and perhaps one number more: ${name.text}([w1, w2], [x1, x2], b)`,
    }[operation.takes];
    const written = operands.map(({ start, end }) => this.#text.slice(start, end)).join(", ");
    throw new ExpressionError(this.#text, {
      start: name.start,
      end: operands.at(-1)?.end ?? name.end,
      expected: wanted,
      got: `${name.text}(${written})`,
    });
  }
}
