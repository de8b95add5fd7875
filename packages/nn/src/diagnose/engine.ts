/**
 * The engine of the diagnosis: runs the rules on what a program computed.
 */
import type { Parameter, Tensor } from "@chainrule/core";
import { trial } from "../module/trial.ts";
import { Findings, findingLine } from "./findings.ts";
import { numberRules } from "./numbers/index.ts";
import { lossAndFloor, lossFloorOfAll } from "./numbers/loss-floor.ts";
import { compute, DiagnosisContext } from "./program/context.ts";
import { GraphRecorder } from "./program/graph.ts";
import type { Program } from "./program/program.ts";
import type { Finding, Rule } from "./program/rule.ts";
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
    const computed = compute(program);
    const findings = findingsOf(new DiagnosisContext(program, computed), chosen);
    if (computed.error !== null && findings.length === 0) throw computed.error;
    return findings;
  });
}

function findingsOf(context: DiagnosisContext, chosen: readonly Rule[]): Findings {
  const findings = new Findings();
  findings.loss = lossAndFloor(context);
  for (const rule of chosen) findings.push(...check(rule, context));
  return findings;
}

function check(rule: Rule, context: DiagnosisContext): Finding[] {
  return [...rule.check(context)].map((found) => ({ rule: rule.name, explanation: rule.explanation, ...found }));
}

// What fit uses

/** A finding as `fit` says it, and what it is remembered by, so that it is said once. */
export interface Said {
  readonly key: string;
  readonly line: string;
}

/** A step of training that is taken anyway, while the diagnosis looks on. */
export interface DiagnosedStep {
  /** Computes the forward pass and the loss, of inputs that may be others than the batch's, such as cleaned ones. */
  record<T extends { readonly loss: Tensor }>(compute: () => T, inputs: readonly Tensor[]): T;
  /** To be told when the step has been taken, or computing the loss has thrown the error. */
  end(error: unknown): void;
  /** How many numbers it holds, and the rules of numbers go through. */
  readonly size: number;
  /** What the rules of a kind find in it. */
  findings(kind: Rule["kind"]): readonly Said[];
  /** The least that the loss of all batches can be; null where that is not known. */
  lossFloor(): number | null;
}

/** What `fit` needs of the engine. */
export interface Engine {
  openStep(program: Program): DiagnosedStep;
  /** Runs a program as {@link diagnoseProgram} does. */
  look(program: Program): readonly Said[];
}

export const engine: Engine = {
  openStep,
  look: (program) => trial(program.model, () => said(new DiagnosisContext(program, compute(program)))),
};

function openStep(program: Program): DiagnosedStep {
  const graph = new GraphRecorder();
  let loss: Tensor | null = null;
  let { inputs } = program;
  let before: ReadonlyMap<Parameter, Tensor> = new Map();
  const parameters = () => [...(program.model?.namedParameters().values() ?? [])];
  const values = () => new Map(parameters().map((parameter) => [parameter, parameter.detach()]));
  let context: DiagnosisContext | null = null;
  return {
    record(f, x) {
      inputs = x;
      const output = graph.record(f);
      loss = output.loss;
      before = values();
      return output;
    },
    end(error) {
      // Of what is compiled there are no numbers to look at.
      if (loss?.traced) return;
      const gradients = new Map(parameters().map((parameter) => [parameter, parameter.grad]));
      const taken = { before, gradients, after: values() };
      context = new DiagnosisContext({ ...program, inputs }, { graph, loss, error }, taken);
    },
    get size() {
      const made = graph.ops.reduce((total, { output }) => total + output.tensor.size, 0);
      return parameters().reduce((total, { size }) => total + 3 * size, made);
    },
    findings: (kind) => (context === null ? [] : said(context, kind)),
    lossFloor: () => (context === null ? null : lossFloorOfAll(context)),
  };
}

/** What the rules find, as fit says it. A rule that fails says nothing: training goes on. */
function said(context: DiagnosisContext, kind?: Rule["kind"]): Said[] {
  return rules.flatMap((rule) => {
    if (kind !== undefined && rule.kind !== kind) return [];
    try {
      return check(rule, context).map((finding) => ({
        key: [finding.rule, finding.layer, finding.line].join("\n"),
        line: findingLine(finding),
      }));
    } catch {
      return [];
    }
  });
}
