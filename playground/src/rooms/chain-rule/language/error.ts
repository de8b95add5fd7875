/**
 * What is said of a text that is no program of the small language.
 */
import { ChainRuleError } from "@chainrule/core";

/** Characters of the text, from the first to the one after the last. */
export interface Place {
  readonly start: number;
  readonly end: number;
}

/** What is wrong, and at which characters. */
export interface Fault extends Place {
  readonly expected: string;
  readonly got: string;
  readonly hint?: string;
}

/** An error that knows its place in the text. */
export class ExpressionError extends ChainRuleError {
  readonly start: number;
  readonly end: number;

  constructor(text: string, { start, end, ...parts }: Fault) {
    const { line, column } = positionOf(text, start);
    super({ where: `line ${line}, column ${column}`, ...parts });
    this.start = start;
    this.end = Math.max(end, start + 1);
  }
}

/** Lines and columns are counted from 1. */
export function positionOf(text: string, place: number): { line: number; column: number } {
  const before = text.slice(0, place).split("\n");
  return { line: before.length, column: before[before.length - 1].length + 1 };
}
