/**
 * `tracePage`: a page with which one steps through the computation of one's own program, and back.
 */
import { Generator, GraphError, OptionError, type Tensor, type Value } from "@chainrule/core";
import { checkOptions, describe } from "@chainrule/core/internal";
import { sha256 } from "@noble/hashes/sha2.js";
import { explainedBy } from "../backward/explain-backward.ts";
import { explainOptionNames } from "../backward/options.ts";
import { six } from "../explanation/names.ts";
import type { BackwardData, BackwardStep, ExplainedNode } from "../explanation/types.ts";
import { candidatesOf } from "../quiz/candidates.ts";
import { indexOf } from "../quiz/contributions.ts";
import type { Question } from "../quiz/question.ts";
import { chooseQuestions, isExplanation, type QuestionOptions, ratedCandidates } from "../quiz/questions.ts";
import { type Folding, foldByLayer, unfolded } from "./fold.ts";
import { type Frame, framesOf } from "./frames.ts";
import { graphSvg } from "./graph.ts";
import { escaped, jsonForScript } from "./html.ts";
import { script } from "./script.ts";
import { style } from "./style.ts";

/** What the page has besides the steps. */
export interface TracePageOptions extends Omit<QuestionOptions, "questions"> {
  /** What the page is called. */
  readonly title?: string;
  /** Whether each number is asked for before it is shown; false by default. */
  readonly predict?: boolean;
  /** How many questions the page's quiz has; none by default, and 5 for true. */
  readonly quiz?: boolean | number;
  /** Whether the nodes of one layer are one box, into which one can step; by default where there are more than 24 nodes. */
  readonly fold?: boolean;
}

const optionNames = [...explainOptionNames, "title", "predict", "quiz", "fold", "seed", "lr"];
/** More nodes than this are folded. */
const mostUnfolded = 24;
/** More boxes than this in one drawing nobody can read, and laying them out takes long. */
const mostBoxes = 400;

/**
 * A page, in one piece and without a network, with which one steps forward and backward through a computation, node by node:
 * the graph, every value, from above × local derivative = sent on each edge, the sums where paths meet, formulas.
 *
 * It goes by buttons, the slider, arrow keys, Home, End and Enter, and by touch; is read by screen readers, printed, projected,
 * light and dark; and without scripts it is a text of all steps. Scripts of others cannot run in it. With `predict` each number
 * is asked for first; with `quiz` it ends in questions that know the common slips.
 *
 * @param loss a tensor of one number, a `Value`, or an explanation of one.
 * @returns HTML, to be written to a file.
 * @throws as `explainBackward`; OptionError for options; GraphError for more nodes than can be drawn.
 *
 * @example
 * const html = tracePage(loss, { names: { w, b, loss }, predict: true, quiz: 5, seed: 1 });
 * await writeFile("trace.html", html);
 */
export function tracePage(loss: Tensor | Value | BackwardData, options: TracePageOptions = {}): string {
  const where = "tracePage";
  checkOptions(where, options, optionNames);
  const { title, predict = false, quiz = false, fold, seed, lr = 0.1, ...explaining } = options;
  checkPageOptions(where, { title, predict, quiz, fold, lr });
  const generator = new Generator(seed ?? 0);
  const data = isExplanation(loss) ? loss : explainedBy("tracePage", loss, explaining);
  const folding = (fold ?? data.nodes.length > mostUnfolded) ? foldByLayer(data) : unfolded(data);
  checkSize(where, data, folding);
  const count = quiz === true ? 5 : Number(quiz);
  const questions: Question[] = count > 0 ? chooseQuestions(where, data, { count, generator, lr }) : [];
  const frames = framesOf({ data, folding, predictions: predict ? predictionsOf(data, lr) : noPredictions });
  const name = title ?? `The chain rule, step by step: ${data.nodes[data.result].name}`;
  return pageOf({ data, folding, frames, questions, predict, title: name });
}

