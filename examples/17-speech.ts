/**
 * Speech recognition in miniature: a network hears recordings of notes in noise and writes down which ones they were.
 *
 * Nobody says where a note begins and ends. 25 times a second the network gives the probabilities of five notes and of
 * "nothing new", the blank. Many paths through these steps read the same once repetitions are merged and blanks (here
 * dots) taken out: "mi mi . re" says mi re, and so does ". mi re re". CTC is the cross-entropy of the notes, their
 * probability being the sum over all such paths, and so the network finds out by itself where the notes are.
 *
 * The complete run gets 0.8% of the held-out notes wrong.
 */
import {
  Adam,
  arange,
  Bidirectional,
  Conv1d,
  cosineDecay,
  ctc,
  Dense,
  Generator,
  GRU,
  heatmap,
  jit,
  Module,
  manualSeed,
  noGrad,
  type Tensor,
  takeRows,
} from "chainrule";
import { collapse, editDistance } from "./support/label-errors.ts";
import { frequencies, makeRecordings, notes } from "./support/tones.ts";

const quick = process.argv.includes("--quick");
manualSeed(1);
const train = makeRecordings(quick ? 480 : 960, new Generator(1));
const test = makeRecordings(240, new Generator(2));

/** What the network says something about: every other frame, to be quick. */
const stepsOf = (frames: Tensor) => frames.div(2).ceil().cast("int32");

/** A convolution over time hears sounds; recurrent layers in both directions, what belongs together. */
class Listener extends Module {
  sounds = new Conv1d({
    filters: 32,
    kernelSize: 5,
    stride: 2,
    padding: "same",
    activation: "relu",
    inputShape: [18, null],
  });
  context = new Bidirectional(new GRU({ units: 32, returnSequences: true, inputDim: 32 }));
  out = new Dense({ units: 1 + notes.length, inputDim: 64 });

  forward(spectra: Tensor, frames: Tensor) {
    const sounds = this.sounds.call(spectra.transpose(1, 2)).transpose(1, 2);
    const mask = arange(sounds.shape[1]).less(stepsOf(frames).unsqueeze(1));
    return this.out.call(this.context.call(sounds, { mask }));
  }
}

const model = new Listener();
const [epochs, batchSize] = [quick ? 4 : 6, 16];
const count = train.spectra.shape[0];
const optimizer = new Adam(model, { lr: cosineDecay({ lr: 0.006, steps: (epochs * count) / batchSize }), clipNorm: 1 });
const step = jit((spectra: Tensor, frames: Tensor, labels: Tensor) => {
  const loss = ctc(model.call(spectra, frames), labels, { inputLengths: stepsOf(frames) });
  optimizer.zeroGrad();
  loss.backward();
  optimizer.step();
  return loss;
});

console.log(`${count} recordings of 2 to 6 notes to learn from, ${test.spectra.shape[0]} held out`);
const order = new Generator(3);
for (let epoch = 1; epoch <= epochs; epoch++) {
  const shuffled = order.permutation(count);
  let sum = 0;
  for (let i = 0; i < count; i += batchSize) {
    const rows = shuffled.slice(i, i + batchSize);
    sum += step(takeRows(train.spectra, rows), takeRows(train.frames, rows), takeRows(train.labels, rows)).item();
  }
  if (epoch % 2 === 0) console.log(`epoch ${epoch}: CTC loss ${((sum * batchSize) / count).toFixed(3)} nats a note`);
}

model.eval();
const logits = noGrad(() => model.call(test.spectra, test.frames));
const paths = logits.argmax(-1).toArray(2);
const wanted = test.labels.toArray(2).map((row) => row.filter((label) => label !== 0));
const steps = stepsOf(test.frames).toArray(1);
const heard = paths.map((path, i) => collapse(path.slice(0, steps[i])));
const errors = heard.reduce((total, labels, i) => total + editDistance(labels, wanted[i]), 0);
const rate = (100 * errors) / wanted.flat().length;
console.log(
  `label error rate ${rate.toFixed(1)}% (goal: at most ${quick ? 10 : 5}%), ${errors} of ${wanted.flat().length} notes`,
);

const shown = 0;
const inWords = (labels: readonly number[]) => labels.map((label) => notes[label - 1][0]).join(" ");
console.log(`\nOne of them: ${inWords(wanted[shown])}. The network hears: ${inWords(heard[shown])}\n`);
const spectrum = test.spectra
  .slice(shown, [0, test.frames.at(shown), 2])
  .transpose(0, 1)
  .flip(0);
console.log(heatmap(spectrum, { rowLabels: frequencies.toReversed(), yLabel: "loudness at each frequency (Hz)" }));
const said = logits.softmax(-1).slice(shown, [0, steps[shown]]).transpose(0, 1);
console.log(heatmap(said, { rowLabels: ["-", ...notes.map(([name]) => name)], yLabel: "\nwhat the network says" }));

/* Output of --quick:
 * 480 recordings of 2 to 6 notes to learn from, 240 held out
 * epoch 2: CTC loss 0.160 nats a note
 * epoch 4: CTC loss 0.075 nats a note
 * …
 */
