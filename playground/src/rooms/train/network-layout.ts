/**
 * Where the units of a network are drawn.
 */

/** A unit's middle, and how wide it is, in units of the drawing. */
export interface Place {
  readonly x: number;
  readonly y: number;
}

/** A network as it is drawn: width 1000, and as high as its fullest layer needs. */
export interface NetworkLayout {
  readonly height: number;
  readonly size: number;
  /** By column: inputs, hidden layers, outputs. */
  readonly columns: readonly (readonly Place[])[];
  /** Each connection, with the place of its weight among all weights. */
  readonly edges: readonly {
    readonly column: number;
    readonly from: number;
    readonly to: number;
    readonly weight: number;
  }[];
  /** By hidden layer and outputs: the place of the first bias among all weights. */
  readonly biases: readonly number[];
  /** How many weights there are, with biases. */
  readonly weights: number;
}

export const width = 1000;

/** Lays out two inputs and these layers. */
export function layoutNetwork(units: readonly number[]): NetworkLayout {
  const all = [2, ...units];
  const most = Math.max(...all);
  const size = most <= 5 ? 92 : most <= 8 ? 68 : most <= 12 ? 46 : 36;
  const gap = size * 1.18;
  const height = Math.max(360, most * gap + 20);
  const margin = size / 2 + 6;
  const columns = all.map((count, column) =>
    Array.from({ length: count }, (_, i) => ({
      x: margin + (column * (width - 2 * margin)) / (all.length - 1),
      y: height / 2 + (i - (count - 1) / 2) * gap,
    })),
  );
  const edges: NetworkLayout["edges"][number][] = [];
  const biases: number[] = [];
  let weight = 0;
  for (let column = 0; column + 1 < all.length; column++) {
    for (let from = 0; from < all[column]; from++)
      for (let to = 0; to < all[column + 1]; to++) edges.push({ column, from, to, weight: weight++ });
    biases.push(weight);
    weight += all[column + 1];
  }
  return { height, size, columns, edges, biases, weights: weight };
}
