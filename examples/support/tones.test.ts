import { Generator } from "chainrule";
import { describe, expect, it } from "vitest";
import { frequencies, makeRecordings, notes } from "./tones.ts";

describe("recordings of notes", () => {
  const { spectra, frames, labels } = makeRecordings(40, new Generator(1));

  it("are spectra, frame by frame, of different lengths, with 2 to 6 notes each", () => {
    expect(spectra.shape).toEqual([40, 87, frequencies.length]);
    expect(frames.max().item()).toBeLessThanOrEqual(87);
    expect(new Set(frames.toTypedArray()).size).toBeGreaterThan(20);
    for (const row of labels.toArray(2)) {
      const played = row.filter((label) => label !== 0);
      expect(row.slice(0, played.length)).toEqual(played);
      expect(played.length).toBeGreaterThanOrEqual(2);
      expect(Math.max(...played)).toBeLessThanOrEqual(notes.length);
    }
  });

  it("hold nothing after their end, and noise before it", () => {
    const length = frames.at(0);
    expect(spectra.slice(0, [length, 87]).max().item()).toBe(0);
    expect(spectra.slice(0, [0, length]).min(-1).min().item()).toBeGreaterThan(0);
  });

  it("are loudest where the note is", () => {
    const loudest =
      frequencies[
        spectra
          .slice(0, [0, frames.at(0)])
          .max(0)
          .argmax()
          .item()
      ];
    const played = labels.toArray(2)[0].filter((label) => label !== 0);
    const distances = played.map((note) => Math.abs(notes[note - 1][1] - loudest));
    expect(Math.min(...distances)).toBeLessThan(30);
  });

  it("are the same for the same seed", () => {
    expect(makeRecordings(3, new Generator(1)).labels.toArray()).toEqual(labels.slice([0, 3]).toArray());
  });
});
