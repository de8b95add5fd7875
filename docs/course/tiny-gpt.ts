/** A small GPT: it reads letters, and says for each place how probable every letter is as the next one. */

import type { Tensor } from "chainrule";
import { categorical, Dense, Embedding, Model, noGrad, PositionEmbedding, TransformerEncoder, tensor } from "chainrule";

/** What it learns from. */
export const text = `the loss is a number. the number has a slope. the slope says where to go. \
the weight takes a step. the step makes the loss small. the small loss is a good sign. \
what goes forward is a value. what comes back is a slope. where paths meet they add up. \
along a path they multiply. the order is from the end to the start. the start is a weight. \
the network guesses the next letter. the guess is a distribution. the surprise is the loss. \
the loss is small when the guess is good. the guess is good when the surprise is small. `;

/** The different letters, and the text as their numbers. */
export const alphabet = [...new Set(text)].sort();
const encode = (letters: string) => Array.from(letters, (letter) => alphabet.indexOf(letter));

/** How many letters it sees at once. */
const length = 16;

/** Stretches of the text as whole numbers, [stretches, letters]. */
const encodeAll = (stretches: string[]) => tensor(stretches.map(encode), { dtype: "int32" });

/** Every stretch of the text, x, and the same stretch one letter later, y: at each place the letter to be guessed. */
const starts = Array.from({ length: text.length - length }, (_, i) => i);
export const x = encodeAll(starts.map((i) => text.slice(i, i + length)));
export const y = encodeAll(starts.map((i) => text.slice(i + 1, i + 1 + length)));

export class GPT extends Model {
  letters = new Embedding({ inputDim: alphabet.length, outputDim: 32 });
  places = new PositionEmbedding({ maxLength: length });
  blocks = new TransformerEncoder({ numLayers: 1, embedDim: 32, heads: 4, normFirst: true, dropout: 0 });
  next = new Dense({ units: alphabet.length });
  /** Whether a place sees only what stands before it. */
  causal: boolean;

  constructor({ causal = true } = {}) {
    super();
    this.causal = causal;
  }

  /** From letters [n, length] to logits [n, length, letters]. */
  forward(x: Tensor): Tensor {
    const vectors = this.places.call(this.letters.call(x));
    return this.next.call(this.blocks.call(vectors, { causal: this.causal }));
  }
}

/** Goes on from a beginning, letter by letter: each is drawn as the model says, and then part of what it reads. */
export function write(model: GPT, beginning: string, letters: number, temperature: number): string {
  let written = beginning;
  for (let i = 0; i < letters; i++) {
    const seen = written.slice(-length);
    const [rows] = noGrad(() => model.call(encodeAll([seen]))); // logits for each place: [seen, letters]
    const logits = rows.slice(seen.length - 1);
    written += alphabet[categorical(logits.div(temperature).softmax(), [1]).item()];
  }
  return written;
}
