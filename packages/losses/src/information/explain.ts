/**
 * Cross-entropy taken apart, event by event: what each adds, and how H(p, q) = H(p) + KL(p ‖ q) comes about.
 */
import { ShapeError, Tensor, type TensorLike, tensor, ValueError } from "@chainrule/core";
import { checkOptions, formatShape } from "@chainrule/core/internal";
import { printable } from "../format/printable.ts";
import * as information from "./measures.ts";

/** One amount of information in both units. */
export interface NatsAndBits {
  readonly nats: number;
  readonly bits: number;
}

/** What one event adds to the cross-entropy. */
export interface CrossEntropyTerm {
  readonly label: string;
  /** How probable it is. */
  readonly p: number;
  /** How probable it is taken to be. */
  readonly q: number;
  /** -log q in nats: how surprised one who expects q is by it. */
  readonly surprisal: number;
  /** p · -log q in nats, 0 where p is 0. */
  readonly product: number;
}

/** The decomposition of a cross-entropy; prints as a table. */
export interface CrossEntropyExplanation {
  readonly events: readonly CrossEntropyTerm[];
  /** H(p) = -Σ p log p. */
  readonly entropy: NatsAndBits;
  /** KL(p ‖ q) = Σ p log(p / q). */
  readonly klDivergence: NatsAndBits;
  /** H(p, q) = -Σ p log q = H(p) + KL(p ‖ q). */
  readonly crossEntropy: NatsAndBits;
  /** The table as text. */
  toString(): string;
}

/**
 * Takes the cross-entropy H(p, q) = -Σ p log q apart.
 *
 * Shows p, q, -log q and their product for each event, then H(p), KL(p ‖ q) and H(p, q) in nats and bits. Print the
 * result, or read its numbers. Where q is 0 and p is not, KL and H(p, q) are Infinity, and the text says so.
 *
 * @param p what is true, [n]. @param q what is expected, [n].
 * @param options `labels`: a name for each event; by default "event 1", "event 2", ….
 * @throws ShapeError unless both are vectors of one length, ValueError for what is no distribution.
 *
 * @example
 * console.log(explainCrossEntropy([0.6, 0.4], [0.5, 0.5], { labels: ["heads", "tails"] }));
 */
export function explainCrossEntropy(
  p: TensorLike,
  q: TensorLike,
  options: { labels?: readonly string[] } = {},
): CrossEntropyExplanation {
  const name = "explainCrossEntropy";
  checkOptions(name, options, ["labels"]);
  const [truth, guess] = [inDouble(p), inDouble(q)];
  for (const x of [truth, guess])
    if (x.rank !== 1)
      throw new ShapeError({ where: name, expected: "a vector of probabilities", got: formatShape(x.shape) });
  const nats = {
    entropy: information.entropy(truth).item(),
    klDivergence: information.klDivergence(truth, guess).item(),
    crossEntropy: information.crossEntropy(truth, guess).item(),
  };
  const { labels = Array.from({ length: truth.size }, (_, i) => `event ${i + 1}`) } = options;
  if (labels.length !== truth.size)
    throw new ValueError({ where: name, expected: `${truth.size} labels`, got: `${labels.length}` });
  const surprises = information.surprisal(guess.clamp(0, 1)).toTypedArray();
  const events = labels.map((label, i): CrossEntropyTerm => {
    const [pi, qi] = [truth.at(i), guess.at(i)];
    return { label, p: pi, q: qi, surprisal: surprises[i], product: pi === 0 ? 0 : pi * surprises[i] };
  });
  const explanation = {
    events,
    entropy: amount(nats.entropy),
    klDivergence: amount(nats.klDivergence),
    crossEntropy: amount(nats.crossEntropy),
  };
  return printable(explanation, () => textOf(explanation));
}

/** Double precision, so that the digits shown are digits of the answer. */
export function inDouble(x: TensorLike): Tensor {
  return x instanceof Tensor ? x.detach().cast("float64") : tensor(x, { dtype: "float64" });
}

export function amount(nats: number): NatsAndBits {
  return { nats, bits: nats / Math.LN2 };
}

function textOf({ events, entropy, klDivergence, crossEntropy }: Omit<CrossEntropyExplanation, "toString">): string {
  const shares = [
    ["event", "p", "q", "-log q", "p · -log q"],
    ...events.map(({ label, p, q, surprisal, product }) => [label, ...[p, q, surprisal, product].map(number)]),
  ];
  const sums = [
    ["", "", "nats", "bits"],
    ["H(p)", "-Σ p log p", number(entropy.nats), number(entropy.bits)],
    ["KL(p ‖ q)", "Σ p log(p / q)", number(klDivergence.nats), number(klDivergence.bits)],
    ["H(p, q)", "-Σ p log q", number(crossEntropy.nats), number(crossEntropy.bits)],
  ];
  const impossible = events.filter(({ p, q }) => p > 0 && q === 0).map(({ label }) => label);
  const notes = [
    "H(p, q) = H(p) + KL(p ‖ q). The minus sign belongs to it: log q is never above 0, so -Σ p log q is never below.",
    "Where q = p, KL is 0 and H(p, q) is H(p): not 0, unless p is certain.",
  ];
  if (impossible.length > 0)
    notes.push(
      `q says that ${impossible.join(" and ")} cannot happen, and p that it does: no finite surprise is enough, so KL and H(p, q) are Infinity.`,
    );
  return [table(shares, 1), table(sums, 2), notes.join("\n")].join("\n\n");
}

/** Four decimals, which is what a table shows of a probability. */
export function number(x: number): string {
  return Number.isFinite(x) ? (Math.abs(x) < 5e-5 ? 0 : x).toFixed(4) : String(x);
}

/** Rows with their columns aligned: the first `left` to the left, numbers to the right. */
export function table(rows: readonly (readonly string[])[], left: number): string {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const line = (row: readonly string[]) =>
    row.map((cell, column) => (column < left ? cell.padEnd(widths[column]) : cell.padStart(widths[column]))).join("  ");
  return rows.map((row) => line(row).trimEnd()).join("\n");
}
