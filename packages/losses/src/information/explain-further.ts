/**
 * Mutual information, mixtures and Bregman divergences taken apart: what adds up to what.
 */
import { grad, ShapeError, type Tensor, type TensorLike, ValueError } from "@chainrule/core";
import { checkOptions, formatShape } from "@chainrule/core/internal";
import { printable } from "../format/printable.ts";
import { amount, inDouble, type NatsAndBits, number, table } from "./explain.ts";
import { type BregmanOptions, bregman, conditionalEntropy, generatorOf, mixture } from "./further.ts";
import * as information from "./measures.ts";

function namesOf(where: string, given: readonly string[] | undefined, count: number, word: string): readonly string[] {
  const names = given ?? Array.from({ length: count }, (_, i) => `${word} ${i + 1}`);
  if (names.length === count) return names;
  throw new ValueError({ where, expected: `${count} labels`, got: `${names.length}` });
}

function inUnits({ nats, bits }: NatsAndBits): string[] {
  return [number(nats), number(bits)];
}

/** What one pair of events adds to the mutual information. */
export interface PairTerm {
  readonly row: string;
  readonly column: string;
  /** p(x, y). */
  readonly joint: number;
  /** p(x) p(y), which it would be if the two knew nothing of each other. */
  readonly independent: number;
  /** log [p(x, y) / (p(x) p(y))] in nats, the pointwise mutual information. */
  readonly pointwise: number;
  /** p(x, y) times that, 0 where p(x, y) is 0. */
  readonly product: number;
}

/** The decomposition of the entropies of a joint table; prints as tables. */
export interface MutualInformationExplanation {
  readonly pairs: readonly PairTerm[];
  /** H(X), of the rows. */
  readonly entropyOfRows: NatsAndBits;
  /** H(Y), of the columns. */
  readonly entropyOfColumns: NatsAndBits;
  /** H(X, Y). */
  readonly jointEntropy: NatsAndBits;
  /** H(Y | X) = H(X, Y) - H(X). */
  readonly columnsGivenRows: NatsAndBits;
  /** H(X | Y) = H(X, Y) - H(Y). */
  readonly rowsGivenColumns: NatsAndBits;
  /** I(X; Y) = H(X) + H(Y) - H(X, Y) = H(Y) - H(Y | X). */
  readonly mutualInformation: NatsAndBits;
  /** The tables as text. */
  toString(): string;
}

/**
 * Takes the mutual information of a joint table apart: what each pair of events adds, and how the entropies, the conditional
 * entropies and I(X; Y) add up.
 *
 * @param joint probabilities [X, Y] that sum to 1.
 * @param options `rows` and `columns`: names of the events; by default "x 1", … and "y 1", …; `normalize`, for counts.
 * @throws ShapeError for what is no table; ValueError for what is no distribution, and for names that are not one for each.
 *
 * @example
 * console.log(explainMutualInformation([[0.4, 0.1], [0.1, 0.4]], { rows: ["sun", "rain"], columns: ["hat", "umbrella"] }));
 */
export function explainMutualInformation(
  joint: TensorLike,
  options: { rows?: readonly string[]; columns?: readonly string[]; normalize?: boolean } = {},
): MutualInformationExplanation {
  const name = "explainMutualInformation";
  checkOptions(name, options, ["rows", "columns", "normalize"]);
  const given = inDouble(joint);
  if (given.rank !== 2)
    throw new ShapeError({ where: name, expected: "a joint table, [X, Y]", got: formatShape(given.shape) });
  const measured = information.mutualInformation(given, { normalize: options.normalize }).item();
  const p = options.normalize ? given.div(given.sum()) : given;
  const [rows, columns] = [
    namesOf(name, options.rows, p.shape[0], "x"),
    namesOf(name, options.columns, p.shape[1], "y"),
  ];
  const [ofRows, ofColumns] = [p.sum(1), p.sum(0)];
  const pairs = rows.flatMap((row, i) =>
    columns.map((column, j): PairTerm => {
      const [both, independent] = [p.at(i, j), ofRows.at(i) * ofColumns.at(j)];
      const pointwise = Math.log(both / independent);
      return { row, column, joint: both, independent, pointwise, product: both === 0 ? 0 : both * pointwise };
    }),
  );
  const explanation = {
    pairs,
    entropyOfRows: amount(information.entropy(ofRows, { normalize: true }).item()),
    entropyOfColumns: amount(information.entropy(ofColumns, { normalize: true }).item()),
    jointEntropy: amount(information.entropy(p.reshape([p.size]), { normalize: true }).item()),
    columnsGivenRows: amount(conditionalEntropy(p, { normalize: true }).item()),
    rowsGivenColumns: amount(conditionalEntropy(p, { given: "columns", normalize: true }).item()),
    mutualInformation: amount(Math.max(0, measured)),
  };
  return printable(explanation, () => textOfMutual(explanation));
}

