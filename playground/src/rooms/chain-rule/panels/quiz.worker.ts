/**
 * Chooses questions about a computation, apart from the page: of a large graph there are hundreds to choose from.
 */
import { type BackwardData, type Question, quizQuestions } from "@chainrule/explain";

export interface Wanted {
  readonly data: BackwardData;
  readonly seed: number;
  readonly lr: number;
}

self.onmessage = ({ data: { key, question } }: MessageEvent<{ key: string; question: Wanted }>) => {
  postMessage({ key, answer: chosen(question) });
};

function chosen({ data, seed, lr }: Wanted): Question[] {
  try {
    return quizQuestions(data, { questions: 5, seed, lr });
  } catch {
    // Where all numbers are 0 or none is finite there is nothing to ask.
    return [];
  }
}
