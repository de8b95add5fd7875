/**
 * Drawings, and what is said of them: without the engine, which only the worker needs.
 */

/** Each pixel counts the ink in 4 x 4 points: from 0 to 16. */
export const maxInk = 16;
/** Pixels along each side of a drawing. */
export const side = 8;

/** How the network is trained. */
export interface DigitsOptions {
  readonly units: number;
  readonly epochs: number;
  readonly lr: number;
  readonly seed: number;
}

/** Where the training is. */
export interface Progress {
  readonly epoch: number;
  readonly loss: number;
  readonly accuracy: number;
}

/** What the network makes of a drawing, given what it is said to be. */
export interface Reading {
  readonly logits: number[];
  readonly probabilities: number[];
  /** −log of the probability of the label, in nats. */
  readonly loss: number;
  /** d loss / d ink of each pixel. */
  readonly gradient: number[];
}

/** A drawing of one's own. */
export interface Drawing {
  readonly label: number;
  readonly pixels: readonly number[];
}
