/**
 * Whether a contender does the same work as the reference, from the same start.
 */

/**
 * Null where all figures agree within the workload's tolerance (and the loss falls, where it is a loss); otherwise what
 * does not.
 */
export function agreement(figures, reference, { tolerance, proof }) {
  if (figures.length !== reference.length) return `${figures.length} figures, not ${reference.length}`;
  for (const [i, ours] of reference.entries())
    for (const [j, expected] of ours.entries()) {
      const got = figures[i][j];
      // Figures that are nearly 0 beside the others of their step are compared with those.
      const scale = Math.max(Math.abs(expected), 1e-2 * Math.max(...ours.map(Math.abs)));
      if (!(Math.abs(got - expected) <= tolerance * scale))
        return `learns differently: after ${(i + 1) * proof.every} steps ${got}, not ${expected}`;
    }
  if (proof.learns && !(figures.at(-1)[0] < figures[0][0])) return "its loss does not fall";
  return null;
}
