/**
 * A transformer's encoder reads: is the writer of a one-line review content? Every word looks at every other at once, and
 * takes in what it finds there; nothing is read in order.
 *
 * So the order must be written into the words: a vector is added to each, by its place. Without these positions attention
 * sees a set, and does no better than the bag of words of 11-text-recurrent.ts, which has the same corpus.
 *
 * The test is about pairs of a thing and an adjective that never meet in training. The full run reaches 100%, without
 * positions 75%. The LSTM gets there with a third of the reviews: that words come in order it need not learn.
 */
import {
  Adam,
  Dense,
  Embedding,
  GlobalAvgPool1d,
  heatmap,
  Model,
  manualSeed,
  noGrad,
  PositionEmbedding,
  paddingMask,
  padSequences,
  type Tensor,
  TransformerEncoder,
  tensor,
  Vocabulary,
} from "chainrule";
import { makeReviews, type Review } from "./support/reviews.ts";

const quick = process.argv.includes("--quick");
const { train, test } = makeReviews({ train: quick ? 3000 : 6000, test: 500, seed: 1 });
const vocabulary = new Vocabulary(train.map(({ text }) => text));

/** Texts as numbers [n, length], one for each word, short ones filled up with 0. */
const encode = (texts: string[]) => padSequences(texts.map((text) => vocabulary.encode(text)));
const inputs = (reviews: Review[]) => encode(reviews.map(({ text }) => text));
const labels = (reviews: Review[]) => tensor(Int32Array.from(reviews, ({ label }) => label));

/** All words at once. The mask keeps them from looking at padding, and padding out of the mean. */
class Reader extends Model {
  embedding = new Embedding({ inputDim: vocabulary.size, outputDim: 32 });
  positions: PositionEmbedding | null;
  encoder = new TransformerEncoder({
    numLayers: 2,
    embedDim: 32,
    heads: 4,
    feedForwardDim: 64,
    normFirst: true,
    dropout: 0,
  });
  mean = new GlobalAvgPool1d({ dataFormat: "channels_last" });
  out = new Dense({ units: 2 });

  constructor({ ordered }: { ordered: boolean }) {
    super();
    this.positions = ordered ? new PositionEmbedding({ maxLength: 24 }) : null;
  }

  /** What comes out of the encoder for each word, and who looked at whom in each of its blocks. */
  read(tokens: Tensor) {
    const words = this.embedding.call(tokens);
    const placed = this.positions ? this.positions.call(words) : words;
    return this.encoder.call(placed, { mask: paddingMask(tokens), returnWeights: true });
  }

  forward(tokens: Tensor) {
    return this.out.call(this.mean.call(this.read(tokens).output, { mask: paddingMask(tokens) }));
  }
}

console.log(`${train.length} reviews to learn from, ${test.length} to test with`);
const percent = (share: number) => `${(100 * share).toFixed(1)}%`;

/** Trains a model, and returns the share of the test that it gets right. */
async function learn(model: Model): Promise<string> {
  model.compile({ optimizer: new Adam({ lr: 0.003 }), loss: "crossEntropy", metrics: ["accuracy"] });
  await model.fit(inputs(train), labels(train), { epochs: 12, batchSize: 32 });
  return percent((await model.evaluate(inputs(test), labels(test))).accuracy);
}

manualSeed(1);
const set = new Reader({ ordered: false });
const reader = new Reader({ ordered: true });
console.log(`attention without positions  held out accuracy ${await learn(set)}`);
console.log(
  `attention with positions     held out accuracy ${await learn(reader)} (goal: at least ${quick ? 80 : 95}%)`,
);

console.log("\nP(content) with positions:");
for (const text of [
  "the soup was fresh",
  "the soup was not fresh",
  "the soup was bland but the bread was fresh",
  "the bread was fresh but the soup was bland",
])
  console.log(
    `  ${reader
      .predict(encode([text]))
      .softmax(-1)
      .at(0, 1)
      .toFixed(2)}  ${text}`,
  );

const text = "the soup was bland but the bread was fresh";
const { weights } = noGrad(() => reader.read(encode([text])));
console.log("\nWho (in rows) looks at whom in the second block, in percent, the mean of its four heads:");
console.log(heatmap(weights[1].mean(1).squeeze(0).mul(100).round(), { rowLabels: text.split(" ") }));

/* Output of --quick:
 * 3000 reviews to learn from, 500 to test with
 * attention without positions  held out accuracy 75.2%
 * attention with positions     held out accuracy 94.8% (goal: at least 80%)
 *
 * P(content) with positions:
 *   1.00  the soup was fresh
 *   0.02  the soup was not fresh
 *   1.00  the soup was bland but the bread was fresh
 *   0.00  the bread was fresh but the soup was bland
 *
 * Who (in rows) looks at whom in the second block, in percent, the mean of its four heads:
 *          the   soup    was  bland    but    the  bread    was  fresh
 * …
 */
