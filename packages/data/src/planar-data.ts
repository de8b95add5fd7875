/**
 * Points in the plane that no straight line parts: moons, circles, spirals, XOR; and blobs, which one may.
 *
 * Names and conventions are scikit-learn's in camelCase, with `seed` or `generator` for its `random_state`.
 */
import { type Tensor, tensor, ValueError } from "@chainrule/core";
import { checkList, checkOptions, listInWords } from "@chainrule/core/internal";
import {
  addNoise,
  checkCount,
  checkNotNegative,
  type GeneratedData,
  type GeneratedDataOptions,
  generatorKeys,
  inWords,
  type Point,
  splitEvenly,
  toData,
} from "./generated.ts";
import { generatorOf } from "./random-options.ts";

/** Options of a shape with blurred points. */
export interface NoisyDataOptions extends GeneratedDataOptions {
  /** The standard deviation of the normal noise added to each coordinate, 0 by default. */
  noise?: number;
}

/**
 * Two half circles that reach into each other.
 *
 * Class 0 is (cos t, sin t), class 1 is (1 - cos t, 1/2 - sin t), t at equal distances from 0 to π. Of an odd number
 * of samples class 1 has one more.
 *
 * @returns x float [n, 2], y int32 [n].
 * @throws ValueError for fewer than 2 samples or negative noise.
 *
 * Source: scikit-learn's `make_moons`.
 *
 * @example
 * const { x, y } = makeMoons({ nSamples: 200, noise: 0.1, seed: 0 });
 */
export function makeMoons(options: NoisyDataOptions = {}): GeneratedData {
  const generator = begin("makeMoons", options, ["noise"]);
  const { nSamples = 100, noise = 0 } = options;
  const outer = Math.floor(nSamples / 2);
  const inner = nSamples - outer;
  const arc = (count: number) =>
    Array.from({ length: count }, (_, i) => (count === 1 ? 0 : (Math.PI * i) / (count - 1)));
  const points: Point[] = [
    ...arc(outer).map((t) => ({ at: [Math.cos(t), Math.sin(t)], label: 0 })),
    ...arc(inner).map((t) => ({ at: [1 - Math.cos(t), 0.5 - Math.sin(t)], label: 1 })),
  ];
  return toData(
    points.map(({ at, label }) => ({ at: addNoise(at, noise, generator), label })),
    options,
    generator,
  );
}

/**
 * A circle around another.
 *
 * Class 0 lies on the circle of radius 1, class 1 on that of radius `factor`, each at equal angles. Of an odd number of
 * samples class 1 has one more.
 *
 * @param options `factor`: from 0 up to but not including 1, 0.8 by default.
 * @returns x float [n, 2], y int32 [n].
 * @throws ValueError for a factor out of range, fewer than 2 samples or negative noise.
 *
 * Source: scikit-learn's `make_circles`.
 *
 * @example
 * const { x, y } = makeCircles({ nSamples: 200, noise: 0.05, factor: 0.5, seed: 0 });
 */
export function makeCircles(options: NoisyDataOptions & { factor?: number } = {}): GeneratedData {
  const generator = begin("makeCircles", options, ["noise", "factor"]);
  const { nSamples = 100, noise = 0, factor = 0.8 } = options;
  if (typeof factor !== "number" || !(factor >= 0 && factor < 1))
    throw new ValueError({
      where: "makeCircles",
      expected: "factor, the inner radius over the outer, from 0 up to but not including 1",
      got: inWords(factor),
    });
  const outer = Math.floor(nSamples / 2);
  const circle = (count: number, radius: number, label: number): Point[] =>
    Array.from({ length: count }, (_, i) => {
      const angle = (2 * Math.PI * i) / count;
      return { at: addNoise([radius * Math.cos(angle), radius * Math.sin(angle)], noise, generator), label };
    });
  return toData([...circle(outer, 1, 0), ...circle(nSamples - outer, factor, 1)], options, generator);
}

/**
 * Arms that wind around each other from the origin outwards.
 *
 * The i-th of n points of arm k of K lies at radius i / n, i from 1 to n, and at angle 2π (turns · i / n + k / K),
 * measured from the y axis.
 *
 * @param options `nClasses`: the number of arms, 2; `turns`: how often each goes round, 1.75.
 * @returns x float [n, 2], y int32 [n].
 * @throws ValueError for fewer than one class, fewer samples than classes or negative noise.
 *
 * Source: TensorFlow Playground's spiral, for any number of arms and scaled to radius 1.
 *
 * @example
 * const { x, y } = makeSpirals({ nSamples: 300, nClasses: 3, noise: 0.02, seed: 0 });
 */
export function makeSpirals(options: NoisyDataOptions & { nClasses?: number; turns?: number } = {}): GeneratedData {
  const generator = begin("makeSpirals", options, ["noise", "nClasses", "turns"]);
  const { nSamples = 100, noise = 0, nClasses = 2, turns = 1.75 } = options;
  checkCount("makeSpirals", "nClasses", nClasses);
  checkCount("makeSpirals", "nSamples", nSamples, nClasses);
  if (!Number.isFinite(turns))
    throw new ValueError({ where: "makeSpirals", expected: "a finite number of turns", got: inWords(turns) });
  const points = splitEvenly(nSamples, nClasses).flatMap((count, label) =>
    Array.from({ length: count }, (_, i): Point => {
      const radius = (i + 1) / count;
      const angle = 2 * Math.PI * (turns * radius + label / nClasses);
      return { at: addNoise([radius * Math.sin(angle), radius * Math.cos(angle)], noise, generator), label };
    }),
  );
  return toData(points, options, generator);
}