function checkPageOptions(where: string, { title, predict, quiz, fold, lr }: Record<string, unknown>): void {
  const refuse = (expected: string, got: unknown) => {
    throw new OptionError({ where, expected, got: describe(got) });
  };
  if (title !== undefined && typeof title !== "string") refuse("title as a text", title);
  for (const [name, given] of Object.entries({ predict, fold }))
    if (given !== undefined && typeof given !== "boolean") refuse(`${name} as true or false`, given);
  if (typeof quiz !== "boolean" && !(Number.isInteger(quiz) && (quiz as number) >= 0))
    refuse("quiz as true, false or a number of questions", quiz);
  if (!(typeof lr === "number" && lr > 0 && Number.isFinite(lr))) refuse("lr as a number above 0", lr);
}

function checkSize(where: string, { nodes }: BackwardData, { groups, groupOf }: Folding): void {
  const outside = groupOf.filter((group) => group === null).length + groups.length;
  const largest = Math.max(outside, ...groups.map((group) => group.nodes.length));
  if (largest <= mostBoxes) return;
  throw new GraphError({
    where,
    expected: `at most ${mostBoxes} nodes in one drawing`,
    got: `${largest} of ${nodes.length} nodes`,
    hint: "Take one sample, tensors in place of Values, or a model whose layers are folded: { fold: true }.",
  });
}

type Predictions = Parameters<typeof framesOf>[0]["predictions"];

const noPredictions: Predictions = { forward: () => null, backward: () => null };

/** For each frame the question by whose answer it is shown. */
function predictionsOf(data: BackwardData, lr: number): Predictions {
  const rated = ratedCandidates(candidatesOf(data, lr));
  const byNode = new Map<number, Question[]>();
  for (const { candidate, slips } of rated) {
    const question = { ...candidate.question(), slips };
    byNode.set(question.node, [...(byNode.get(question.node) ?? []), question]);
  }
  return {
    forward: (node) => valueQuestion(node),
    backward({ node, terms, sends }: BackwardStep) {
      const own = byNode.get(node) ?? [];
      const kind = sends.length === 0 || terms.length > 1 ? "gradient" : "sent";
      const fitting = own.filter((question) => question.kind === kind || question.kind === "sent");
      const most = Math.max(0, ...fitting.map(({ slips }) => slips.length));
      return (
        fitting.find((question) => question.kind === kind && question.slips.length === most) ??
        fitting.find(({ kind: each }) => each === kind) ??
        fitting.find(({ slips }) => slips.length === most) ??
        null
      );
    },
  };
}

/** The number of a node, or one of them. */
function valueQuestion({ id, name, value, formula }: ExplainedNode): Question | null {
  const numbers = value.values;
  if (!numbers || numbers.length === 0) return null;
  const place = Math.max(
    0,
    numbers.findIndex((x) => Number.isFinite(x) && Math.abs(x) > 1e-7),
  );
  const answer = numbers[place];
  if (!Number.isFinite(answer)) return null;
  const element = value.shape.length === 0 ? name : `${name}[${indexOf(place, value.shape).join(", ")}]`;
  return {
    kind: "value",
    node: id,
    place,
    ask: `What is ${element}?`,
    given: [],
    answer,
    slips: [],
    solution: `${formula ? `${name} = ${formula.text}: ` : ""}${element} = ${six(answer)}`,
  };
}

/** All that the page is made of. */
interface Page {
  readonly data: BackwardData;
  readonly folding: Folding;
  readonly frames: readonly Frame[];
  readonly questions: readonly Question[];
  readonly predict: boolean;
  readonly title: string;
}

