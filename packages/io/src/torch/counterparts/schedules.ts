/**
 * Each schedule of the learning rate as a formula in Python: one table.
 */
import * as nn from "@chainrule/nn";
import { pythonValue } from "../../python/text.ts";

/** The rate at an iteration, which is an expression in Python. */
type Formula = (t: string) => string;

type Options = Readonly<Record<string, number>>;

const n = (x: unknown) => pythonValue(x);

/** From one rate to another by a share that falls from 1 to 0. */
const between = (lr: number, end: number, share: string) =>
  end === 0 ? `${n(lr)} * ${share}` : `${n(end)} + ${n(lr - end)} * ${share}`;

/** One cycle through three heights. */
function cycle(
  { steps, pctStart = 0.3, annealStrategy = "cos", threePhase = false }: Omit<nn.OneCycleOptions, "maxLr">,
  [first, peak, last]: readonly [number, number, number],
): Formula {
  const three = threePhase ? [n(true)] : [];
  const [heights, form] = [[peak, steps, pctStart, first, last].map(n), [n(annealStrategy), ...three]];
  return (t) => `one_cycle(${[t, ...heights, ...form].join(", ")})`;
}

/** By the function that makes the schedule, given what it was made with. */
const formulas: Readonly<Record<string, (...args: never[]) => Formula | null>> = {
  stepDecay:
    ({ lr, every, gamma = 0.1 }: Options) =>
    (t) =>
      `${n(lr)} * ${n(gamma)} ** ((${t}) // ${n(every)})`,
  multiStepDecay:
    ({ lr, milestones, gamma = 0.1 }: { lr: number; milestones: readonly number[]; gamma?: number }) =>
    (t) =>
      `${n(lr)} * ${n(gamma)} ** sum(${t} >= at for at in ${n([...milestones])})`,
  exponentialDecay:
    ({ lr, gamma, every = 1 }: Options) =>
    (t) =>
      `${n(lr)} * ${n(gamma)} ** ((${t}) / ${n(every)})`,
  polynomialDecay:
    ({ lr, steps, endLr = 0, power = 1 }: Options) =>
    (t) =>
      between(lr, endLr, `(1 - min(${t}, ${n(steps)}) / ${n(steps)})${power === 1 ? "" : ` ** ${n(power)}`}`),
  linearDecay: (options: Options) => formulas.polynomialDecay(options as never),
  cosineDecay:
    ({ lr, steps, endLr = 0 }: Options) =>
    (t) =>
      between(lr, endLr, `(1 + math.cos(math.pi * min(${t}, ${n(steps)}) / ${n(steps)})) / 2`),
  cosineRestarts:
    ({ lr, steps, growth = 1, endLr = 0 }: Options) =>
    (t) =>
      `cosine_restarts(${[t, n(lr), n(steps), n(growth), n(endLr)].join(", ")})`,
  inverseTimeDecay:
    ({ lr, decay, every = 1, staircase = false }: { lr: number; decay: number; every?: number; staircase?: boolean }) =>
    (t) =>
      `${n(lr)} / (1 + ${n(decay)} * ((${t}) ${staircase ? "//" : "/"} ${n(every)}))`,
  piecewiseConstant:
    ({ boundaries, values }: { boundaries: readonly number[]; values: readonly number[] }) =>
    (t) =>
      `${n([...values])}[sum(${t} > at for at in ${n([...boundaries])})]`,
  cyclic: ({ baseLr, maxLr, stepsUp, stepsDown = stepsUp, cycleFactor = 1, stepFactor = 1 }: nn.CyclicOptions) => {
    const length = n(stepsUp + stepsDown);
    return (t) => {
      const within = `(${t}) % ${length}`;
      const height = `min((${within}) / ${n(stepsUp)}, (${length} - (${within})) / ${n(stepsDown)})`;
      const lower = cycleFactor === 1 ? "" : ` * ${n(cycleFactor)} ** ((${t}) // ${length})`;
      const less = stepFactor === 1 ? "" : ` * ${n(stepFactor)} ** (${t})`;
      return `${n(baseLr)} + ${n(maxLr - baseLr)} * ${height}${lower}${less}`;
    };
  },
  sequential: (schedules: readonly nn.Schedule[], { milestones }: { milestones: readonly number[] }) => {
    const parts = schedules.map(formulaOf);
    if (!parts.every((part) => part !== null)) return null;
    return (t) =>
      parts
        .map((part, i) => {
          const text = `(${part(i === 0 ? t : `(${t} - ${n(milestones[i - 1])})`)})`;
          return i < milestones.length ? `${text} if ${t} < ${n(milestones[i])} else ` : text;
        })
        .join("");
  },
  warmup: (next: nn.Schedule | number, { steps, from = 0 }: { steps: number; from?: number }) => {
    const after: Formula | null = typeof next === "number" ? () => n(next) : formulaOf(next);
    if (!after) return null;
    const first = typeof next === "number" ? next : next(0);
    const share = from === 0 ? `${first} *` : `${first} * (${n(from)} + ${n(1 - from)} *`;
    return (t) =>
      `${share} ${t} / ${n(steps)}${from === 0 ? "" : ")"} if ${t} < ${n(steps)} else ${after(`(${t} - ${n(steps)})`)}`;
  },
  chained: (schedules: readonly nn.Schedule[]) => {
    const parts = schedules.map(formulaOf);
    if (!parts.every((part) => part !== null)) return null;
    return (t) => parts.map((part) => `(${part(t)})`).join(" * ");
  },
  oneCycle: (options: nn.OneCycleOptions) => {
    const { maxLr, divFactor = 25, finalDivFactor = 1e4 } = options;
    const first = maxLr / divFactor;
    return cycle(options, [first, maxLr, first / finalDivFactor]);
  },
  oneCycleMomentum: (options: nn.OneCycleMomentumOptions) => {
    const { maxMomentum = 0.95, baseMomentum = 0.85 } = options;
    return cycle(options, [maxMomentum, baseMomentum, maxMomentum]);
  },
};

