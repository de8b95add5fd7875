/**
 * Speech in miniature: recordings of a few notes, made of nothing but sines and noise, and what is in them.
 *
 * As in speech the recordings differ in length, nobody says where a sound begins and ends, no note is twice the same
 * (in length, loudness and pitch), and there is noise.
 */
import { type Generator, type Tensor, tensor } from "chainrule";

/** The notes and their frequencies in Hz: the pentatonic scale from the middle of the piano. */
export const notes = [
  ["do", 523.25],
  ["re", 587.33],
  ["mi", 659.26],
  ["so", 783.99],
  ["la", 880],
] as const;

/** Samples in a second. */
const rate = 4000;
/** A frame is 40 ms long, and one begins every 20 ms. */
const [frameLength, hop] = [160, 80];
/** Where the spectrum is measured, in Hz: every 30 from 450 to 960. */
export const frequencies = Array.from({ length: 18 }, (_, i) => 450 + 30 * i);

export interface Recordings {
  /** The logarithms of the loudness at each of 18 frequencies, 50 times a second, 0 after the end: [n, frames, 18]. */
  readonly spectra: Tensor;
  /** How many frames each recording has: [n]. */
  readonly frames: Tensor;
  /** The notes of each recording, from 1, filled up with 0: [n, most notes]. */
  readonly labels: Tensor;
}

/**
 * Recordings of 2 to 6 notes: each lasts 60 to 200 ms, 20 to 80 ms after the one before; its pitch is off by up to 1%,
 * its amplitude is 0.4 to 1 and decays. The noise has a standard deviation of 0.5: as strong as the loudest notes, which
 * have 0.71 where they begin.
 */
export function makeRecordings(count: number, generator: Generator): Recordings {
  const most = { seconds: 6 * (0.2 + 0.08) + 0.08, notes: 6 };
  const longest = framesIn(Math.ceil(most.seconds * rate));
  const windows = new Float32Array(count * longest * frameLength);
  const labels = new Int32Array(count * most.notes);
  const frames = Int32Array.from({ length: count }, (_, i) => {
    const { samples, played } = play(generator);
    labels.set(played, i * most.notes);
    const own = framesIn(samples.length);
    for (let t = 0; t < own; t++)
      windows.set(samples.subarray(t * hop, t * hop + frameLength), (i * longest + t) * frameLength);
    return own;
  });
  return {
    spectra: loudness(tensor(windows, { shape: [count * longest, frameLength] })).reshape(count, longest, -1),
    frames: tensor(frames),
    labels: tensor(labels, { shape: [count, most.notes] }),
  };
}

const framesIn = (samples: number) => Math.floor((samples - frameLength) / hop) + 1;

/** One recording: its samples, and the notes in it, from 1. */
function play(generator: Generator): { samples: Float32Array; played: number[] } {
  const between = (low: number, high: number) => generator.uniform(low, high);
  const played = Array.from({ length: generator.integer(2, 7) }, () => generator.integer(1, notes.length + 1));
  const sounds: number[] = [];
  const silence = () => sounds.push(...new Array<number>(Math.round(between(0.02, 0.08) * rate)).fill(0));
  for (const note of played) {
    silence();
    const pitch = notes[note - 1][1] * between(0.99, 1.01);
    const [amplitude, length, phase] = [between(0.4, 1), Math.round(between(0.06, 0.2) * rate), between(0, 6.28)];
    for (let i = 0; i < length; i++) {
      const decay = Math.exp((-0.7 * i) / length);
      sounds.push(amplitude * decay * Math.sin(phase + (2 * Math.PI * pitch * i) / rate));
    }
  }
  silence();
  return { samples: Float32Array.from(sounds, (sound) => sound + 0.5 * generator.normal()), played };
}

/** log(1 + |spectrum|²) of each frame: the products with a cosine and a sine of each frequency, under a Hann window. */
function loudness(windows: Tensor): Tensor {
  const wave = (f: (x: number) => number) =>
    tensor(
      Float32Array.from({ length: frameLength * frequencies.length }, (_, at) => {
        const [i, k] = [Math.floor(at / frequencies.length), at % frequencies.length];
        const hann = 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / frameLength);
        return (hann * f((2 * Math.PI * frequencies[k] * i) / rate)) / 4;
      }),
      { shape: [frameLength, frequencies.length] },
    );
  return windows
    .matmul(wave(Math.cos))
    .square()
    .add(windows.matmul(wave(Math.sin)).square())
    .log1p();
}
