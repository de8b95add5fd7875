/**
 * Users' functions of predictions and targets never broadcast one against the other: [n] - [n, 1] would be [n, n], a
 * difference of every prediction to every target, whose mean is a wrong loss that looks like one.
 *
 * What comes of predictions, or of targets, row by row is marked as such, and an operation on two of them whose rows do not
 * lie beside each other is refused. Who writes `unsqueeze`, `reshape`, `broadcastTo` or `transpose` says what is meant, and
 * the mark is gone.
 */
import { type Op, type Shape, ShapeError, type Tensor, type TensorSpec } from "@chainrule/core";
import {
  broadcastOp,
  formatShape,
  loweringOf,
  reshapeOp,
  sameShape,
  whereOp,
  withOpWatcher,
} from "@chainrule/core/internal";

/** Predictions, targets, or (both bits) what comes of both; 0 for anything else. */
type Origin = 0 | 1 | 2 | 3;

/** What is known of a tensor. */
interface Mark {
  readonly origin: Origin;
  /** The shape in which its rows lie: its own, or the one that it was broadcast from. */
  readonly rows: Shape;
  /** Whether it was broadcast from another shape. */
  readonly isWide: boolean;
}

const noMark: Mark = { origin: 0, rows: [], isWide: false };

/**
 * Calls a function of predictions and targets.
 *
 * @throws ShapeError where it broadcasts predictions against targets, so that their rows do not lie beside each other;
 *   what the function throws.
 */
export function inRows<T>(where: string, prediction: Tensor, target: Tensor, f: (p: Tensor, t: Tensor) => T): T {
  const marks = new Marks();
  marks.set(prediction, { origin: 1, rows: prediction.shape, isWide: false });
  // Labels that are the predictions, as those of an autoencoder, are told apart by nothing: they have one shape.
  if (target !== prediction) marks.set(target, { origin: 2, rows: target.shape, isWide: false });
  return withOpWatcher(
    (op, inputs, attributes, spec) => {
      const found = inputs.map((x) => marks.get(x));
      const mark = markOf(where, op, found, attributes, spec);
      return (output) => marks.set(output, mark);
    },
    () => f(prediction, target),
  );
}

class Marks {
  readonly #byTensor = new WeakMap<Tensor, Mark>();
  /** By the numbers, or what stands for them in a trace: a detached tensor is another one of the same. */
  readonly #byNumbers = new WeakMap<object, { readonly shape: Shape; readonly mark: Mark }[]>();

  set(x: Tensor, mark: Mark): void {
    this.#byTensor.set(x, mark);
    const numbers = x.traced ?? x.held;
    if (numbers === null) return;
    const views = this.#byNumbers.get(numbers);
    if (views) views.unshift({ shape: x.shape, mark });
    else if (mark !== noMark) this.#byNumbers.set(numbers, [{ shape: x.shape, mark }]);
  }

  get(x: Tensor): Mark {
    const known = this.#byTensor.get(x);
    if (known) return known;
    const numbers = x.traced ?? x.held;
    const views = numbers === null ? undefined : this.#byNumbers.get(numbers);
    return views?.find(({ shape }) => sameShape(shape, x.shape))?.mark ?? noMark;
  }
}

/** The mark of what an op makes. @throws ShapeError where it puts rows of predictions and of targets side by side wrongly. */
function markOf(where: string, op: Op, marks: readonly Mark[], attributes: unknown, spec: TensorSpec): Mark {
  const marked = marks.filter(({ origin }) => origin !== 0);
  if (marked.length === 0) return noMark;
  const kind = loweringOf(op, attributes)?.kind ?? "unknown";
  if (kind === "elementwise") checkRows(where, op, marks);
  // What `where` broadcasts to its own shape is compared there, by the shapes from which it came.
  if ((op as unknown) === broadcastOp) return { ...marked[0], isWide: true };
  const keeps = (op as unknown) === reshapeOp ? isSqueeze : keepsRows[kind];
  if (!keeps || spec.shape.length === 0) return noMark;
  const [shape, n] = [spec.shape, spec.shape[0]];
  const from = marks.filter(
    ({ origin, rows, isWide }) => origin !== 0 && !isWide && rows[0] === n && keeps(rows, shape, attributes),
  );
  const origin = from.reduce<number>((all, mark) => all | mark.origin, 0) as Origin;
  return origin === 0 ? noMark : { origin, rows: shape, isWide: false };
}

type Keeps = (from: Shape, to: Shape, attributes: unknown) => boolean;

/** Which ops leave row i row i, given the shapes before and after, which have the same number of rows. */
const keepsRows: Readonly<Record<string, Keeps | undefined>> = {
  elementwise: (from, to) => from.length === to.length,
  compose: withoutFirstAxis,
  reduce: withoutFirstAxis,
  axisLoop: withoutFirstAxis,
  slice: (from, to, { steps }: { steps: readonly number[] } & unknown) => steps[0] === 1 && from.length === to.length,
  indexing: (from, to) => from.length === to.length,
  unknown: sameShape,
} as Readonly<Record<string, Keeps>>;

function withoutFirstAxis(from: Shape, to: Shape, attributes: unknown): boolean {
  const first = (attributes as { first?: number } | null | undefined)?.first;
  return from.length === to.length && first !== 0;
}

/** Whether nothing but axes of length 1 went away, the first one staying. */
function isSqueeze(from: Shape, to: Shape): boolean {
  const long = (shape: Shape) => shape.slice(1).filter((length) => length !== 1);
  return to.length <= from.length && sameShape(long(from), long(to));
}

/** Throws where an op brings rows of predictions and rows of targets together that do not lie beside each other. */
function checkRows(where: string, op: Op, marks: readonly Mark[]): void {
  for (let i = 0; i < marks.length; i++)
    for (let j = 0; j < i; j++) {
      const [a, b] = [marks[j], marks[i]];
      if ((a.origin | b.origin) !== 3 || a.origin === 0 || b.origin === 0 || areBeside(a.rows, b.rows)) continue;
      // What was broadcast on purpose meets others as what it has become; only `where` broadcasts by itself.
      if ((a.isWide || b.isWide) && (op as unknown) !== whereOp) continue;
      throw misaligned(where, op.name, a, b);
    }
}

/** Whether row i of one lies beside row i of the other: as many axes, and one of them is as large as both. */
function areBeside(a: Shape, b: Shape): boolean {
  if (a.length !== b.length || a[0] !== b[0]) return false;
  const covers = (large: Shape, small: Shape) => small.every((length, axis) => length === large[axis] || length === 1);
  return covers(a, b) || covers(b, a);
}

function misaligned(where: string, name: string, a: Mark, b: Mark): ShapeError {
  const titles = ["", "predictions", "targets", "what comes of both"];
  const [first, second] = [a, b].map(({ origin, rows }) => `${titles[origin]} ${formatShape(rows)}`);
  return new ShapeError({
    where,
    expected: "predictions and targets row beside row, with as many axes and the rows in the first",
    got: `${first} and ${second}, which ${name} would broadcast`,
    hint: `Bring them to one shape: squeeze(-1) or unsqueeze(-1) on one of them. Targets [n] come as [n, 1] for outputs [n, 1], and as [n] for outputs [n]. If every row is to meet every other, say so: p.unsqueeze(1).sub(t.unsqueeze(0)).`,
  });
}