function textOfMutual(explanation: Omit<MutualInformationExplanation, "toString">): string {
  const shares = [
    ["x", "y", "p(x,y)", "p(x)p(y)", "log of the ratio", "product"],
    ...explanation.pairs.map(({ row, column, joint, independent, pointwise, product }) => [
      row,
      column,
      ...[joint, independent, pointwise, product].map(number),
    ]),
  ];
  const sums = [
    ["", "", "nats", "bits"],
    ["H(X)", "-Σ p(x) log p(x)", ...inUnits(explanation.entropyOfRows)],
    ["H(Y)", "-Σ p(y) log p(y)", ...inUnits(explanation.entropyOfColumns)],
    ["H(X, Y)", "-Σ p(x,y) log p(x,y)", ...inUnits(explanation.jointEntropy)],
    ["H(Y | X)", "H(X, Y) - H(X)", ...inUnits(explanation.columnsGivenRows)],
    ["H(X | Y)", "H(X, Y) - H(Y)", ...inUnits(explanation.rowsGivenColumns)],
    ["I(X; Y)", "H(X) + H(Y) - H(X, Y)", ...inUnits(explanation.mutualInformation)],
  ];
  const notes =
    "I(X; Y) = H(Y) - H(Y | X): by so much Y surprises less once X is known; and the same the other way round.\nA single product may be below 0, of a pair that occurs less often than by chance; their sum never is.";
  return [table(shares, 2), table(sums, 2), notes].join("\n\n");
}

/** What one component adds to the entropy of a mixture. */
export interface ComponentTerm {
  readonly label: string;
  readonly weight: number;
  /** H(p_k) in nats. */
  readonly entropy: number;
  /** KL(p_k ‖ m) in nats: how far it is from the mixture. */
  readonly klDivergence: number;
  /** H(p_k, m) in nats, the sum of the two; or H(p_k, q) where a q is given. */
  readonly crossEntropy: number;
}

/** The decomposition of the entropy, or the cross-entropy, of a mixture; prints as tables. */
export interface MixtureExplanation {
  readonly components: readonly ComponentTerm[];
  /** Σ w_k H(p_k). */
  readonly meanEntropy: NatsAndBits;
  /** Σ w_k KL(p_k ‖ m): Jensen and Shannon's divergence of all components, what a draw tells about which one it came from. */
  readonly divergence: NatsAndBits;
  /** H(m), the sum of the two. */
  readonly entropy: NatsAndBits;
  /** H(m, q) = Σ w_k H(p_k, q); H(m) where no q is given. */
  readonly crossEntropy: NatsAndBits;
  /** The tables as text. */
  toString(): string;
}

/**
 * Takes the entropy of a mixture m = Σ w_k p_k apart, H(m) = Σ w_k H(p_k) + Σ w_k KL(p_k ‖ m), and its cross-entropy with a q, which is
 * just the mean of the components', H(m, q) = Σ w_k H(p_k, q).
 *
 * @param components p, [K, n]. @param weights w, [K], which sum to 1.
 * @param options `labels`: a name for each component; by default "component 1", …; `q`, what is expected, [n].
 * @throws ShapeError where shapes do not fit; ValueError for what is no distribution, and for names that are not one for each.
 *
 * @example
 * console.log(explainMixture([[1, 0], [0.5, 0.5]], [0.5, 0.5]));
 */
export function explainMixture(
  components: TensorLike,
  weights: TensorLike,
  options: { labels?: readonly string[]; q?: TensorLike } = {},
): MixtureExplanation {
  const name = "explainMixture";
  checkOptions(name, options, ["labels", "q"]);
  const [parts, w] = [inDouble(components), inDouble(weights)];
  if (parts.rank !== 2)
    throw new ShapeError({ where: name, expected: "components, [K, n]", got: formatShape(parts.shape) });
  const m = mixture(parts, w);
  const q = options.q === undefined ? m : inDouble(options.q);
  const of = (f: (p: Tensor) => Tensor) => Array.from({ length: w.size }, (_, k) => f(parts.slice(k)).item());
  const entropies = of((p) => information.entropy(p));
  const divergences = of((p) => information.klDivergence(p, m));
  const crossed = of((p) => information.crossEntropy(p, q));
  const labels = namesOf(name, options.labels, w.size, "component");
  const terms = labels.map(
    (label, k): ComponentTerm => ({
      label,
      weight: w.at(k),
      entropy: entropies[k],
      klDivergence: divergences[k],
      crossEntropy: crossed[k],
    }),
  );
  // A component without weight adds nothing, infinite as its divergence may be.
  const mean = (numbers: number[]) => numbers.reduce((sum, x, k) => sum + (w.at(k) === 0 ? 0 : w.at(k) * x), 0);
  const explanation = {
    components: terms,
    meanEntropy: amount(mean(entropies)),
    divergence: amount(mean(divergences)),
    entropy: amount(information.entropy(m).item()),
    crossEntropy: amount(information.crossEntropy(m, q).item()),
  };
  return printable(explanation, () => textOfMixture(explanation, options.q !== undefined));
}

