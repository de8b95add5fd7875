/**
 * The insides of pooling's loops: one window with its taps, and four windows of 2 x 2 at a time.
 */

import type { Code } from "../assembler.ts";
import { locals } from "./float-lanes.ts";

/** One window after another. */
export class SingleWindow {
  readonly code: Code;
  readonly operands: readonly number[];
  /** Which operands are images; the others have a number for each window. */
  readonly #images: readonly boolean[];
  readonly #taps: number;
  readonly #kernel: number;
  readonly #v;
  readonly #at: readonly number[];

  constructor(code: Code, images: readonly boolean[], operands: readonly number[], taps: number, kernel: number) {
    this.code = code;
    this.operands = operands;
    this.#images = images;
    this.#taps = taps;
    this.#kernel = kernel;
    this.#v = code.variables("tap", "rest", "window", "offset");
    this.#at = images.map(() => code.local("i32"));
  }

  /** Runs the body for `count` windows, from those that the operands and the table stand at. */
  each(windows: number, count: number, body: () => void): void {
    const { code, operands } = this;
    code.repeat(count, () => {
      code.get(windows).access("i32.load").set(this.#v.window);
      body();
      operands.forEach((operand, i) => {
        if (!this.#images[i]) code.advance(operand, 4);
      });
      code.advance(windows, 4);
    });
  }

  /** Runs the body with the addresses of one element of the window, in each of the images. */
  eachTap(body: (at: (operand: number) => number) => void): void {
    const { code } = this;
    const v = this.#v;
    code.put(v.tap, this.#taps).put(v.rest, this.#kernel);
    code.repeat(v.rest, () => {
      code.get(v.tap).access("i32.load").get(v.window).op("i32.add").set(v.offset);
      this.#images.forEach((isImage, i) => {
        if (isImage) code.put(this.#at[i], this.operands[i], v.offset, "i32.add");
      });
      body((operand) => this.#at[operand]);
      code.advance(v.tap, 4);
    });
  }
}

/** Four windows of 2 x 2 side by side: two rows of eight numbers. */
export class FourWindows {
  readonly code: Code;
  readonly operands: readonly number[];
  readonly #row: number;
  readonly #below: number;

  constructor(code: Code, operands: readonly number[], row: number) {
    this.code = code;
    this.operands = operands;
    this.#row = row;
    this.#below = code.local("i32");
  }

  /** The four windows' first numbers, then their second, third and fourth ones. */
  split(operand: number): number[] {
    const { code, operands } = this;
    const [low, high, ...parts] = locals(code, 6);
    code.put(this.#below, operands[operand], this.#row, "i32.add");
    [operands[operand], this.#below].forEach((row, i) => {
      code.get(row).access("v128.load").set(low).get(row).access("v128.load", 16).set(high);
      code
        .get(low)
        .get(high)
        .shuffle(0, 2, 4, 6)
        .set(parts[2 * i]);
      code
        .get(low)
        .get(high)
        .shuffle(1, 3, 5, 7)
        .set(parts[2 * i + 1]);
    });
    return parts;
  }

  /** The reverse: stores them to both rows. */
  join(operand: number, [a, b, c, d]: readonly number[]): void {
    const { code, operands } = this;
    code.put(this.#below, operands[operand], this.#row, "i32.add");
    for (const [row, even, odd] of [
      [operands[operand], a, b],
      [this.#below, c, d],
    ]) {
      code.get(row).get(even).get(odd).shuffle(0, 4, 1, 5).access("v128.store");
      code.get(row).get(even).get(odd).shuffle(2, 6, 3, 7).access("v128.store", 16);
    }
  }
}
