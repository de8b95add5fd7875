/**
 * What this room keeps in the link.
 */
import { choice, type Field, flag, list, number, text, whole } from "../../state/fields.ts";
import { readProgram } from "./language/program.ts";
import { longestText } from "./language/tokens.ts";
import { presets } from "./story/presets.ts";

const mostLeaves = 60;
const limits = { min: -1e9, max: 1e9 };
const any = number(0, { min: -Number.MAX_VALUE, max: Number.MAX_VALUE });
const [first] = presets;

/** A text that is a program. */
const program: Field<string> = {
  initial: first.program,
  read: (given) => {
    if (given.length > longestText) return undefined;
    try {
      return readProgram(given).text;
    } catch {
      return undefined;
    }
  },
  write: (given) => given,
};

/** Numbers by name: `w:0.5,x:-2`. */
const numbers: Field<ReadonlyMap<string, number>> = {
  initial: new Map(first.numbers),
  read: (given) => {
    const found = new Map<string, number>();
    const parts = given === "" ? [] : given.split(",", mostLeaves + 1);
    if (parts.length > mostLeaves) return undefined;
    for (const part of parts) {
      const [name, written, ...more] = part.split(":");
      const value = number(0, limits).read(written ?? "");
      if (value === undefined || more.length > 0 || !/^[\p{L}_][\p{L}\p{M}\p{N}_]{0,40}$/u.test(name)) return undefined;
      found.set(name, value);
    }
    return found;
  },
  write: (map) => [...map].map(([name, value]) => `${name}:${value}`).join(","),
};

/** Lists of numbers, with semicolons between them. */
const passes: Field<readonly (readonly number[])[]> = {
  initial: [],
  read: (given) => {
    const parts = given === "" ? [] : given.split(";", 14);
    const lists = parts.map((part) => list([], any, { max: mostLeaves }).read(part));
    return parts.length <= 13 && lists.every((each) => each !== undefined) ? (lists as number[][]) : undefined;
  },
  write: (lists) => lists.map((each) => each.join(",")).join(";"),
};

/** Answers as they were typed, one for each question; empty where none was. */
const answers: Field<readonly string[]> = {
  initial: [],
  read: (given) => {
    const parts = given === "" ? [] : given.split("|", 12);
    return parts.length <= 10 && parts.every((part) => part.length <= 24) ? parts : undefined;
  },
  write: (parts) => parts.join("|"),
};

export const fields = {
  preset: choice(first.id, [...presets.map(({ id }) => id), "own"]),
  program,
  numbers,
  mode: choice("steps", ["steps", "loop", "quiz", "code"]),
  step: whole(first.step, { min: 0, max: 500 }),
  /** Names that count as weights although they are called as data are, or the other way about. */
  flipped: list([], text("", { maxLength: 40 }), { max: mostLeaves }),
  lr: number(0.1, { min: 0, max: 10 }),
  /** The leaves' numbers at the last forward pass; none before the first. */
  forwarded: list([], any, { max: mostLeaves }),
  /** Whether the gradients of what lies between belong to that forward pass. */
  hasBackward: flag(false),
  /** The leaves' gradients after each backward pass since they were zeroed. */
  passes,
  seed: whole(1, { min: 1, max: 9999 }),
  answers,
};