/**
 * The four quadrants of a square, crosswise: exclusive or.
 *
 * Points are uniform in [-1, 1]²; class 1 where exactly one coordinate is positive, taken before the noise is added.
 *
 * @param options `margin`: how far the points stay off both axes, 0 by default, below 1.
 * @returns x float [n, 2], y int32 [n].
 * @throws ValueError for a margin out of range, fewer than 2 samples or negative noise.
 *
 * Source: TensorFlow Playground's exclusive or, scaled to 1.
 *
 * @example
 * const { x, y } = makeXor({ nSamples: 200, margin: 0.05, seed: 0 });
 */
export function makeXor(options: NoisyDataOptions & { margin?: number } = {}): GeneratedData {
  const generator = begin("makeXor", options, ["noise", "margin"]);
  const { nSamples = 100, noise = 0, margin = 0 } = options;
  if (typeof margin !== "number" || !(margin >= 0 && margin < 1))
    throw new ValueError({
      where: "makeXor",
      expected: "a margin from 0 up to but not including 1",
      got: inWords(margin),
    });
  const coordinate = () => generator.uniform(margin, 1) * (generator.bernoulli(0.5) ? 1 : -1);
  const points = Array.from({ length: nSamples }, (): Point => {
    const [a, b] = [coordinate(), coordinate()];
    return { at: addNoise([a, b], noise, generator), label: a > 0 === b > 0 ? 0 : 1 };
  });
  points.sort((p, q) => p.label - q.label);
  return toData(points, options, generator);
}

/** Options of {@link makeBlobs}. */
export interface MakeBlobsOptions extends Omit<GeneratedDataOptions, "nSamples"> {
  /** The number of samples, or of each blob; 100 in all by default. */
  nSamples?: number | readonly number[];
  /** How many coordinates a point has, 2 by default; given centres have their own. */
  nFeatures?: number;
  /** The number of blobs, 3 by default, or their centres. */
  centers?: number | readonly (readonly number[])[];
  /** The standard deviation in every direction, of all blobs or of each; 1 by default. */
  clusterStd?: number | readonly number[];
  /** Where centres are drawn from, uniformly in every coordinate; [-10, 10] by default. */
  centerBox?: readonly [number, number];
}

/**
 * Round clouds of points, a class each.
 *
 * @returns x float [n, d], y int32 [n], and `centers`, float [k, d].
 * @throws ValueError for counts, centres or deviations that do not match each other.
 *
 * Source: scikit-learn's `make_blobs`.
 *
 * @example
 * const { x, y } = makeBlobs({ centers: [[0, 0], [3, 3]], nSamples: [90, 10], seed: 0 });
 */
export function makeBlobs(options: MakeBlobsOptions = {}): GeneratedData & { centers: Tensor } {
  const where = "makeBlobs";
  checkOptions(where, options, [...generatorKeys, "nFeatures", "centers", "clusterStd", "centerBox"]);
  const { nSamples = 100, nFeatures = 2, clusterStd = 1, centerBox = [-10, 10] } = options;
  checkListOrNumber(where, "nSamples", nSamples);
  checkListOrNumber(where, "clusterStd", clusterStd);
  if (options.centers !== undefined) checkListOrNumber(where, "centers", options.centers);
  checkList(where, centerBox, "[low, high] as centerBox");
  checkCount(where, "nFeatures", nFeatures);
  const generator = generatorOf(where, options);
  const wanted = options.centers ?? (typeof nSamples === "number" ? 3 : nSamples.length);
  checkCount(where, "centers", typeof wanted === "number" ? wanted : wanted.length);
  const draw = () => Array.from({ length: nFeatures }, () => generator.uniform(centerBox[0], centerBox[1]));
  const centers = typeof wanted === "number" ? Array.from({ length: wanted }, draw) : tablesOf(where, wanted);
  if (typeof nSamples === "number") checkCount(where, "nSamples", nSamples);
  const counts = typeof nSamples === "number" ? splitEvenly(nSamples, centers.length) : nSamples;
  const deviations = typeof clusterStd === "number" ? centers.map(() => clusterStd) : clusterStd;
  checkForEach(where, "nSamples", counts, centers.length);
  checkForEach(where, "clusterStd", deviations, centers.length);
  for (const count of counts) checkCount(where, "nSamples", count, 0);
  checkCount(
    where,
    "nSamples",
    counts.reduce((sum, count) => sum + count, 0),
  );
  for (const std of deviations) checkNotNegative(where, "clusterStd", std);
  const points = counts.flatMap((count, label) =>
    Array.from({ length: count }, (): Point => ({ at: addNoise(centers[label], deviations[label], generator), label })),
  );
  const { nSamples: _, ...rest } = options;
  return { ...toData(points, rest, generator), centers: tensor(centers) };
}

function checkListOrNumber(where: string, name: string, value: unknown): void {
  if (typeof value !== "number") checkList(where, value, `${name} as a number, or an array`);
}

/** Centres that are points of one length. */
function tablesOf(where: string, centers: readonly (readonly number[])[]): readonly (readonly number[])[] {
  if (tensor(centers, { dtype: "float64" }).rank === 2) return centers;
  throw new ValueError({ where, expected: "centers as points, [[0, 0], [3, 3]]", got: listInWords(centers) });
}

function checkForEach(where: string, name: string, values: readonly number[], blobs: number): void {
  if (values.length === blobs) return;
  throw new ValueError({ where, expected: `${name} for each of ${blobs} blobs`, got: `${values.length}` });
}

/** Checks what the shapes have in common, and gives the generator to draw from. */
function begin(where: string, options: NoisyDataOptions, own: readonly string[]) {
  checkOptions(where, options, [...generatorKeys, ...own]);
  const { nSamples = 100, noise = 0 } = options;
  checkCount(where, "nSamples", nSamples, 2);
  checkNotNegative(where, "noise", noise);
  return generatorOf(where, options);
}
