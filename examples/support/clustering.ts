/**
 * How well clusters agree with classes that they were not told of.
 */
import { information, type Tensor } from "chainrule";

/** How many rows each cluster shares with each class, [clusters, classes]. */
function countShared(clusters: Tensor, classes: Tensor): number[][] {
  const [found, known] = [clusters.toTypedArray(), classes.toTypedArray()];
  const size = 1 + Math.max(...found, ...known);
  const table = Array.from({ length: size }, () => new Array<number>(size).fill(0));
  for (let i = 0; i < found.length; i++) table[found[i]][known[i]]++;
  return table;
}

/** The share of rows that are right when each cluster is named after a class of its own, in the best possible way. */
export function clusteringAccuracy(clusters: Tensor, classes: Tensor): number {
  const table = countShared(clusters, classes);
  const names = bestAssignment(table);
  return table.reduce((sum, row, cluster) => sum + row[names[cluster]], 0) / clusters.size;
}

/** What clusters and classes tell about each other, 2 I(X; Y) / (H(X) + H(Y)): 0 for nothing, 1 for everything. */
export function normalizedMutualInformation(clusters: Tensor, classes: Tensor): number {
  const table = countShared(clusters, classes);
  const sums = (rows: number[][]) => rows.map((row) => row.reduce((sum, count) => sum + count, 0));
  const columns = table.map((_, j) => table.map((row) => row[j]));
  const [x, y] = [sums(table), sums(columns)].map((counts) => information.entropy(counts, { normalize: true }).item());
  return x + y === 0 ? 1 : (2 * information.mutualInformation(table, { normalize: true }).item()) / (x + y);
}

/**
 * For each row of a square table a column of its own, so that the sum of the chosen numbers is as large as possible.
 *
 * Rows enter one after the other. Each looks for the cheapest path to a free column, on which rows that came before
 * may move to other columns; prices of rows and columns keep all costs at 0 or above, so that Dijkstra's search finds it.
 *
 * Source: the Hungarian method (Kuhn 1955), with the shortest paths of Jonker & Volgenant 1987.
 */
export function bestAssignment(profits: readonly (readonly number[])[]): number[] {
  const n = profits.length;
  const [rowPrice, columnPrice] = [new Array<number>(n).fill(0), new Array<number>(n + 1).fill(0)];
  // The row in each column; the column after the last is where a row waits that has none yet.
  const rowIn = new Array<number>(n + 1).fill(-1);
  for (let row = 0; row < n; row++) {
    rowIn[n] = row;
    const { end, previous } = cheapestPath(profits, rowIn, rowPrice, columnPrice);
    for (let column = end; column !== n; column = previous[column]) rowIn[column] = rowIn[previous[column]];
  }
  const columnOf = new Array<number>(n);
  for (let column = 0; column < n; column++) columnOf[rowIn[column]] = column;
  return columnOf;
}

/** The path from the waiting row to a free column; changes the prices so that its steps cost 0. */
function cheapestPath(
  profits: readonly (readonly number[])[],
  rowIn: number[],
  rowPrice: number[],
  columnPrice: number[],
) {
  const n = profits.length;
  const costs = new Array<number>(n).fill(Number.POSITIVE_INFINITY);
  const previous = new Array<number>(n).fill(n);
  const reached = new Set<number>();
  let at = n;
  while (rowIn[at] >= 0) {
    reached.add(at);
    const row = rowIn[at];
    let next = -1;
    for (let column = 0; column < n; column++) {
      if (reached.has(column)) continue;
      const cost = -profits[row][column] - rowPrice[row] - columnPrice[column];
      if (cost < costs[column]) [costs[column], previous[column]] = [cost, at];
      if (next < 0 || costs[column] < costs[next]) next = column;
    }
    const step = costs[next];
    for (const column of reached)
      [rowPrice[rowIn[column]], columnPrice[column]] = [rowPrice[rowIn[column]] + step, columnPrice[column] - step];
    for (let column = 0; column < n; column++) if (!reached.has(column)) costs[column] -= step;
    at = next;
  }
  return { end: at, previous };
}
