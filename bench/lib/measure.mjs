/**
 * Proof and time of one contender's `steps`. What PyTorch's side does is the same: see contenders/pytorch.py.
 */

/** The figures after so many steps, several times. */
export async function prove(steps, { proof }) {
  const figures = [];
  for (let i = 0; i < proof.times; i++) figures.push(await steps(proof.every));
  return { figures };
}

/**
 * Steps per second, after warming up: in as many pieces as fit, each long enough for the clock; and the most memory that the
 * process ever held, in MiB.
 */
export async function measure(steps, _workload, { warmUp, seconds }) {
  const took = async (n) => {
    const start = performance.now();
    await steps(n);
    return (performance.now() - start) / 1000;
  };
  let piece = 2;
  let [spent, last] = [0, 0];
  while (spent < warmUp || last === 0) {
    last = await took(piece);
    spent += last;
    if (last < warmUp / 8) piece = 2 * piece;
  }
  let [time, count] = [0, 0];
  while (time < seconds) {
    time += await took(piece);
    count += piece;
  }
  return { rate: count / time, peak: process.resourceUsage().maxRSS / 1024 };
}

/** Milliseconds that the first step takes beyond the fastest of a few later ones. */
export async function firstStep(steps) {
  const took = async () => {
    const start = performance.now();
    await steps(1);
    return performance.now() - start;
  };
  const first = await took();
  let later = first;
  for (let i = 0; i < 5; i++) later = Math.min(later, await took());
  return { ms: first - later };
}

/** All the steps of a training at once; its figures, or those of the step that would follow. */
export async function train(steps, { trained }) {
  const figures = await steps(trained.steps);
  return { figures: [trained.next ? await steps(1) : figures] };
}
