/**
 * What a quiz consists of, as plain data: the terminal and the page ask the same questions and know the same slips.
 */

/** What is asked for. */
export type QuestionKind = "value" | "local" | "sent" | "gradient" | "update";

/** A mistake that is often made, by its name. */
export type SlipName =
  | "upstream forgotten"
  | "upstream included"
  | "= for +="
  | "sign"
  | "derivative by the output"
  | "derivative at the output"
  | "gradient of the other input"
  | "gradient for update"
  | "learning rate forgotten"
  | "transposed product"
  | "1/n forgotten";

/** The number at which a mistake arrives. */
export interface Slip {
  readonly name: SlipName;
  readonly value: number;
  /** What is wrong with it, and what to do. */
  readonly hint: string;
}

/** A number of an explanation that is hidden and asked for. */
export interface Question {
  readonly kind: QuestionKind;
  /** The id of the node that it is about. */
  readonly node: number;
  /** The id of the input that is asked about, for what is sent and for local derivatives. */
  readonly input?: number;
  /** The place of the number within the tensor, in row-major order. */
  readonly place: number;
  /** The question as a sentence. */
  readonly ask: string;
  /** What one needs to know, line by line. */
  readonly given: readonly string[];
  readonly answer: number;
  /** Mistakes with their numbers, each another one than the answer's. */
  readonly slips: readonly Slip[];
  /** How the answer comes about. */
  readonly solution: string;
}
