/**
 * Sequence to sequence: a network reads dates as people write them ("the 3rd of may 1998") and writes them as ISO 8601
 * does ("1998-05-03").
 *
 * The encoder, a GRU in both directions, turns each word and digit into a vector. The decoder, another GRU, writes one
 * character after the other, and for each it looks at the vectors that matter: attention. Nobody tells it where to look.
 *
 * In training the decoder gets the right characters so far (teacher forcing); in the test only its own, of which it takes
 * the likeliest each time (greedy decoding). The test's dates never occur in training, in any of the 16 formats.
 * The full run gets all 500 of them right.
 */
import { mkdir, writeFile } from "node:fs/promises";
import {
  Adam,
  attentionWeights,
  Bidirectional,
  batches,
  concat,
  crossEntropy,
  Dense,
  Embedding,
  full,
  GRU,
  heatmap,
  heatmapSvg,
  jit,
  Module,
  manualSeed,
  noGrad,
  paddingMask,
  padSequences,
  splitCharacters,
  type Tensor,
  Vocabulary,
} from "chainrule";
import { makeDates, type WrittenDate } from "./support/dates.ts";

const quick = process.argv.includes("--quick");
const { train, test } = makeDates({ train: quick ? 3000 : 6000, test: 500, seed: 1 });

/** Words and single digits: "the 3rd of may" is the, 3, rd, of, may. */
const tokenize = (text: string): string[] => text.match(/[a-z]+|\S/g) ?? [];
const texts = train.map(({ text }) => text);
const isos = train.map(({ iso }) => iso);
const source = new Vocabulary(texts, { tokenize });
const target = new Vocabulary(isos, { tokenize: splitCharacters, special: ["<start>"] });

/** One row of numbers for each date. An ISO date has ten characters, so that the decoder need not learn where to end. */
const encodeTexts = (dates: WrittenDate[]) => padSequences(dates.map(({ text }) => source.encode(text)));
const encodeIsos = (dates: WrittenDate[]) => padSequences(dates.map(({ iso }) => target.encode(iso)));
const starts = (count: number) => full([count, 1], target.idOf("<start>"), { dtype: "int32" });
/** What stands before each character: "<start>1998-05-0" for "1998-05-03". */
const before = (iso: Tensor) => concat([starts(iso.shape[0]), iso.slice(":", [0, -1])], 1);

class Translator extends Module<{ logits: Tensor; weights: Tensor }> {
  words = new Embedding({ inputDim: source.size, outputDim: 32 });
  encoder = new Bidirectional(new GRU({ units: 32, returnSequences: true, inputDim: 32 }));
  characters = new Embedding({ inputDim: target.size, outputDim: 32 });
  decoder = new GRU({ units: 64, returnSequences: true, inputDim: 32 });
  out = new Dense({ units: target.size, inputDim: 128 });

  /** The logits of each next character, given those before it, and where in the text the decoder looked for it. */
  forward(text: Tensor, characters: Tensor) {
    const mask = paddingMask(text);
    const read = this.encoder.call(this.words.call(text), { mask, returnState: true });
    const written = this.decoder.call(this.characters.call(characters), { state: concat([...read.state], -1) });
    const weights = attentionWeights(written, read.output, { mask: mask.unsqueeze(1) });
    const found = weights.matmul(read.output);
    return { logits: this.out.call(concat([written, found], -1)), weights };
  }
}

manualSeed(1);
const model = new Translator();
const optimizer = new Adam(model, { lr: 0.005 });

const step = jit((text: Tensor, iso: Tensor) => {
  const loss = crossEntropy(model.call(text, before(iso)).logits, iso);
  optimizer.zeroGrad();
  loss.backward();
  optimizer.step();
  return loss;
});

/** Writes dates, character by character, each time the likeliest. */
function translate(text: Tensor): Tensor {
  let written = starts(text.shape[0]);
  for (let i = 0; i < 10; i++) {
    const { logits } = noGrad(() => model.call(text, written));
    const next = logits.slice(":", [i, i + 1]).argmax(-1);
    written = concat([written, next], 1);
  }
  return written.slice(":", [1, 11]);
}

console.log(`${train.length} dates to learn from, ${test.length} others to test with`);
const [x, y] = [encodeTexts(train), encodeIsos(train)];
for (let epoch = 1; epoch <= (quick ? 8 : 10); epoch++) {
  let sum = 0;
  for (const [text, iso] of batches(x, y, { batchSize: 50, seed: epoch }))
    sum += step(text, iso).item() * text.shape[0];
  console.log(`epoch ${epoch}  cross-entropy ${(sum / train.length).toFixed(4)} nats a character`);
}

const written = translate(encodeTexts(test))
  .toArray(2)
  .map((row) => target.decode(row).join(""));
console.log();
test.slice(0, 8).forEach(({ text, iso }, i) => {
  console.log(`  ${text.padEnd(44)}  ${written[i]}  ${written[i] === iso ? "" : `(is ${iso})`}`.trimEnd());
});
const exact = test.filter(({ iso }, i) => written[i] === iso).length / test.length;
console.log(`\nexact ${(100 * exact).toFixed(1)}% of held-out dates (goal: at least ${quick ? 90 : 95}%)`);

const shown = test.findIndex(({ text }) => /^the \d/.test(text));
const text = encodeTexts([test[shown]]);
const { weights } = noGrad(() => model.call(text, before(translate(text))));
const percent = weights.squeeze(0).mul(100).round();
const map = {
  rowLabels: splitCharacters(written[shown]),
  columnLabels: tokenize(test[shown].text),
  xLabel: "looking at",
  yLabel: "writing",
};
console.log("\nWhere the decoder looked while it wrote each character, in percent:");
console.log(heatmap(percent, map));

const folder = new URL("../out/", import.meta.url);
await mkdir(folder, { recursive: true });
await writeFile(new URL("13-dates-attention.svg", folder), heatmapSvg(percent, { ...map, title: test[shown].text }));
console.log("\nThe same as a picture: out/13-dates-attention.svg");

/* Output of --quick:
 * 3000 dates to learn from, 500 others to test with
 * epoch 1  cross-entropy 1.6122 nats a character
 * …
 * exact 98.4% of held-out dates (goal: at least 90%)
 *
 * Where the decoder looked while it wrote each character, in percent:
 * writing
 *    the    2    2   nd   of  may    1    9    8    9
 * …
 *
 * The same as a picture: out/13-dates-attention.svg
 */
