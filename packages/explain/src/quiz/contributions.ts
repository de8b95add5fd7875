/**
 * Of what a number that is sent is made: for each element of the result that uses the input's, the gradient from above and
 * the local derivative.
 */
import type { BackwardData, BackwardStep, Numbers, Sent } from "../explanation/types.ts";

/** One term of what is sent to an element of an input. */
export interface Contribution {
  /** The gradient from above, of one element of the result. */
  readonly upstream: number;
  /** The derivative of that element by the input's. */
  readonly local: number;
  /** The place of that element. */
  readonly place: number;
}

/** A matrix product, as far as a question about it needs it. */
export interface Product {
  /** Which of the two is asked about. */
  readonly argument: 0 | 1;
  /** The other one. */
  readonly other: Numbers;
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
}

/** What is sent to one element, term by term; null where the numbers for it were left out. */
export function contributionsTo(
  data: BackwardData,
  step: BackwardStep,
  sent: Sent,
  place: number,
): Contribution[] | null {
  const upstream = step.gradient.values;
  const whole = sent.sent.values;
  if (!upstream || !whole) return null;
  const found = elementwise(step, sent, place) ?? fromJacobian(step, sent, place) ?? ofProduct(data, step, sent, place);
  if (found === null) return null;
  const total = found.reduce((sum, { upstream: g, local }) => sum + (g === 0 || local === 0 ? 0 : g * local), 0);
  // A rule may know better than the product of two rounded numbers, where one is infinite for example.
  return isClose(total, whole[place]) ? found : null;
}

const isClose = (a: number, b: number) => Math.abs(a - b) <= 1e-4 * Math.max(Math.abs(a), Math.abs(b), 1e-6);

function elementwise({ gradient }: BackwardStep, { local, sent }: Sent, place: number): Contribution[] | null {
  const derivatives = local.form === "elementwise" ? local.numbers?.values : undefined;
  if (!derivatives) return null;
  return usesOf(place, sent.shape, gradient.shape).map((use) => ({
    upstream: gradient.values![use],
    local: derivatives[use],
    place: use,
  }));
}

/** Which elements of a result use the element of an input that was broadcast to its shape. */
function usesOf(place: number, from: readonly number[], to: readonly number[]): number[] {
  const padded = [...new Array<number>(to.length - from.length).fill(1), ...from];
  const wanted = indexOf(place, padded);
  const count = to.reduce((product, n) => product * n, 1);
  return Array.from({ length: count }, (_, i) => i).filter((i) => {
    const index = indexOf(i, to);
    return padded.every((length, axis) => length === 1 || index[axis] === wanted[axis]);
  });
}

/** The index along each axis of a place in row-major order. */
export function indexOf(place: number, shape: readonly number[]): number[] {
  const index: number[] = [];
  let rest = place;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    index.unshift(rest % shape[axis]);
    rest = Math.floor(rest / shape[axis]);
  }
  return index;
}

function fromJacobian({ gradient }: BackwardStep, { local, sent }: Sent, place: number): Contribution[] | null {
  const jacobian = local.form === "jacobian" ? local.numbers?.values : undefined;
  if (!jacobian) return null;
  const columns = sent.values!.length;
  const rows = gradient.values!.map((upstream, i) => ({ upstream, local: jacobian[i * columns + place], place: i }));
  return rows.filter(({ local }) => local !== 0);
}

/** The product of two matrices that this is; null for all else. */
export function productOf({ nodes }: BackwardData, step: BackwardStep, { argument }: Sent): Product | null {
  const { op, inputs } = nodes[step.node];
  if (op !== "matmul" || inputs[0] === inputs[1]) return null;
  const [a, b] = inputs.map((input) => nodes[input].value);
  if (a.shape.length !== 2 || b.shape.length !== 2 || a.shape[1] !== b.shape[0]) return null;
  const other = argument === 0 ? b : a;
  if (!other.values || !step.gradient.values) return null;
  return {
    argument: argument as 0 | 1,
    other,
    rows: a.shape[0],
    inner: a.shape[1],
    columns: b.shape[1],
  };
}

/** Of y = a b: da[i,k] = Σⱼ g[i,j] b[k,j], db[k,j] = Σᵢ a[i,k] g[i,j]. */
function ofProduct(data: BackwardData, step: BackwardStep, sent: Sent, place: number): Contribution[] | null {
  const product = productOf(data, step, sent);
  if (product === null) return null;
  const { argument, other, rows, inner, columns } = product;
  const g = step.gradient.values!;
  const [row, column] = indexOf(place, sent.sent.shape);
  if (argument === 0)
    return Array.from({ length: columns }, (_, j) => ({
      upstream: g[row * columns + j],
      local: other.values![column * columns + j],
      place: row * columns + j,
    }));
  return Array.from({ length: rows }, (_, i) => ({
    upstream: g[i * columns + column],
    local: other.values![i * inner + row],
    place: i * columns + column,
  }));
}
