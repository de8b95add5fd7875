/**
 * The examples of doc comments: finds them, runs them, and compares what comes out with the comment behind a statement.
 *
 * What a comment can say of the value of the statement before it:
 * - the value: `// [3, 6]`, `// tensor([0, 1], int32)`, `// "cat"`, `// { fanIn: 784, fanOut: 128 }`, `// 0.6931`;
 * - how it comes about, then the value: `// log 2 = 0.6931 nats`;
 * - its shape: `// shape [2, 5, 8]`;
 * - the error that it throws: `// ShapeError`;
 * - on lines of its own below, what is printed.
 * A remark behind the value starts with a comma, a colon, a semicolon or a parenthesis. `…` leaves out the rest.
 * Everything else is a remark alone, and must not start like a value.
 */
import { readFileSync } from "node:fs";
import { Tensor, Value } from "@chainrule/core";
import { transformSync } from "esbuild";
import { textOf } from "./sources.ts";

export interface Example {
  readonly file: string;
  readonly line: number;
  readonly code: string;
}

/** Every `@example` of a file's doc comments. */
export function examplesOf(file: string, source = readFileSync(file, "utf8")): Example[] {
  return [...source.matchAll(/^[ \t]*\/\*\*[\s\S]*?\*\//gm)].flatMap((found) => {
    const line = source.slice(0, found.index).split("\n").length;
    const [, ...parts] = textOf(found[0]).split(/@example\b/);
    return parts.map((part) => ({ file, line, code: part.split(/^@\w/m)[0].trim() }));
  });
}

/** A statement, with what is said behind it and below it. */
export interface Statement {
  readonly code: string;
  readonly remark: string;
  readonly below: readonly string[];
}

/** The statements of an example in order. */
export function statementsOf(code: string): Statement[] {
  const found: { code: string; remark: string; below: string[] }[] = [];
  let start = 0;
  let depth = 0;
  const finish = (end: number) => {
    const text = code.slice(start, end).trim();
    if (text) found.push({ code: text, remark: "", below: [] });
    start = end;
  };
  for (let at = 0; at < code.length; at++) {
    const rest = code.slice(at);
    const text = /^(?:"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`)/.exec(rest)?.[0];
    const comment = /^\/\/ ?(.*)/.exec(rest);
    if (text) at += text.length - 1;
    else if (comment) {
      const between = code.slice(start, at);
      if (depth === 0 && between.trim() === "") {
        const last = found.at(-1);
        if (last && !between.includes("\n")) last.remark = comment[1].trim();
        else last?.below.push(comment[1].trimEnd());
        start = at + comment[0].length;
      }
      at += comment[0].length - 1;
    } else if ("([{".includes(code[at])) depth++;
    else if (")]}".includes(code[at])) {
      depth--;
      if (depth === 0 && code[at] === "}" && /^\}\s*(?:\n(?!\s*(?:catch|else|finally))|$)/.test(rest)) finish(at + 1);
    } else if (code[at] === ";" && depth === 0) finish(at + 1);
  }
  finish(code.length);
  return found;
}

/** What a remark says of a value. */
export type Claim =
  | { readonly kind: "value"; readonly value: unknown; readonly dtype?: string }
  | { readonly kind: "shape"; readonly shape: unknown }
  | { readonly kind: "error"; readonly name: string; readonly message: string }
  | { readonly kind: "none" };

/** A number as it was written: with so many digits behind the point. */
export class Written {
  readonly value: number;
  readonly digits: number;
  constructor(text: string) {
    this.value = Number(text);
    this.digits = /\.(\d+)/.exec(text)?.[1].length ?? 0;
  }
}

/** Stands for what a remark leaves out. */
export const rest = Symbol("…");

