/**
 * What the programs of the two collections import: all that a user has from `chainrule`, and a few small data sets.
 */
import { concat, randint, randn, sin, type Tensor, zeros } from "@chainrule/core";
import type { DataLike, FitOptions, HandWrittenTraining, Model } from "../../src/index.ts";

export { jit } from "@chainrule/compiler";
export * from "@chainrule/core";
export * from "@chainrule/losses";
export * from "../../src/index.ts";

/** `n` points of `classes` kinds, one after the other in turn, in normal clouds of deviation 1 around centres of their own. */
export function blobs(n: number, classes = 2, features = 2, apart = 3): { x: Tensor; labels: Tensor } {
  const labels = randint(0, classes, [n]);
  const centres = randn([classes, features]).mul(apart / Math.sqrt(2));
  return {
    x: centres
      .gather(labels)
      .add(randn([n, features]))
      .div(Math.max(1, apart / 1.5)),
    labels,
  };
}

/** y = sin x₁ + x₂ / 2 and a little noise. */
export function sines(n: number, noise = 0.05): { x: Tensor; y: Tensor } {
  const x = randn([n, 2]);
  const [first, second] = [x.slice(":", 0), x.slice(":", 1)];
  return {
    x,
    y: sin(first)
      .add(second.mul(0.5))
      .add(randn([n]).mul(noise))
      .unsqueeze(1),
  };
}

/** A column of one number for every row. */
export function constantColumn(n: number, value: number): Tensor {
  return zeros([n, 1]).add(value);
}

/** The features with a further column. */
export function withColumn(x: Tensor, column: Tensor): Tensor {
  return concat([x, column.reshape(-1, 1).cast(x.dtype)], 1);
}

/** A program of the collections: a compiled model with its data, or a training by hand. */
export type Program =
  | {
      readonly model: Model<unknown>;
      readonly x: DataLike;
      readonly y: DataLike;
      /** What it is trained with before it is diagnosed; not at all where it is left out. */
      readonly train?: FitOptions;
    }
  | HandWrittenTraining;
