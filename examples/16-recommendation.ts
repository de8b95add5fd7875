/**
 * What will this reader like? Matrix factorisation, from nothing but who has read what.
 *
 * Feedback is implicit: a book that was read counts as 1; of one that was not we know nothing, so that some of those,
 * drawn anew in each epoch, stand in for 0. Each reader and each book gets a vector and a bias, and
 * P(reads) = sigmoid(reader · book + biases) is fitted by binary cross-entropy (Koren, Bell & Volinsky 2009; negative
 * samples as in He et al. 2017). Popularity is the baseline to beat: everybody gets what most people read.
 *
 * In full: 0.869 against 0.692, where 0.899 is possible.
 */
import {
  Adam,
  batches,
  binaryCrossEntropyWithLogits,
  Embedding,
  Generator,
  Model,
  manualSeed,
  metrics,
  type Tensor,
  tensor,
} from "chainrule";

const quick = process.argv.includes("--quick");
const [readers, books, tastes] = [400, 300, 4];

// ---- The world: books and readers have hidden tastes, and some books are read by nearly everybody.
const generator = new Generator(1);
const normals = (rows: number) =>
  Array.from({ length: rows }, () => Array.from({ length: tastes }, () => generator.normal()));
const [likes, themes] = [normals(readers), normals(books)];
const fame = themes.map(() => generator.normal(-3, 1));
const chance = (reader: number, book: number) =>
  1 / (1 + Math.exp(-fame[book] - likes[reader].reduce((sum, like, i) => sum + like * themes[book][i], 0)));
const read = likes.map((_, reader) => themes.map((_, book) => generator.bernoulli(chance(reader, book))));

// ---- A fifth of all that was read is held out; it must be told from what was never read.
const seen = read.map((row) => row.map((yes) => yes && !generator.bernoulli(0.2)));
const pairs = likes.flatMap((_, reader) => themes.map((_, book) => [reader, book] as const));
const known = pairs.filter(([reader, book]) => seen[reader][book]);
const unknown = pairs.filter(([reader, book]) => !seen[reader][book]);
const answers = unknown.map(([reader, book]) => Number(read[reader][book]));
const heldOut = answers.filter((yes) => yes).length;
console.log(`${readers} readers, ${books} books: ${known.length} read and known, ${heldOut} read and held out.`);

class Factorisation extends Model {
  readers = new Embedding({ inputDim: readers, outputDim: 8 });
  books = new Embedding({ inputDim: books, outputDim: 8 });
  readerBias = new Embedding({ inputDim: readers, outputDim: 1, embeddingsInitializer: "zeros" });
  bookBias = new Embedding({ inputDim: books, outputDim: 1, embeddingsInitializer: "zeros" });
  forward(pairs: Tensor) {
    const [reader, book] = pairs.split(2, 1).map((column) => column.squeeze(1));
    const match = this.readers.call(reader).mul(this.books.call(book)).sum(1, { keepDims: true });
    return match.add(this.readerBias.call(reader)).add(this.bookBias.call(book));
  }
}

manualSeed(1);
const model = new Factorisation();
model.compile({ optimizer: new Adam({ lr: 0.01, weightDecay: 1e-4 }), loss: binaryCrossEntropyWithLogits });
await model.fit(
  () => {
    const absent = Array.from({ length: 3 * known.length }, () => unknown[generator.integer(0, unknown.length)]);
    const targets = [...known.map(() => [1]), ...absent.map(() => [0])];
    return batches(tensor([...known, ...absent]), tensor(targets), { batchSize: 512 });
  },
  { epochs: quick ? 6 : 12 },
);

// ---- How often is a held-out book that was read ranked before one that was not?
const auc = (scores: Tensor | number[]) => metrics.rocAuc(scores, answers);
const counts = themes.map((_, book) => seen.filter((row) => row[book]).length);
const byPopularity = auc(unknown.map(([, book]) => counts[book]));
const byFactors = auc(model.predict(tensor(unknown), { batchSize: 4096 }));
const possible = auc(unknown.map(([reader, book]) => chance(reader, book)));
console.log(`\npopularity:           ROC AUC ${byPopularity.toFixed(3)}`);
console.log(`matrix factorisation: ROC AUC ${byFactors.toFixed(3)} (goal: at least ${quick ? 0.84 : 0.86})`);
console.log(`the chances by which the readers were drawn: ${possible.toFixed(3)}; nobody can know more`);
console.log(`gained on popularity: ${(byFactors - byPopularity).toFixed(3)} (goal: at least ${quick ? 0.12 : 0.15})`);

// ---- The vectors of books: those with the most similar vectors have similar themes, which the model was not shown.
const norm = (v: readonly number[]) => Math.hypot(...v);
const cosine = (v: readonly number[], w: readonly number[]) =>
  v.reduce((sum, x, i) => sum + x * w[i], 0) / (norm(v) * norm(w));
const vectors = model.books.embeddings.toArray(2);
const neighbours = vectors.map((v, book) => {
  const likeness = vectors.map((w, other) => (other === book ? -1 : cosine(v, w)));
  return likeness.indexOf(Math.max(...likeness));
});
const similar = neighbours.reduce((sum, other, book) => sum + cosine(themes[book], themes[other]), 0) / books;
console.log(
  `\nlikeness in theme of a book and its nearest by vector: ${similar.toFixed(2)} on average, where chance gives 0`,
);

/* Output of --quick:
 * 400 readers, 300 books: 15088 read and known, 3689 read and held out.
 *
 * popularity:           ROC AUC 0.692
 * matrix factorisation: ROC AUC 0.866 (goal: at least 0.84)
 * the chances by which the readers were drawn: 0.899; nobody can know more
 * …
 *
 * likeness in theme of a book and its nearest by vector: 0.87 on average, where chance gives 0
 */
