/**
 * The engine of the diagnosis: runs the rules on what a program computed.
 */

import { Findings } from "./findings.ts";
import { numberRules } from "./numbers/index.ts";
import { type Computed, compute, DiagnosisContext, type TakenStep } from "./program/context.ts";
import type { Program } from "./program/program.ts";
import type { Finding, Rule } from "./program/rule.ts";
import { trial } from "./program/trial.ts";
import { traceRules } from "./rules/index.ts";

/** All rules, those from the trace first. */
export const rules: readonly Rule[] = [...traceRules, ...numberRules];

/**
 * Runs a program once, without leaving a trace of it, and says what the rules find.
 *
 * @throws what the program throws, where no rule knows why.
 */
export function diagnoseProgram(program: Program, chosen: readonly Rule[] = rules): Findings {
  return trial(program.model, () => {
    const computed = compute(program, true);
    const findings = findingsOf(new DiagnosisContext(program, computed), chosen);
    if (computed.error !== null && findings.length === 0) throw computed.error;
    return findings;
  });
}

/** What the rules find in a step of training that has been taken. */
export function diagnoseStep(
  program: Program,
  computed: Computed,
  taken: TakenStep,
  chosen: readonly Rule[],
): Findings {
  return findingsOf(new DiagnosisContext(program, computed, taken), chosen);
}

function findingsOf(context: DiagnosisContext, chosen: readonly Rule[]): Findings {
  const findings = new Findings();
  for (const rule of chosen) findings.push(...check(rule, context));
  return findings;
}

function check(rule: Rule, context: DiagnosisContext): Finding[] {
  return [...rule.check(context)].map((found) => ({ rule: rule.name, explanation: rule.explanation, ...found }));
}
