/**
 * Which of all possible questions are asked: such as tell mistakes apart, and each about another thing.
 */
import { Generator, GraphError, OptionError, Tensor, type Value } from "@chainrule/core";
import { checkOptions, describe } from "@chainrule/core/internal";
import { explainedBy } from "../backward/explain-backward.ts";
import { type ExplainOptions, explainOptionNames } from "../backward/options.ts";
import type { BackwardData } from "../explanation/types.ts";
import { BackwardExplanation } from "../text/backward-explanation.ts";
import { type Candidate, candidatesOf } from "./candidates.ts";
import type { Question, Slip, SlipName } from "./question.ts";

/** Which questions to ask. */
export interface QuestionOptions extends ExplainOptions {
  /** How many; 5 by default, or as many as there are. */
  readonly questions?: number;
  /** The same seed chooses the same questions; chosen anew each time by default. */
  readonly seed?: number | string;
  /** The learning rate for questions about a step of gradient descent; 0.1 by default. */
  readonly lr?: number;
}

export const questionOptionNames = [...explainOptionNames, "questions", "seed", "lr"];

/** Numbers closer than this share of the larger are no two numbers to tell apart. */
const closest = 0.03;
const areFar = (a: number, b: number) => Math.abs(a - b) > closest * Math.max(Math.abs(a), Math.abs(b)) + 1e-6;

/** A candidate with those of its mistakes that are told from the answer. */
interface Rated {
  readonly candidate: Candidate;
  readonly slips: readonly Slip[];
  /** How many pairs of mistakes give the same number. */
  readonly ambiguous: number;
}

/**
 * Questions about a backward pass, as data: numbers that are hidden, with the mistakes that are often made and the numbers to
 * which they lead.
 *
 * Of all numbers those are chosen by which mistakes can be told apart, so that a set of questions covers as many mistakes as
 * it can; mistakes that give the answer's own number are left out.
 *
 * @param loss a tensor of one number, a `Value`, or an explanation of one.
 * @throws as `explainBackward`; GraphError where there is nothing to ask; OptionError, ValueError for options.
 *
 * @example
 * const x = value(3, "x");
 * const w = value(-2, "w");
 * const questions = quizQuestions(x.mul(w).tanh(), { questions: 2, seed: 1 });
 * questions[0].ask; // such as "What does v1 send back to w?"
 */
export function quizQuestions(loss: Tensor | Value | BackwardData, options: QuestionOptions = {}): Question[] {
  const where = "quizQuestions";
  checkOptions(where, options, questionOptionNames);
  const { questions = 5, seed, lr = 0.1, ...explaining } = options;
  if (!Number.isInteger(questions) || questions < 1)
    throw new OptionError({ where, expected: "questions as a whole number of at least 1", got: describe(questions) });
  if (!(typeof lr === "number" && lr > 0 && Number.isFinite(lr)))
    throw new OptionError({ where, expected: "lr as a number above 0", got: describe(lr) });
  const data = isExplanation(loss) ? loss : explainedBy("quizQuestions", loss, explaining);
  return chooseQuestions(where, data, { count: questions, generator: new Generator(seed), lr });
}

/** Whether it is an explanation that was made before. */
export function isExplanation(x: unknown): x is BackwardData {
  if (x instanceof BackwardExplanation) return true;
  const { kind, nodes, steps } = (x ?? {}) as Partial<BackwardData>;
  return !(x instanceof Tensor) && kind === "backward" && Array.isArray(nodes) && Array.isArray(steps);
}

/** How to choose. */
interface Choice {
  readonly count: number;
  readonly generator: Generator;
  readonly lr: number;
}

/** The questions, in the order of the backward pass. */
export function chooseQuestions(where: string, data: BackwardData, { count, generator, lr }: Choice): Question[] {
  const rated = generator.shuffle(ratedCandidates(candidatesOf(data, lr)));
  if (rated.length === 0)
    throw new GraphError({
      where,
      expected: "a computation with numbers to ask for",
      got: "one whose tensors are too large, or whose numbers are all 0 or not finite",
      hint: "Take fewer samples, or a larger maxElements.",
    });
  const chosen: Rated[] = [];
  const covered = new Map<SlipName, number>();
  const asked = new Map<string, number>();
  while (chosen.length < count && rated.length > 0) {
    const best = bestOf(rated, covered, asked);
    chosen.push(...rated.splice(best, 1));
    const [{ slips, candidate }] = chosen.slice(-1);
    for (const name of new Set(slips.map((each) => each.name))) covered.set(name, (covered.get(name) ?? 0) + 1);
    asked.set(keyOf(candidate), (asked.get(keyOf(candidate)) ?? 0) + 1);
  }
  const order = new Map(data.steps.map(({ node }, i) => [node, i]));
  return chosen
    .map(({ candidate, slips }) => ({ ...candidate.question(), slips }))
    .sort((a, b) => order.get(a.node)! - order.get(b.node)! || kinds.indexOf(a.kind) - kinds.indexOf(b.kind));
}

const kinds = ["gradient", "local", "sent", "update"];

/** Which number it is, whatever the element. */
function keyOf(candidate: Candidate): string {
  const { kind, node, input } = candidate.question();
  return `${kind} ${node} ${input ?? ""}`;
}

/** Those of which some mistake can be told from the answer, without the other mistakes. */
export function ratedCandidates(candidates: readonly Candidate[]): Rated[] {
  return candidates.flatMap(rate);
}

/** Without the mistakes that cannot be told from the answer; none where no mistake can but that of the sign. */
function rate(candidate: Candidate): Rated[] {
  const { answer } = candidate;
  if (!Number.isFinite(answer)) return [];
  const slips = candidate.slips.filter(({ value }) => Number.isFinite(value) && areFar(value, answer));
  if (slips.every(({ name }) => name === "sign")) return [];
  let ambiguous = 0;
  slips.forEach((a, i) => {
    for (const b of slips.slice(i + 1)) if (a.name !== b.name && !areFar(a.value, b.value)) ambiguous++;
  });
  return [{ candidate, slips, ambiguous }];
}

/** The index of the one that adds most: mistakes not covered yet, told apart, about a number that was not asked for yet. */
function bestOf(
  rated: readonly Rated[],
  covered: ReadonlyMap<SlipName, number>,
  asked: ReadonlyMap<string, number>,
): number {
  let [best, most] = [0, Number.NEGATIVE_INFINITY];
  rated.forEach(({ candidate, slips, ambiguous }, i) => {
    const names = new Set(slips.map(({ name }) => name));
    let worth = 0;
    for (const name of names) worth += 1 / (1 + 2 * (covered.get(name) ?? 0));
    worth -= ambiguous / 2 + 2 * (asked.get(keyOf(candidate)) ?? 0) + (candidate.answer === 0 ? 1 : 0);
    if (worth > most) [best, most] = [i, worth];
  });
  return best;
}
