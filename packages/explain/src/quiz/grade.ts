/**
 * Whether an answer is right, and if not, by which mistake one arrives at it.
 */
import { DTypeError } from "@chainrule/core";
import { describe } from "@chainrule/core/internal";
import type { Question } from "./question.ts";

/** What is said of an answer. */
export interface Verdict {
  /** `"unreadable"` is no number. */
  readonly kind: "right" | "slip" | "wrong" | "unreadable";
  /** The names of the mistakes that give this number. */
  readonly slips: readonly string[];
  /** A sentence or two. */
  readonly message: string;
}

/** What of a question decides. */
type Gradable = Pick<Question, "answer" | "slips">;

/**
 * Grades an answer as it was typed: `0.25`, `-1/3`, `2e-3`, with a decimal point or comma.
 *
 * It is right within half a unit of its last digit, if that is within 2% of the number, and within 0.1% in any case. A wrong
 * one that is the number of a mistake is told the mistake's name; of others is said how far off they are.
 *
 * @throws DTypeError for what is no question, and for an answer that is no text.
 *
 * @example
 * const [question] = quizQuestions(loss, { questions: 1, seed: 1 });
 * gradeAnswer(question, String(question.answer)).kind; // "right"
 */
export function gradeAnswer(question: Gradable, typed: string): Verdict {
  const { answer, slips } = (question ?? {}) as Partial<Gradable>;
  if (typeof answer !== "number" || !Array.isArray(slips) || !slips.every((slip) => typeof slip?.value === "number"))
    throw new DTypeError({
      where: "gradeAnswer",
      expected: "a question, as quizQuestions gives it",
      got: describe(question),
    });
  if (typeof typed !== "string")
    throw new DTypeError({ where: "gradeAnswer", expected: "the answer as a text", got: describe(typed) });
  return grade(question, typed);
}

/** Grades. The page has this function as its source: it may use nothing from outside of it. */
export function grade(question: Gradable, typed: string): Verdict {
  const unreadable: Verdict = {
    kind: "unreadable",
    slips: [],
    message: "That is not a number that can be read. Write 0.25, -1/3 or 2e-3.",
  };
  const text = typed
    .replace(/[\u2212\u2013]/g, "-")
    .replace(/\s+/g, "")
    .replace(/^\+/, "");
  const parts = text.split("/");
  if (parts.length > 2) return unreadable;
  // The number, and half a unit of its last digit.
  const numbers = parts.map((part) => {
    const decimal = /^[-+]?\d*,\d+$/.test(part) ? part.replace(",", ".") : part;
    if (!/^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i.test(decimal)) return null;
    const pieces = decimal.toLowerCase().split("e");
    const digits = (pieces[0].split(".")[1] || "").length;
    return { value: Number(decimal), unit: 0.5 * 10 ** (Number(pieces[1] || 0) - digits) };
  });
  const first = numbers[0];
  const second = numbers.length === 2 ? numbers[1] : { value: 1, unit: 0 };
  if (!first || !second || second.value === 0) return unreadable;
  const answer = first.value / second.value;
  const unit = numbers.length === 2 ? 0 : first.unit;
  const isNear = (target: number) => {
    const size = Math.abs(target);
    if (size < 1e-7) return Math.abs(answer) < 1e-6;
    const rounded = Math.min(unit * 1.000001, 0.02 * size);
    return Math.abs(answer - target) <= Math.max(0.001 * size, rounded);
  };
  if (isNear(question.answer)) return { kind: "right", slips: [], message: "Right." };
  const found = question.slips.filter((slip) => isNear(slip.value));
  const names = found.map((slip) => slip.name).filter((name, i, all) => all.indexOf(name) === i);
  if (names.length > 0) {
    const hints = found.map((slip) => slip.hint).filter((hint, i, all) => all.indexOf(hint) === i);
    const named = names.map((name) => `"${name}"`).join(" or ");
    return { kind: "slip", slips: names, message: `Not quite: ${named}. ${hints.join(" Or: ")}` };
  }
  const off = answer - question.answer;
  const short = (x: number) => String(Number(Math.abs(x).toPrecision(2)));
  const share = Math.abs(question.answer) < 1e-7 ? "" : `, ${short((100 * off) / question.answer)}% of the number`;
  return {
    kind: "wrong",
    slips: [],
    message: `Not right: too ${off > 0 ? "large" : "small"} by ${short(off)}${share}.`,
  };
}