/** The schedules of the table, by the names of the functions that make them. */
export const scheduleNames: readonly string[] = Object.keys(formulas);

/** The schedule's formula; null for a function of one's own. */
export function formulaOf(schedule: nn.Schedule): Formula | null {
  const making = nn.makingOf(schedule);
  const name = scheduleNames.find(
    (each) => (nn as unknown as Readonly<Record<string, unknown>>)[each] === making?.factory,
  );
  return name === undefined ? null : formulas[name](...(making!.args as never[]));
}

/** The functions in Python that formulas use, by name. */
export const scheduleHelpers = {
  cosine_restarts: {
    needs: [],
    code: `
def cosine_restarts(t, lr, steps, growth, end):
    """Half a cosine again and again, each growth times as long as the one before."""
    start, length = (t // steps * steps, steps) if growth == 1 else (0, steps)
    while t >= start + length:
        start, length = start + length, length * growth
    return end + (lr - end) * (1 + math.cos(math.pi * (t - start) / length)) / 2`,
  },
  one_cycle: {
    needs: [],
    code: `
def one_cycle(t, highest, steps, up, first, last, anneal, three=False):
    """From first up to the highest rate, and down to last, in three phases by way of first (Smith & Topin 2018)."""
    def between(a, b, share):
        return b + (a - b) * (1 + math.cos(math.pi * share)) / 2 if anneal == "cos" else a + (b - a) * share

    peak = up * steps - 1
    ends = [peak, 2 * peak, steps - 1] if three else [peak, steps - 1]
    heights, start = [first, highest, first, last] if three else [first, highest, last], 0
    for end, a, b in zip(ends, heights, heights[1:]):
        if t <= end:
            return b if end == start else between(a, b, (t - start) / (end - start))
        start = end
    return last`,
  },
} as const;
