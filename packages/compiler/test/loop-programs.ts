/**
 * Random programs with steps that repeat: recurrences of every kind that people write by hand, ragged ends, steps unlike the
 * others, masks and choices, two recurrences side by side or in each other, forwards and backwards.
 */
import { concat, type DType, Generator, randn, stack, type Tensor, where, zeros } from "@chainrule/core";
import fc from "fast-check";

/** What one step does to the state, in small parts that are done one after another. */
const parts = {
  product: ({ h, w }) => h.matmul(w),
  input: ({ h, x }) => h.add(x),
  gate: ({ h, x }) => x.sigmoid().mul(h),
  halves: ({ h }) => {
    const half = Math.ceil(h.shape[1] / 2);
    return concat([h.slice(":", [half, h.shape[1]]), h.slice(":", [0, half]).mul(0.5)], 1);
  },
  tanh: ({ h }) => h.tanh(),
  normed: ({ h }) => h.sub(h.mean(1, { keepDims: true })),
  softmax: ({ h }) => h.softmax(1),
  bias: ({ h, b }) => h.add(b),
  choice: ({ h, x }) => where(h.greater(x), h, x.mul(0.5)),
  scaled: ({ h, w }) => h.mul(w.exp().mean()),
  mixed: ({ h, w, b }) => h.matmul(w.softmax(1).mul(b)),
  clipped: ({ h }) => h.maximum(-1).minimum(1),
  transposed: ({ h, w }) => h.matmul(w.T).mul(0.3),
  total: ({ h, x }) => h.add(x.sum()).mul(0.1),
  counted: ({ h, t }) => h.add(0.01 * (t % 3)),
  late: ({ h, x, t }) => (t === 9 ? h.sub(x) : h),
} satisfies Record<string, (at: At) => Tensor>;

type Part = keyof typeof parts;

interface At {
  readonly h: Tensor;
  readonly x: Tensor;
  readonly w: Tensor;
  readonly b: Tensor;
  readonly t: number;
}

/** How steps follow each other. */
export interface LoopProgram {
  readonly steps: number;
  readonly batch: number;
  readonly units: number;
  readonly dtype: DType;
  /** Along which axis of the input the steps go. */
  readonly axis: 0 | 1;
  readonly first: readonly Part[];
  readonly second: readonly Part[];
  readonly form: "one" | "two" | "swapped" | "after" | "bidirectional" | "inner" | "twoBack" | "growing";
  readonly reversed: boolean;
  readonly masked: boolean;
  /** What is looked at. */
  readonly results: readonly ("last" | "all" | "beside" | "middle" | "mean")[];
  readonly seed: number;
}

export function loopPrograms(): fc.Arbitrary<LoopProgram> {
  const names = Object.keys(parts) as Part[];
  const some = fc.array(fc.constantFrom(...names), { minLength: 1, maxLength: 5 });
  return fc.record({
    steps: fc.constantFrom(1, 2, 3, 6, 7, 9, 12, 16, 17, 33),
    batch: fc.constantFrom(1, 2, 3, 4, 6, 8, 13, 16),
    units: fc.constantFrom(1, 2, 3, 4, 5, 8),
    dtype: fc.constantFrom<DType>("float32", "float32", "float64"),
    axis: fc.constantFrom(0, 1),
    first: some,
    second: some,
    form: fc.constantFrom("one", "one", "two", "swapped", "after", "bidirectional", "inner", "twoBack", "growing"),
    reversed: fc.boolean(),
    masked: fc.boolean(),
    results: fc.uniqueArray(fc.constantFrom("last", "all", "beside", "middle", "mean"), { minLength: 1 }),
    seed: fc.nat({ max: 1000 }),
  });
}

/** The inputs: the sequence, two weights, a bias, and the state at first. */
export function loopInputs({ steps, batch, units, dtype, axis, seed }: LoopProgram): Tensor[] {
  const generator = new Generator(seed);
  const numbers = (...shape: number[]) => randn(shape, { dtype, generator });
  const sequence = axis === 0 ? [steps, batch, units] : [batch, steps, units];
  return [
    numbers(...sequence),
    numbers(units, units).mul(0.5),
    numbers(units, units).mul(0.5),
    numbers(units),
    numbers(batch, units),
  ];
}

/** What the program computes. */
export function runLoop(program: LoopProgram, [xs, w, v, b, start]: readonly Tensor[]): Tensor[] {
  const { steps, axis, first, second, form, results, batch, units, dtype } = program;
  const step = (done: readonly Part[], h: Tensor, x: Tensor, t: number, weight = w) =>
    done.reduce((now, part) => parts[part]({ h: now, x, w: weight, b, t }), h);
  const at = (t: number) => (axis === 0 ? xs.slice(t) : xs.slice(":", t));
  const mask = (t: number) => at(t).slice(":", [0, 1]).greater(0);
  const order = Array.from({ length: steps }, (_, t) => (program.reversed ? steps - 1 - t : t));
  const along = (
    done: readonly Part[],
    from: Tensor,
    read: (t: number) => Tensor,
    times: readonly number[],
    weight = w,
  ) => {
    let h = from;
    return times.map((t) => {
      const next = step(done, h, read(t), t, weight);
      h = program.masked ? where(mask(t), next, h) : next;
      return h;
    });
  };
  const nothing = zeros([batch, units], { dtype });
  let hs: Tensor[] = [];
  let others: Tensor[] = [];
  if (form === "one") hs = along(first, start, at, order);
  else if (form === "after") {
    others = along(first, start, at, order);
    hs = along(second, nothing, (t) => others[t], order, v);
  } else if (form === "bidirectional") {
    hs = along(first, start, at, order);
    others = along(second, nothing, at, order.toReversed(), v);
  } else {
    let [h, c] = [start, nothing];
    for (const t of order) {
      const x = at(t);
      if (form === "two") [h, c] = [step(first, h, x, t), step(second, c, h, t, v)];
      else if (form === "swapped") [h, c] = [step(first, c, x, t), h];
      else if (form === "twoBack") [h, c] = [step(first, h, x, t).add((hs.at(-2) ?? start).mul(0.25)), h];
      else if (form === "growing") [h, c] = [step(first, h, x, t), c.add(h.mul(h))];
      else {
        for (let i = 0; i < 7; i++) c = step(second, c, x, i, v);
        h = step(first, h, c, t);
      }
      if (program.masked) h = where(mask(t), h, hs.at(-1) ?? start);
      hs.push(h);
      others.push(c);
    }
  }
  const looks: Record<(typeof results)[number], () => Tensor> = {
    last: () => hs[steps - 1],
    all: () => stack(hs, axis),
    beside: () => (others.length > 0 ? stack(others) : hs[0]),
    middle: () => hs[Math.floor(steps / 2)].add(hs[Math.floor(steps / 3)]),
    mean: () => hs.reduce((sum, each) => sum.add(each)).div(steps),
  };
  return results.map((name) => looks[name]());
}
