/**
 * The chain rule told step by step, with the numbers of a program of one's own.
 */
export { explain } from "./backward/explain.ts";
export { explainBackward } from "./backward/explain-backward.ts";
export type { ExplainOptions } from "./backward/options.ts";
export type {
  BackwardData,
  BackwardStep,
  ExplainedKind,
  ExplainedNode,
  Formula,
  LocalDerivative,
  Numbers,
  Sent,
  Term,
} from "./explanation/types.ts";
export { type ExplainGradientOptions, explainGradient } from "./gradient/explain-gradient.ts";
export { GradientExplanation } from "./gradient/gradient-explanation.ts";
export type { GradientData, GradientElement, GradientShare } from "./gradient/types.ts";
export { type TracePageOptions, tracePage } from "./page/trace-page.ts";
export { gradeAnswer, type Verdict } from "./quiz/grade.ts";
export type { Question, QuestionKind, Slip, SlipName } from "./quiz/question.ts";
export { type QuestionOptions, quizQuestions } from "./quiz/questions.ts";
export { type QuizAnswer, type QuizOptions, type QuizResult, quiz } from "./quiz/quiz.ts";
export { BackwardExplanation, type FoldOptions } from "./text/backward-explanation.ts";