function textOfMixture(explanation: Omit<MixtureExplanation, "toString">, hasQ: boolean): string {
  const last = hasQ ? "q" : "m";
  const shares = [
    ["", "weight", "H(p)", "KL(p ‖ m)", `H(p, ${last})`],
    ...explanation.components.map(({ label, weight, entropy, klDivergence, crossEntropy }) => [
      label,
      ...[weight, entropy, klDivergence, crossEntropy].map(number),
    ]),
  ];
  const sums = [
    ["", "", "nats", "bits"],
    ["mean entropy", "Σ w H(p)", ...inUnits(explanation.meanEntropy)],
    ["divergence", "Σ w KL(p ‖ m)", ...inUnits(explanation.divergence)],
    ["H(m)", "their sum", ...inUnits(explanation.entropy)],
    ...(hasQ ? [["H(m, q)", "Σ w H(p, q)", ...inUnits(explanation.crossEntropy)]] : []),
  ];
  const notes =
    "Mixing adds entropy: as much as a draw tells about the component that it came from. Cross-entropy is linear in what is true:\nthat of the mixture is the mean of its components'.";
  return [table(shares, 1), table(sums, 2), notes].join("\n\n");
}

/** A Bregman divergence as the gap between a convex function and its tangent; prints as a table. */
export interface BregmanExplanation {
  /** F(p). */
  readonly value: number;
  /** F(q). */
  readonly base: number;
  /** ∇F(q). */
  readonly slope: readonly number[];
  /** F(q) + ∇F(q)·(p - q), where the tangent at q is above p. */
  readonly tangent: number;
  /** D_F(p, q), the difference of the two. */
  readonly divergence: number;
  /** The table as text. */
  toString(): string;
}

/**
 * Shows a Bregman divergence D_F(p, q) = F(p) - [F(q) + ∇F(q)·(p - q)] as the gap between F and its tangent.
 *
 * @param p where F is looked at, [n]. @param q where its tangent touches, [n].
 * @param options `generator` F as for `information.bregman`; by default "entropy", whose divergence is Kullback-Leibler's.
 * @throws ShapeError unless both are vectors of one length; OptionError for a generator that is none.
 *
 * @example
 * console.log(explainBregman([0.6, 0.4], [0.5, 0.5]));
 */
export function explainBregman(
  p: TensorLike,
  q: TensorLike,
  options: Pick<BregmanOptions, "generator"> = {},
): BregmanExplanation {
  const name = "explainBregman";
  checkOptions(name, options, ["generator"]);
  const generator = generatorOf(name, options.generator);
  const [at, touching] = [inDouble(p), inDouble(q)];
  for (const x of [at, touching])
    if (x.rank !== 1) throw new ShapeError({ where: name, expected: "vectors, [n]", got: formatShape(x.shape) });
  const divergence = bregman(at, touching, { generator }).item();
  const [value, base] = [generator(at, 0).item(), generator(touching, 0).item()];
  const slope = Array.from(grad((x: Tensor) => generator(x, 0).sum())(touching).toTypedArray());
  const explanation = { value, base, slope, tangent: value - divergence, divergence };
  const known = typeof options.generator === "function" ? "F" : (options.generator ?? "entropy");
  return printable(explanation, () => textOfBregman(explanation, known));
}

const formulas: Readonly<Record<string, string>> = {
  entropy:
    "F(x) = Σ x log x, less the entropy: its divergence is Kullback and Leibler's, Σ p log(p / q), of what sums to 1.",
  squares: "F(x) = Σ x²: its divergence is the squared error, Σ (p - q)².",
  logarithm: "F(x) = -Σ log x: its divergence is Itakura and Saito's, Σ [p/q - log(p/q) - 1].",
};

function textOfBregman(explanation: Omit<BregmanExplanation, "toString">, known: string): string {
  const { value, base, slope, tangent, divergence } = explanation;
  const rows = [
    ["F(p)", number(value)],
    ["F(q)", number(base)],
    ["∇F(q)", slope.map(number).join(", ")],
    ["tangent at p", number(tangent)],
    ["D(p, q)", number(divergence)],
  ];
  const notes = [
    formulas[known],
    "D(p, q) = F(p) - [F(q) + ∇F(q)·(p - q)]: a convex F lies above each of its tangents, so it is never below 0.",
  ].filter((note) => note !== undefined);
  return [table(rows, 1), notes.join("\n")].join("\n\n");
}
