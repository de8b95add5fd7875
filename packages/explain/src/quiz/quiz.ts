/**
 * `quiz`: questions about one's own backward pass, in the terminal.
 */
import { OptionError, type Tensor, type Value } from "@chainrule/core";
import { checkOptions, describe } from "@chainrule/core/internal";
import { explainedBy } from "../backward/explain-backward.ts";
import { six } from "../explanation/names.ts";
import type { BackwardData } from "../explanation/types.ts";
import { BackwardExplanation } from "../text/backward-explanation.ts";
import { gradeAnswer } from "./grade.ts";
import { type LineReader, terminalLines } from "./lines.ts";
import type { Question } from "./question.ts";
import { isExplanation, type QuestionOptions, questionOptionNames, quizQuestions } from "./questions.ts";

/** How to ask. */
export interface QuizOptions extends QuestionOptions {
  /** How often one question may be answered; 2 by default, so that a hint can be followed. */
  readonly attempts?: number;
  /** Prints a line; console.log by default. */
  readonly print?: (line: string) => void;
  /** Gives the answer that was typed after such a prompt, null where there are no more; from standard input by default. */
  readonly ask?: (prompt: string) => Promise<string | null> | string | null;
}

/** How one question went. */
export interface QuizAnswer {
  readonly question: Question;
  /** What was typed, attempt by attempt. */
  readonly typed: readonly string[];
  readonly isRight: boolean;
  /** The names of the mistakes that were made. */
  readonly slips: readonly string[];
}

/** How a quiz went. */
export interface QuizResult {
  /** How many questions were answered rightly. */
  readonly score: number;
  /** How many were asked. */
  readonly asked: number;
  readonly answers: readonly QuizAnswer[];
}

/**
 * Hides numbers of a backward pass and asks for them, in the terminal. It knows the mistakes that are often made, and says by
 * which one a wrong number came about: what comes from above forgotten, = for += where paths meet, the sign, the derivative
 * by the output in place of the input, the gradient in place of the update, a matrix product with a wrong transposition, the
 * 1/n of a mean left out.
 *
 * Fractions such as 1/3 are numbers, too; an empty line shows the answer. It ends where the input ends.
 *
 * @param loss a tensor of one number, a `Value`, or an explanation of one.
 * @returns the score, and each answer with the mistakes in it.
 * @throws as `quizQuestions`.
 *
 * @example
 * const w = value(2, "w");
 * const loss = w.mul(3).sub(5).square();
 * const { score } = await quiz(loss, { questions: 2, seed: 1, print: () => {}, ask: () => "6" });
 */
export async function quiz(loss: Tensor | Value | BackwardData, options: QuizOptions = {}): Promise<QuizResult> {
  const where = "quiz";
  checkOptions(where, options, [...questionOptionNames, "attempts", "print", "ask"]);
  const { attempts = 2, print = console.log, ask, ...choosing } = options;
  if (!Number.isInteger(attempts) || attempts < 1)
    throw new OptionError({ where, expected: "attempts as a whole number of at least 1", got: describe(attempts) });
  for (const [name, f] of Object.entries({ print, ask }))
    if (f !== undefined && typeof f !== "function")
      throw new OptionError({ where, expected: `${name} as a function`, got: describe(f) });
  const { questions: _, seed: _seed, lr: _lr, ...explaining } = choosing;
  const data = isExplanation(loss) ? loss : explainedBy("quiz", loss, explaining);
  const questions = quizQuestions(data, choosing);
  const lines: LineReader = ask ? { next: async (prompt) => ask(prompt), close: () => {} } : terminalLines(where);
  try {
    return await run(data, questions, { attempts, print, lines });
  } finally {
    lines.close();
  }
}

/** With what a quiz is held. */
interface Holding {
  readonly attempts: number;
  readonly print: (line: string) => void;
  readonly lines: LineReader;
}

async function run(data: BackwardData, questions: readonly Question[], { attempts, print, lines }: Holding) {
  print(forwardText(data));
  const answers: QuizAnswer[] = [];
  for (const [i, question] of questions.entries()) {
    print(`\nQuestion ${i + 1} of ${questions.length}`);
    for (const line of question.given) print(`  ${line}`);
    print(question.ask);
    const answer = await askOne(question, { attempts, print, lines });
    if (answer === null) break;
    answers.push(answer);
  }
  const score = answers.filter(({ isRight }) => isRight).length;
  print(`\n${scoreText(score, answers, questions.length)}`);
  return { score, asked: answers.length, answers };
}

/** The program, as the explanation tells it: without the way back. */
function forwardText(data: BackwardData): string {
  return new BackwardExplanation(data).toText().split("\n\nBackward")[0];
}

/** After so many lines that are no numbers the answer is shown. */
const mostUnreadable = 5;

/** Null where the input has ended before an answer. */
async function askOne(question: Question, { attempts, print, lines }: Holding): Promise<QuizAnswer | null> {
  const typed: string[] = [];
  const slips: string[] = [];
  let unreadable = 0;
  while (typed.length < attempts && unreadable < mostUnreadable) {
    const line = await lines.next("> ");
    if (line === null) {
      if (typed.length === 0) return null;
      break;
    }
    if (line.trim() === "") break;
    const verdict = gradeAnswer(question, line);
    print(verdict.message);
    if (verdict.kind === "unreadable") {
      unreadable++;
      continue;
    }
    typed.push(line.trim());
    slips.push(...verdict.slips);
    if (verdict.kind === "right") return { question, typed, isRight: true, slips };
  }
  print(`It is ${six(question.answer)}: ${question.solution}`);
  return { question, typed, isRight: false, slips };
}

function scoreText(score: number, answers: readonly QuizAnswer[], count: number): string {
  const asked = answers.length < count ? `, of ${count} in all` : "";
  const made = new Map<string, number>();
  for (const name of answers.flatMap(({ slips }) => slips)) made.set(name, (made.get(name) ?? 0) + 1);
  const listed = [...made].map(([name, times]) => `${name}${times > 1 ? ` (${times} times)` : ""}`);
  return `${score} of ${answers.length} right${asked}.${listed.length > 0 ? ` Slips: ${listed.join(", ")}.` : ""}`;
}
