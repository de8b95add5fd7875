/**
 * Runs a program of the collection: in a worker, and in tests.
 */
import { diagnose, type Findings } from "chainrule";
import type { Program } from "../../../../packages/nn/test/diagnose/everything.ts";
import { usualEpochs, usualSteps } from "./program-text.ts";

/** What training says: a loss for each epoch, or for each step of a training by hand. */
export interface Trained {
  readonly losses: readonly number[];
  readonly per: "epoch" | "step";
  /** What stopped it; empty where nothing did. */
  readonly problem: string;
}

/** What `diagnose` found, in its own words. */
export interface Told {
  readonly rule: string;
  readonly layer: string;
  readonly evidence: string;
  readonly explanation: string;
  readonly fix: string;
}

/** Trains a program as its script says. */
export async function train(program: Program): Promise<Trained> {
  const losses: number[] = [];
  const per = "loss" in program ? "step" : "epoch";
  try {
    if ("loss" in program) {
      for (let i = 0; i < usualSteps; i++) {
        losses.push(program.loss().item());
        stepOf(program)();
      }
    } else {
      const { model, x, y, train: options } = program;
      const told = { onEpochEnd: (_epoch: number, { loss }: { loss?: number }) => void losses.push(Number(loss)) };
      const epochs = options?.epochs ?? usualEpochs;
      await model.fit(x, y, { ...options, epochs, verbose: 0, diagnose: false, callbacks: [told] });
    }
    return { losses, per, problem: "" };
  } catch (error) {
    return { losses, per, problem: (error as Error).message };
  }
}

/** What `diagnose` says of a program, trained before only where it asks for that. */
export async function findingsOf(program: Program): Promise<Findings> {
  if ("loss" in program) return diagnose(program);
  const { model, x, y, train: options } = program;
  if (options) await model.fit(x, y, { verbose: 0, diagnose: false, ...options });
  return diagnose(model, [x, y]);
}

/** The findings as plain data. */
export function toldBy(findings: Findings): Told[] {
  return Array.from(findings, ({ rule, layer, evidence, explanation, fix }) => ({
    rule,
    layer: layer ?? "",
    evidence,
    explanation,
    fix,
  }));
}

/** Its own step, or the usual one. */
function stepOf({ loss, step, optimizer }: Extract<Program, { loss: unknown }>): () => unknown {
  return (
    step ??
    (() => {
      optimizer?.zeroGrad();
      loss().backward();
      optimizer?.step();
    })
  );
}
