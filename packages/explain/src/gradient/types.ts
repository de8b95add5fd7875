/**
 * What an explanation of one number's gradient consists of, as plain data.
 */

/** One element through which the weight works. */
export interface GradientElement {
  /** The name of the tensor that it is an element of. */
  readonly node: string;
  /** Where in it. */
  readonly index: readonly number[];
  /** How it changes with the weight: ∂ element / ∂ weight. */
  readonly local: number;
  /** The gradient that came to it from above, along this way. */
  readonly gradient: number;
}

/** What one way through the computation, for one sample, brings to the gradient. */
export interface GradientShare {
  readonly share: number;
  /** The row of the batch; absent where the way goes through no single one. */
  readonly sample?: number;
  /** Which use of the weight it begins with, counted from 0: a shared weight has several. */
  readonly use: number;
  /** The stations from there to the result: layers, losses, and operations outside of them. */
  readonly way: readonly string[];
  /** Of how many elements the share is the sum, local derivative × gradient. */
  readonly count: number;
  /** The largest of them. */
  readonly elements: readonly GradientElement[];
}

/** Why one number has the gradient that it has. */
export interface GradientData {
  readonly kind: "gradient";
  /** What the result is called, and what the tensor is. */
  readonly result: string;
  readonly name: string;
  readonly index: readonly number[];
  /** The number itself, and its gradient, as `backward` leaves it. */
  readonly value: number;
  readonly gradient: number;
  /** How often the tensor is used. */
  readonly uses: number;
  /** What contributes, the largest first; together they are the gradient, up to rounding. */
  readonly shares: readonly GradientShare[];
  /** What is left out of `shares`: how many, and what they bring together. */
  readonly more: { readonly count: number; readonly share: number };
  /** The sum of all shares, those left out as well. */
  readonly sum: number;
}