function pageOf({ data, folding, frames, questions, predict, title }: Page): string {
  const all: Question[] = [...questions];
  const parts = frames.map((frame, i) => {
    const question = frame.prediction;
    const form = question ? questionHtml(question, all.push(question) - 1, i) : "";
    return articleHtml(frame, folding, form);
  });
  let asked = questions.length;
  const told = frames.map(({ html: _, prediction, ...frame }) => ({
    ...frame,
    prediction: prediction ? asked++ : null,
  }));
  const content = {
    frames: told,
    questions: all.map(({ ask, answer, slips }) => ({ ask, answer, slips })),
    predict,
    quiz: questions.map((_, i) => i),
  };
  const hrefOf = (key: string) =>
    key.startsWith("g") || data.nodes[Number(key.slice(1))].inputs.length > 0
      ? `forward-${key.replace("n", "")}`
      : "given";
  const drawings = [null, ...folding.groups].map((group) => {
    const name = group ? `The nodes of ${group.name}` : "The computation";
    const drawn = graphSvg(data, folding, group, hrefOf);
    return `<div class="drawing" data-drawing="${group ? `g${group.id}` : "all"}" tabindex="0" role="region" aria-label="${escaped(name)}, drawn">${drawn}</div>`;
  });
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src '${hashOf(script)}'; style-src '${hashOf(style)}'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${escaped(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>${escaped(title)}</h1>
<div id="pages">
<p class="js-only note tip">Arrow keys, the buttons below or a finger go from step to step; Home and End to the first and the last.</p>
${drawings.join("\n")}
${parts.join("\n")}
</div>
${questions.length > 0 ? quizHtml(questions) : ""}
<p id="status" class="hidden" role="status" aria-live="polite"></p>
</main>
<nav class="toolbar js-only" aria-label="Steps">
<button id="first" type="button" aria-label="First step">|◀</button>
<button id="previous" type="button" aria-label="Step back">◀</button>
<input id="slider" type="range" min="0" max="${frames.length - 1}" value="0" aria-label="Step">
<span id="place" class="place"></span>
<button id="next" type="button" class="main" aria-label="Next step">▶</button>
<button id="last" type="button" aria-label="Last step">▶|</button>
${questions.length > 0 ? '<button id="to-quiz" type="button">Quiz</button>' : ""}
</nav>
<script type="application/json" id="data">${jsonForScript(content)}</script>
<script>${script}</script>
</body>
</html>
`;
}

function articleHtml({ id, heading, html, group, opens }: Frame, { groups }: Folding, form: string): string {
  const layer = opens ?? group;
  const title = layer === null ? "" : groups[layer].name;
  const button =
    layer === null
      ? ""
      : `<p class="js-only"><button type="button" class="layer" data-layer="${layer}">${opens === null ? "Fold" : "Step into"} ${escaped(title)}</button></p>`;
  return `<article id="${id}" aria-labelledby="${id}-heading"><h2 id="${id}-heading">${escaped(heading)}</h2>${button}${form}${html}</article>`;
}

/** @param frame the step that shows the answer, for what is to be predicted. */
function questionHtml({ ask, given, answer, solution }: Question, index: number, frame?: number): string {
  const isPrediction = frame !== undefined;
  const lines = isPrediction
    ? ""
    : `<ul class="given">${given.map((line) => `<li>${escaped(line)}</li>`).join("")}</ul>`;
  return `<form class="question${isPrediction ? " js-only" : ""}" data-question="${index}"${isPrediction ? ` data-frame="${frame}"` : ""} novalidate>${lines}<label for="q${index}">${escaped(ask)}</label>
<div class="answer js-only"><input id="q${index}" autocomplete="off" autocapitalize="off" spellcheck="false" inputmode="text" aria-describedby="v${index}"><button type="submit" class="main">Check</button><button type="button" class="show">Show</button></div>
<p class="verdict" id="v${index}" role="status"></p><details><summary>Answer</summary><p>It is ${escaped(six(answer))}: ${escaped(solution)}</p></details></form>`;
}

function quizHtml(questions: readonly Question[]): string {
  return `<section id="quiz" aria-labelledby="quiz-heading"><h2 id="quiz-heading" tabindex="-1">Quiz</h2>
<p>Write numbers as 0.25, -1/3 or 2e-3.</p>
${questions.map((question, i) => questionHtml(question, i)).join("\n")}
<p id="score" role="status"></p></section>`;
}

/** As a content security policy names what it allows. */
function hashOf(text: string): string {
  const bytes = sha256(new TextEncoder().encode(text));
  return `sha256-${btoa(String.fromCharCode(...bytes))}`;
}