/** @throws Error for a remark that starts like a value, and is none. */
export function claimOf(remark: string): Claim {
  const shape = /^shape (\[.*?\])/.exec(remark);
  if (shape) return { kind: "shape", shape: readValue(shape[1])!.value };
  const error = /^(\w+Error)\b:? ?(.*)/.exec(remark);
  if (error) return { kind: "error", name: error[1], message: error[2] };
  const result = remark.slice(remark.lastIndexOf(" = ") + 3);
  const claim = (remark.includes(" = ") && valueClaim(result)) || valueClaim(remark);
  if (claim) return claim;
  if (/^(?:-?\d|[["'{]|tensor\(|(?:true|false|null|NaN|-?Infinity)\b)/.test(remark))
    throw new Error(`The remark starts like a value, and cannot be read as one: // ${remark}`);
  return { kind: "none" };
}

function valueClaim(text: string): Claim | null {
  const read = readValue(text);
  if (!read) return null;
  const after = text.slice(read.end).replace(/^ (?:nats?|bits?)\b/, "");
  if (!/^(?:$|[,:;]| \()/.test(after)) return null;
  return {
    kind: "value",
    value: read.value,
    dtype: read.dtype ?? /^, (bool|int32|float32|float64)\b/.exec(after)?.[1],
  };
}

interface Read {
  readonly value: unknown;
  readonly end: number;
  readonly dtype?: string;
}

/** Reads the value that a text starts with: JavaScript's literals, tensors, typed arrays, `…`. */
function readValue(text: string): Read | null {
  const plain: [RegExp, (found: string) => unknown][] = [
    [/^…/, () => rest],
    [/^0x[0-9a-f]+/, (found) => new Written(found)],
    [/^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?/, (found) => new Written(found)],
    [/^(?:true|false|null)\b/, (found) => JSON.parse(found)],
    [/^NaN\b/, () => Number.NaN],
    [/^-?Infinity\b/, Number],
    [/^"(?:[^"\\]|\\.)*"/, (found) => JSON.parse(found)],
  ];
  for (const [pattern, make] of plain) {
    const found = pattern.exec(text)?.[0];
    if (found) return { value: make(found), end: found.length };
  }
  const head = /^(?:tensor\(|\w+Array )/.exec(text)?.[0] ?? "";
  if (head) {
    const inner = readValue(text.slice(head.length));
    if (!inner) return null;
    let end = head.length + inner.end;
    if (!head.endsWith("(")) return { value: inner.value, end };
    const tail = /^(?:, (\w+))?\)/.exec(text.slice(end));
    if (!tail) return null;
    end += tail[0].length;
    return { value: inner.value, end, dtype: tail[1] };
  }
  if (text[0] !== "[" && text[0] !== "{") return null;
  const isList = text[0] === "[";
  const list: unknown[] = [];
  const record: [string, unknown][] = [];
  for (let at = 1; ; ) {
    at += /^[\s,]*/.exec(text.slice(at))![0].length;
    if (text[at] === (isList ? "]" : "}")) return { value: isList ? list : Object.fromEntries(record), end: at + 1 };
    const key = isList ? "" : /^(?:…|(\w+): )/.exec(text.slice(at))?.[0];
    if (key === undefined) return null;
    if (key === "…") {
      at += 1;
      continue;
    }
    const item = readValue(text.slice(at + key.length));
    if (!item) return null;
    if (isList) list.push(item.value);
    else record.push([key.slice(0, -2), item.value]);
    at += key.length + item.end;
  }
}

/** Whether a value is what a remark says. Numbers are equal to the digits that are written, if these are three or more. */
export function agrees(claimed: unknown, value: unknown): boolean {
  if (value instanceof Tensor) return agrees(claimed, value.toArray());
  if (value instanceof Value) return agrees(claimed, value.data);
  if (claimed instanceof Written) {
    if (typeof value !== "number" || !Number.isFinite(value)) return Object.is(value, claimed.value);
    const error = Math.abs(value - claimed.value);
    return error <= Math.max(claimed.digits >= 3 ? 0.5000001 * 10 ** -claimed.digits : 0, 1e-6 * Math.abs(value));
  }
  if (Array.isArray(claimed)) {
    if (typeof value !== "object" || value === null || !(Symbol.iterator in value)) return false;
    const items = [...(value as Iterable<unknown>)];
    const open = claimed.indexOf(rest);
    const wanted = open < 0 ? claimed : claimed.slice(0, open);
    return (open >= 0 || items.length === wanted.length) && wanted.every((item, i) => agrees(item, items[i]));
  }
  if (typeof claimed === "object" && claimed !== null)
    return (
      typeof value === "object" &&
      value !== null &&
      Object.entries(claimed).every(([key, item]) => agrees(item, (value as Record<string, unknown>)[key]))
    );
  if (typeof claimed === "string" && typeof value === "string" && claimed.includes("…"))
    return claimed.split("…").every((part) => value.includes(part));
  return Object.is(claimed, value);
}

/** How many statements of an example had something said of them that was compared. */
export interface Outcome {
  readonly compared: number;
}

/**
 * Runs an example, with names that it may use beside its own.
 *
 * @throws what the example throws; Error where a statement gives something else than the comment says.
 */
export async function runExample({ code }: Example, names: (name: string) => unknown): Promise<Outcome> {
  let compared = 0;
  let printed: string[] = [];
  const statements = statementsOf(code);
  const check = (at: number, value: unknown) => {
    const { remark, code } = statements[at];
    const claim = claimOf(remark);
    const got = () => new Error(`${code} // ${remark}\ngives ${show(value)}`);
    if (claim.kind === "shape" && !agrees(claim.shape, (value as Tensor).shape)) throw got();
    if (claim.kind === "value" && !agrees(claim.value, value)) throw got();
    if (claim.kind === "value" && claim.dtype && (value as Tensor).dtype !== claim.dtype) throw got();
    compared++;
  };
  const checkPrinted = (at: number, value: unknown) => {
    const { code, below, remark } = statements[at];
    const wanted = remark ? [remark] : below;
    const text = /^console\.log\(/.test(code) ? printed.join("\n") : String(value);
    const lines = text
      .trimEnd()
      .split("\n")
      .map((line) => line.trimEnd());
    if (lines.join("\n") !== wanted.join("\n"))
      throw new Error(`${code}\ngives\n${lines.join("\n")}\nnot\n${wanted.join("\n")}`);
    compared++;
  };
  const throws = async (at: number, f: () => unknown) => {
    const { code, remark } = statements[at];
    const claim = claimOf(remark) as Extract<Claim, { kind: "error" }>;
    try {
      await f();
    } catch (error) {
      const { name, message } = error as Error;
      if (name !== claim.name || !claim.message.split("…").every((part) => message.includes(part.trim()))) throw error;
      compared++;
      return;
    }
    throw new Error(`${code} throws nothing`);
  };
  const own = {
    __check: check,
    __printed: checkPrinted,
    __throws: throws,
    __begin: () => {
      printed = [];
    },
    console: { log: (...what: unknown[]) => printed.push(what.map(String).join(" ")), error: () => {} },
  };
  const body = statements.map(written).join("\n");
  const used = new Set(body.match(/[A-Za-z_$][\w$]*/g));
  const given = new Map<string, unknown>(Object.entries(own));
  for (const name of used) {
    const value = given.has(name) ? undefined : names(name);
    if (value !== undefined) given.set(name, value);
  }
  const script = transformSync(`async function example() {\n${body}\n}`, { loader: "ts", target: "es2022" }).code;
  const f = new Function(...given.keys(), `"use strict";\n${script}\nreturn example();`);
  await f(...given.values());
  return { compared };
}

/** The statement with the comparison after it. */
function written({ code, remark, below }: Statement, at: number): string {
  const claim = claimOf(remark);
  const declares = /^(?:const|let) (\w+)\b[^=]*=/.exec(code)?.[1];
  const isExpression = !/^(?:const|let|class|function|for|if|while|try|async function)\b/.test(code);
  const isLog = /^console\.log\(/.test(code);
  const expression = code.replace(/;$/, "");
  if (isLog) return `__begin();\n${code}\n${remark || below.length > 0 ? `__printed(${at});` : ""}`;
  if (claim.kind === "error") return `await __throws(${at}, async () => (${expression}));`;
  if (claim.kind !== "none") {
    if (isExpression) return `__check(${at}, (${expression}));`;
    if (declares) return `${code}\n__check(${at}, ${declares});`;
    throw new Error(`The remark speaks of a value, and the statement has none: ${code} // ${remark}`);
  }
  if (isExpression && below.length > 0 && !remark) return `__printed(${at}, (${expression}));`;
  return code;
}

function show(value: unknown): string {
  if (value instanceof Tensor)
    return `${JSON.stringify(value.toArray()).slice(0, 400)}, ${value.dtype}, shape [${value.shape}]`;
  return typeof value === "object" ? JSON.stringify(value)?.slice(0, 400) : String(value);
}
