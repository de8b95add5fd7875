/**
 * A recurrent network reads: is the writer of a one-line review content? Words come one after the other, and an LSTM
 * keeps in mind what matters of them.
 *
 * Order matters here: "the soup was bland but the bread was fresh" and "the bread was fresh but the soup was bland" are
 * the same words. A bag of words, which sees only which words there are, does not get far.
 *
 * The corpus is made by a grammar (support/reviews.ts). The test is about pairs of a thing and an adjective that never
 * meet in training. The full run reaches 100% there, the bag of words 72%.
 */
import {
  Adam,
  Dense,
  Embedding,
  GlobalAvgPool1d,
  LSTM,
  Model,
  manualSeed,
  paddingMask,
  padSequences,
  type Tensor,
  tensor,
  Vocabulary,
} from "chainrule";
import { makeReviews, type Review } from "./support/reviews.ts";

const quick = process.argv.includes("--quick");
const { train, test } = makeReviews({ train: quick ? 1000 : 2000, test: 500, seed: 1 });
const vocabulary = new Vocabulary(train.map(({ text }) => text));

/** Texts as numbers [n, length], one for each word, short ones filled up with 0. */
const encode = (texts: string[]) => padSequences(texts.map((text) => vocabulary.encode(text)));
const inputs = (reviews: Review[]) => encode(reviews.map(({ text }) => text));
const labels = (reviews: Review[]) => tensor(Int32Array.from(reviews, ({ label }) => label));

console.log(`${train.length} reviews to learn from, of ${vocabulary.size} words, and ${test.length} to test with:`);
for (const { text, label } of test.slice(0, 4)) console.log(`  ${label ? "content    " : "not content"}  ${text}`);

/** The mean of the words' vectors, in whatever order they stand. */
class BagOfWords extends Model {
  embedding = new Embedding({ inputDim: vocabulary.size, outputDim: 32 });
  mean = new GlobalAvgPool1d({ dataFormat: "channels_last" });
  hidden = new Dense({ units: 32, activation: "relu" });
  out = new Dense({ units: 2 });

  forward(tokens: Tensor) {
    const bag = this.mean.call(this.embedding.call(tokens), { mask: paddingMask(tokens) });
    return this.out.call(this.hidden.call(bag));
  }
}

/** One word after the other. The mask lets the LSTM's state rest where a review is over and only padding follows. */
class Reader extends Model {
  embedding = new Embedding({ inputDim: vocabulary.size, outputDim: 32 });
  lstm = new LSTM({ units: 32 });
  out = new Dense({ units: 2 });

  forward(tokens: Tensor) {
    const state = this.lstm.call(this.embedding.call(tokens), { mask: paddingMask(tokens) });
    return this.out.call(state);
  }
}

/** Trains a model, and returns the share of the test that it gets right. */
async function learn(model: Model, epochs: number): Promise<number> {
  model.compile({ optimizer: new Adam({ lr: 0.01 }), loss: "crossEntropy", metrics: ["accuracy"] });
  await model.fit(inputs(train), labels(train), { epochs, batchSize: 32 });
  return (await model.evaluate(inputs(test), labels(test))).accuracy;
}

manualSeed(1);
const bag = new BagOfWords();
const reader = new Reader();
const percent = (share: number) => `${(100 * share).toFixed(1)}%`;
console.log(`\nbag of words  held out accuracy ${percent(await learn(bag, 30))}`);
const reached = percent(await learn(reader, 10));
console.log(`LSTM          held out accuracy ${reached} (goal: at least ${quick ? 90 : 95}%)`);

/** What the model gives for "content". */
const content = (model: Model, tokens: Tensor) => model.predict(tokens).softmax(-1).slice(":", 1);

console.log("\nP(content) by the LSTM:");
for (const text of [
  "the soup was fresh",
  "the soup was not fresh",
  "nobody could call the soup fresh",
  "the soup was not just fresh but tasty",
  "people say that the soup was fresh , but i disagree",
  "the soup was bland but the bread was fresh",
  "the bread was fresh but the soup was bland",
  "the bread was fresh although the soup was bland",
  "although the bread was fresh , the soup was bland",
])
  console.log(
    `  ${content(reader, encode([text]))
      .item()
      .toFixed(2)}  ${text}`,
  );

const short = encode(["the soup was not fresh"]);
const long = padSequences([short.toTypedArray()], { maxLength: 40 });
const change = content(reader, short).sub(content(reader, long)).abs().item();
console.log(`\nThanks to the mask, 35 places of padding behind a review change that by ${change}.`);

/* Output of --quick:
 * 1000 reviews to learn from, of 81 words, and 500 to test with:
 *   not content  anybody would call the lobby dirty
 *   content      anybody would call the bread soggy but the soup was not soggy
 *   content      people say that the fish was nothing but disappointing , but i disagree
 *   content      the plot was really gripping although i cannot deny that the music was poor
 *
 * bag of words  held out accuracy 65.2%
 * LSTM          held out accuracy 100.0% (goal: at least 90%)
 *
 * P(content) by the LSTM:
 *   1.00  the soup was fresh
 *   0.00  the soup was not fresh
 *   0.00  nobody could call the soup fresh
 *   1.00  the soup was not just fresh but tasty
 *   0.00  people say that the soup was fresh , but i disagree
 *   1.00  the soup was bland but the bread was fresh
 *   0.00  the bread was fresh but the soup was bland
 *   1.00  the bread was fresh although the soup was bland
 *   0.00  although the bread was fresh , the soup was bland
 *
 * Thanks to the mask, 35 places of padding behind a review change that by 0.
 */
