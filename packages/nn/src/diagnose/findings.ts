/**
 * What a diagnosis returns: a list of findings that reads well when it is printed.
 */
import { inWords, type LossAndFloor } from "./numbers/loss-floor.ts";
import type { Finding, RuleName } from "./program/rule.ts";

/** What {@link diagnose} finds: findings in the order of the rules; empty where nothing was found. `String(findings)` is what the console shows. */
export class Findings extends Array<Finding> {
  /** Array methods that make arrays make plain ones. */
  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }

  /** The names of the rules that found something, each once. */
  get rules(): RuleName[] {
    return [...new Set(Array.from(this, ({ rule }) => rule))];
  }

  /** The loss of the batch, and the least that it can be; null where the latter is not known. */
  loss: LossAndFloor | null = null;

  /** Each finding in a paragraph, and the loss beside its floor where it has one. */
  override toString(): string {
    const found = this.length === 0 ? "nothing found" : Array.from(this, formatFinding).join("\n\n");
    if (this.loss === null || this.loss.floor === 0) return found;
    return `${found}\n\nThe loss is ${inWords(this.loss)}: no predictions have less.`;
  }

  /** How Node's console shows it. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}

/** A finding in a paragraph: what was seen, why it matters, what to do. */
export function formatFinding({ rule, evidence, explanation, fix, layer, line }: Finding): string {
  const place = [layer, line].filter(Boolean).join(", at ");
  return [`${rule}${place ? `: ${place}` : ""}`, evidence, explanation, `Fix: ${fix}`].join("\n  ");
}

/** A finding in one line, as `fit` says it. */
export function findingLine({ rule, evidence, fix, layer, line }: Finding): string {
  const place = [layer, line].filter(Boolean).join(", at ");
  return `${rule}${place ? `, ${place}` : ""}: ${evidence} ${fix}`;
}
