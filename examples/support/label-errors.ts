/**
 * Sequences of labels: read off from what a network says at each step, and compared with what is right.
 */

/**
 * What a path of labels says: repetitions merged, then blanks taken out (greedy decoding of CTC's outputs).
 *
 * @example
 * collapse([0, 3, 3, 0, 3, 1]); // [3, 3, 1]
 */
export function collapse(path: readonly number[], blank = 0): number[] {
  return path.filter((label, t) => label !== blank && label !== path[t - 1]);
}

/**
 * The smallest number of insertions, deletions and replacements that turn one sequence into the other (Levenshtein
 * 1966). The label error rate is this, summed over all sequences, by the number of labels that there should be.
 *
 * @example
 * editDistance([1, 2, 3], [1, 3, 3, 4]); // 2
 */
export function editDistance(from: readonly number[], to: readonly number[]): number {
  // Row i: what it takes to turn the first i of `from` into the first 0, 1, 2, … of `to`.
  let row = Array.from({ length: to.length + 1 }, (_, j) => j);
  for (const [i, label] of from.entries()) {
    const next = [i + 1];
    for (const [j, wanted] of to.entries())
      next.push(Math.min(row[j + 1] + 1, next[j] + 1, row[j] + (label === wanted ? 0 : 1)));
    row = next;
  }
  return row[to.length];
}
