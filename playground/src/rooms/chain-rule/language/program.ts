/**
 * A program of the small language: its statements, the numbers that it starts from, and the `Value`s that come of it.
 */
import { type Operand, Value, value } from "@chainrule/core";
import { valuesBehind } from "@chainrule/core/internal";
import { ExpressionError, type Place } from "./error.ts";
import { apply } from "./operations.ts";
import { type Argument, type Expression, parse, type Statement } from "./parse.ts";

/** A number that the result depends on, with a name. */
export interface Leaf {
  readonly name: string;
  /** The number before anybody changes it. */
  readonly initial: number;
  /** Where in the text its number stands; null for a name that the text gives no number. */
  readonly place: Place | null;
}

export interface Program {
  readonly text: string;
  readonly statements: readonly Statement[];
  /** In the order in which the text names them. */
  readonly leaves: readonly Leaf[];
  /** How many `Value`s the result is made of, with itself. */
  readonly size: number;
  /** Names that the result does not depend on. */
  readonly unused: readonly string[];
}

/** A program with numbers: `Value`s of the engine. */
export interface Built {
  readonly result: Value;
  /** One for each of the program's leaves. */
  readonly leaves: readonly Value[];
}

/** More `Value`s than this are no picture any more. */
const mostValues = 60;
/** What names start at for which no number is given, in order. */
const startingNumbers = [2, -0.5, 1, 1.5, -1, 0.5];

/** Reads a text. @throws ExpressionError for what is no program. */
export function readProgram(text: string): Program {
  const statements = parse(text);
  const run = new Run(text, (leaf) => leaf.initial);
  const result = run.all(statements);
  const behind = new Set(valuesBehind(result));
  const last = statements[statements.length - 1];
  if (result.parents.length === 0)
    throw new ExpressionError(text, {
      start: last.start,
      end: last.end,
      expected: "something computed of named numbers",
      got:
        last.expression.kind === "number" || last.expression.kind === "name" ? "a number alone" : "plain numbers alone",
      hint: "Such as w*x + b, or tanh(w): names are what gets a gradient.",
    });
  if (behind.size > mostValues)
    throw new ExpressionError(text, {
      start: last.start,
      end: last.end,
      expected: `at most ${mostValues} values behind the result`,
      got: `${behind.size}`,
      hint: "More of them cannot be seen at once.",
    });
  const used = run.leaves.filter(({ made }) => behind.has(made));
  if (used.length === 0)
    throw new ExpressionError(text, {
      start: last.start,
      end: last.end,
      expected: "a result that depends on a name",
      got: "one of plain numbers",
      hint: "Names are what gets a gradient.",
    });
  const unused = run.named.filter(({ made }) => !behind.has(made)).map(({ name }) => name);
  return { text, statements, leaves: used.map(({ leaf }) => leaf), size: behind.size, unused: [...new Set(unused)] };
}

/** The program's `Value`s, with these numbers for its leaves. */
export function build(program: Program, numbers: readonly number[]): Built {
  const given = new Map(program.leaves.map(({ name }, i) => [name, numbers[i]]));
  const run = new Run(program.text, (leaf) => given.get(leaf.name) ?? leaf.initial);
  const result = run.all(program.statements);
  const made = new Map(run.leaves.map(({ leaf, made }) => [leaf.name, made]));
  return { result, leaves: program.leaves.map(({ name }) => made.get(name)!) };
}

/** A name that is given again is another value: c, c₂, c₃. */
export function labelOf(name: string, times: number): string {
  return times === 1 ? name : `${name}${[...String(times)].map((digit) => "₀₁₂₃₄₅₆₇₈₉"[Number(digit)]).join("")}`;
}

/** One way through the statements. */
class Run {
  readonly leaves: { leaf: Leaf; made: Value }[] = [];
  readonly named: { name: string; made: Value }[] = [];
  readonly #bound = new Map<string, Operand>();
  readonly #times = new Map<string, number>();
  readonly #text: string;
  readonly #numberOf: (leaf: Leaf) => number;

  constructor(text: string, numberOf: (leaf: Leaf) => number) {
    this.#text = text;
    this.#numberOf = numberOf;
  }

  all(statements: readonly Statement[]): Value {
    let last: Operand = 0;
    statements.forEach((statement, i) => {
      last = this.#statement(statement);
      if (statement.name !== null || i === statements.length - 1) return;
      throw new ExpressionError(this.#text, {
        start: statement.start,
        end: statement.end,
        expected: "a name for what the next line does not use",
        got: this.#text.slice(statement.start, statement.end),
        hint: "Such as z = …; only the last line may go without.",
      });
    });
    return Value.of(last);
  }

  #statement({ name, expression }: Statement): Operand {
    const computed = this.#operand(expression);
    if (name === null) return computed;
    const isNew = computed instanceof Value && computed.label === "" && computed.op !== "constant";
    if (typeof computed === "number") {
      const { start, end } = expression;
      return this.#leaf(name, computed, { start, end });
    }
    const made = isNew ? computed.named(this.#label(name)) : computed;
    this.#bound.set(name, made);
    this.named.push({ name, made });
    return made;
  }

  #label(name: string): string {
    const times = (this.#times.get(name) ?? 0) + 1;
    this.#times.set(name, times);
    return labelOf(name, times);
  }

  #leaf(name: string, initial: number, place: Place | null): Value {
    const leaf = { name: this.#label(name), initial, place };
    const made = value(this.#numberOf(leaf), leaf.name);
    this.leaves.push({ leaf, made });
    this.#bound.set(name, made);
    if (place) this.named.push({ name, made });
    return made;
  }

  #operand(expression: Expression): Operand {
    switch (expression.kind) {
      case "number":
        return expression.value;
      case "name":
        return (
          this.#bound.get(expression.name) ??
          this.#leaf(expression.name, startingNumbers[this.leaves.length % startingNumbers.length], null)
        );
      case "negative": {
        const of = this.#operand(expression.of);
        return typeof of === "number" ? -of : of.neg();
      }
      case "arithmetic": {
        const [a, b] = [this.#operand(expression.a), this.#operand(expression.b)];
        const result = Value[expression.op](a, b);
        return typeof a === "number" && typeof b === "number" ? result.data : result;
      }
      case "call": {
        const operands = expression.operands.map((argument) => this.#argument(argument));
        const flat = operands.flat();
        const isOneList = expression.operation.takes === "list" && expression.operands[0].kind === "list";
        if (flat.length === 0 || (expression.operation.takes === "lists" && !areAsLong(operands)))
          throw new ExpressionError(this.#text, {
            ...expression,
            expected: flat.length === 0 ? "at least one number" : "two lists of one length",
            got: this.#text.slice(expression.start, expression.end),
          });
        const result = apply(expression.operation, isOneList ? flat : operands);
        return flat.every((operand) => typeof operand === "number") ? result.data : result;
      }
    }
  }

  #argument(argument: Argument): Operand | Operand[] {
    return argument.kind === "list" ? argument.items.map((item) => this.#operand(item)) : this.#operand(argument);
  }
}

function areAsLong([a, b]: readonly (Operand | Operand[])[]): boolean {
  return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.length > 0;
}

/** The text with another number where a leaf's stands. */
export function withNumber(text: string, { start, end }: Place, number: number): string {
  return `${text.slice(0, start)}${number}${text.slice(end)}`;
}
