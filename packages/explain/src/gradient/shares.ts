/**
 * The gradient of one number of a tensor, taken apart: by the elements through which it works, the samples that these belong
 * to, and the ways from there to the result.
 */
import { GraphError, gradients, type Tensor, tensor, zeros } from "@chainrule/core";
import { type Recorded, type TapeEntry, withGradEnabled } from "@chainrule/core/internal";
import { oneAt, sendThrough } from "../backward/local.ts";
import { gradientsByWay, stationsIn, stationsOf, through } from "./paths.ts";
import { samplesOf } from "./samples.ts";
import type { GradientElement, GradientShare } from "./types.ts";

/** So many elements of a share are told one by one. */
const mostElements = 3;

/** All shares, in no order. */
export function sharesOf(
  computation: readonly Recorded[],
  names: readonly string[],
  of: { readonly id: number; readonly place: number; readonly seed?: Tensor },
): { uses: number; shares: GradientShare[] } {
  const ways = gradientsByWay(computation, names, of.id, of.seed);
  const stations = stationsIn(computation, names);
  const samples = samplesOf(computation).map((each) => each.toTypedArray());
  const shares: GradientShare[] = [];
  const known = samples.map((each) => each.some((sample) => sample !== 0));
  const hasBatch = known.includes(true);
  const meetings = meetingsOf(computation, of.id, of.place, (id) => known[id] || !hasBatch);
  meetings.forEach(({ id, change }, use) => {
    for (const [way, g] of ways[id])
      shares.push(
        ...bySample(
          { name: names[id], use, way: id === of.id ? [] : stationsOf(through(stations[id], way)) },
          change,
          g,
          samples[id],
        ),
      );
  });
  return { uses: meetings.length, shares };
}

/** A step in which the weight meets data: how the step's result changes with the weight, by this input alone. */
interface Meeting {
  readonly id: number;
  readonly change: Tensor;
}

/**
 * Where the weight first meets numbers of samples: at its uses, or after steps that only it and other weights go through,
 * such as a transposition; at the result, where there are no samples.
 */
function meetingsOf(
  computation: readonly Recorded[],
  start: number,
  place: number,
  hasSamples: (id: number) => boolean,
): Meeting[] {
  const changes: (Tensor | null)[] = computation.map(() => null);
  changes[start] = oneAt(computation[start].tensor, place);
  const last = computation.length - 1;
  const found: Meeting[] = start === last ? [{ id: last, change: changes[start] }] : [];
  computation.forEach(({ tensor: output, inputs }, id) => {
    if (id <= start || !output.requiresGrad) return;
    inputs.forEach((input, argument) => {
      const change = changes[input];
      if (change === null) return;
      const part = changeThrough(output.tapeEntry!, argument, change);
      if (hasSamples(id) || id === last) found.push({ id, change: part });
      else changes[id] = changes[id]?.add(part) ?? part;
    });
  });
  return found;
}

/**
 * How a step's result changes when one of its inputs changes by so much.
 *
 * The gradient rule is linear in the gradient: what it sends, times the change, has by the gradient itself the derivative
 * that is sought.
 */
function changeThrough(step: TapeEntry, argument: number, change: Tensor): Tensor {
  const output = step.output!;
  const inputs = step.inputs!.map((x) => x.detach());
  return withGradEnabled(true, () => {
    const g = tensor(zeros(output.shape, { dtype: output.dtype }), { requiresGrad: true });
    const sent = sendThrough(step, argument, g, inputs).mul(change).sum();
    if (sent.requiresGrad) return gradients([sent], [g])[0];
    return withGradEnabled(false, () => columnByColumn(step, argument, change, inputs));
  });
}

/** The same, one element of the result after the other, where the rule is written in ops that have no gradient themselves. */
function columnByColumn(step: TapeEntry, argument: number, change: Tensor, inputs: readonly Tensor[]): Tensor {
  const output = step.output!;
  if (output.size > 4096)
    throw new GraphError({
      where: "explainGradient",
      expected: "gradient rules in tensor operations that have gradients themselves",
      got: `that of ${step.op.name}, with a result of ${output.size} numbers`,
    });
  const numbers = Array.from({ length: output.size }, (_, i) =>
    sendThrough(step, argument, oneAt(output, i), inputs).mul(change).sum().item(),
  );
  return tensor(Float64Array.from(numbers), { shape: output.shape, dtype: "float64" }).cast(output.dtype);
}

function bySample(
  { name, use, way }: { readonly name: string; readonly use: number; readonly way: readonly string[] },
  change: Tensor,
  g: Tensor,
  samples: ArrayLike<number>,
): GradientShare[] {
  const [locals, gradientsThere] = [change.toTypedArray(), g.toTypedArray()];
  const places = new Map<number, number[]>();
  for (let i = 0; i < locals.length; i++) {
    if (locals[i] === 0 && Number.isFinite(gradientsThere[i])) continue;
    const list = places.get(samples[i]);
    if (list) list.push(i);
    else places.set(samples[i], [i]);
  }
  const product = (i: number) => locals[i] * gradientsThere[i];
  return [...places].map(([sample, list]): GradientShare => {
    const largest = list.length <= mostElements ? list : [...list].sort((i, j) => size(product(j)) - size(product(i)));
    return {
      share: list.reduce((total, i) => total + product(i), 0),
      ...(sample > 0 && { sample: sample - 1 }),
      use,
      way,
      count: list.length,
      elements: largest.slice(0, mostElements).map(
        (i): GradientElement => ({
          node: name,
          index: indexOf(i, change.shape),
          local: locals[i],
          gradient: gradientsThere[i],
        }),
      ),
    };
  });
}

/** For sorting: what is not a number stands first, since it spoils the whole. */
export function size(x: number): number {
  return Number.isNaN(x) ? Number.POSITIVE_INFINITY : Math.abs(x);
}

function indexOf(place: number, shape: readonly number[]): number[] {
  const index: number[] = [];
  let rest = place;
  for (const n of shape.toReversed()) {
    index.unshift(rest % n);
    rest = Math.floor(rest / n);
  }
  return index;
}
