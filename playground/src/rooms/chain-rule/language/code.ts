/**
 * The same program in TypeScript, with the engine's `Value`s.
 */
import { Value } from "@chainrule/core";
import { apply, type Operation } from "./operations.ts";
import type { Argument, Arithmetic, Expression, Statement } from "./parse.ts";
import { labelOf, type Program } from "./program.ts";

/** A piece of code, and the number that it is if it is a plain one. */
interface Piece {
  readonly code: string;
  readonly number: number | null;
}

/** Words that are no names in JavaScript, and those that the script has itself. */
const taken =
  /^(?:arguments|await|break|case|catch|class|console|const|continue|debugger|default|delete|do|else|enum|eval|export|extends|false|finally|for|function|if|implements|import|in|instanceof|interface|let|new|null|package|private|protected|public|return|static|super|switch|this|throw|true|try|typeof|value|Value|var|void|while|with|yield)$/;

/** A script that computes the program with these numbers for its leaves, goes back, and prints the gradients. */
export function codeOf(program: Program, numbers: readonly number[]): string {
  return new Writer(program, numbers).text();
}

class Writer {
  readonly #program: Program;
  readonly #numbers: readonly number[];
  /** What names stand for at this line. */
  readonly #bound = new Map<string, string>();
  readonly #identifiers = new Set<string>();
  readonly #leaves: string[] = [];
  readonly #times = new Map<string, number>();
  #usesClass = false;

  constructor(program: Program, numbers: readonly number[]) {
    this.#program = program;
    this.#numbers = numbers;
  }

  text(): string {
    const { leaves, statements } = this.#program;
    const free = leaves.flatMap(({ name, place }, i) => (place ? [] : [this.#leafLine(name, i)]));
    const needed = neededOf(statements);
    const lines = statements.flatMap((statement, i) => this.#statement(statement, needed.has(i)));
    const result = this.#bound.get("") ?? [...this.#identifiers].at(-1)!;
    return [
      `import { ${this.#usesClass ? "Value, " : ""}value } from "chainrule";`,
      "",
      ...free,
      ...lines,
      "",
      `${result}.backward();`,
      `console.log("${result}", ${result}.data);`,
      ...this.#leaves.map((leaf) => `console.log("${leaf}", ${leaf}.grad);`),
      "",
    ].join("\n");
  }

  #statement({ name, expression }: Statement, isNeeded: boolean): string[] {
    const times = (this.#times.get(name ?? "") ?? 0) + 1;
    this.#times.set(name ?? "", times);
    if (!isNeeded) return [];
    const piece = this.#piece(expression);
    if (name !== null && piece.number !== null) {
      const index = this.#program.leaves.findIndex(({ place }) => place?.start === expression.start);
      return [this.#leafLine(name, index)];
    }
    const isAlias = this.#identifiers.has(piece.code);
    const label = name === null || isAlias ? "" : `.named(${JSON.stringify(labelOf(name, times))})`;
    return [`const ${this.#declare(name ?? "", name ?? "result")} = ${piece.code}${label};`];
  }

  #leafLine(name: string, index: number): string {
    const label = this.#program.leaves[index].name;
    // A name without a number of its own is given by its first use.
    if (!this.#times.has(name)) this.#times.set(name, 1);
    const identifier = this.#declare(name);
    this.#leaves[index] = identifier;
    return `const ${identifier} = value(${written(this.#numbers[index])}, ${JSON.stringify(label)});`;
  }

  /** An identifier of its own for what the name stands for from here on. */
  #declare(name: string, wanted = name): string {
    const base = taken.test(wanted) ? `${wanted}_` : wanted;
    let identifier = base;
    for (let copy = 2; this.#identifiers.has(identifier); copy++) identifier = `${base}${copy}`;
    this.#identifiers.add(identifier);
    this.#bound.set(name, identifier);
    return identifier;
  }

  #piece(expression: Expression): Piece {
    switch (expression.kind) {
      case "number":
        return plain(expression.value);
      case "name":
        return { code: this.#bound.get(expression.name)!, number: null };
      case "negative": {
        const of = this.#piece(expression.of);
        return of.number !== null ? plain(-of.number) : { code: `${of.code}.neg()`, number: null };
      }
      case "arithmetic":
        return this.#arithmetic(expression.op, this.#piece(expression.a), this.#piece(expression.b));
      case "call":
        return this.#call(expression.operation, expression.operands);
    }
  }

  #arithmetic(op: Arithmetic, a: Piece, b: Piece): Piece {
    if (a.number !== null && b.number !== null) return plain(Value[op](a.number, b.number).data);
    if (a.number === null) return { code: `${a.code}.${op}(${b.code})`, number: null };
    this.#usesClass = true;
    return { code: `Value.${op}(${a.code}, ${b.code})`, number: null };
  }

  #call(operation: Operation, operands: readonly Argument[]): Piece {
    const { name, takes } = operation;
    const lists = operands.map((operand) =>
      operand.kind === "list" ? operand.items.map((item) => this.#piece(item)) : this.#piece(operand),
    );
    const pieces = lists.flat();
    const isOneList = takes === "list" && operands[0].kind === "list";
    if (pieces.every(({ number }) => number !== null)) {
      const numbers = lists.map((each) => (Array.isArray(each) ? each.map(({ number }) => number!) : each.number!));
      return plain(apply(operation, isOneList ? numbers.flat() : numbers).data);
    }
    const listed = (each: readonly Piece[]) => `[${each.map(({ code }) => code).join(", ")}]`;
    if (takes === "list" || takes === "lists") {
      this.#usesClass = true;
      const given =
        takes === "list" ? [listed(pieces)] : lists.map((each) => (Array.isArray(each) ? listed(each) : each.code));
      return { code: `Value.${name}(${given.join(", ")})`, number: null };
    }
    const [first, ...others] = pieces;
    if (first.number !== null) this.#usesClass = true;
    const receiver = first.number === null ? first.code : `Value.of(${first.code})`;
    return { code: `${receiver}.${name}(${others.map(({ code }) => code).join(", ")})`, number: null };
  }
}

/** The statements that the last one depends on, by their indices. */
function neededOf(statements: readonly Statement[]): Set<number> {
  const names = new Set<string>();
  const needed = new Set<number>();
  for (let i = statements.length - 1; i >= 0; i--) {
    const { name, expression } = statements[i];
    const isLast = i === statements.length - 1;
    if (!isLast && (name === null || !names.delete(name))) continue;
    needed.add(i);
    for (const used of namesIn(expression)) names.add(used);
  }
  return needed;
}

function namesIn(expression: Argument): string[] {
  switch (expression.kind) {
    case "number":
      return [];
    case "name":
      return [expression.name];
    case "negative":
      return namesIn(expression.of);
    case "arithmetic":
      return [...namesIn(expression.a), ...namesIn(expression.b)];
    case "call":
      return expression.operands.flatMap(namesIn);
    case "list":
      return expression.items.flatMap(namesIn);
  }
}

const plain = (number: number): Piece => ({ code: written(number), number });

function written(number: number): string {
  return Object.is(number, -0) ? "-0" : String(number);
}
