/**
 * Regression and classification problems of any size, with known answers: which features matter, and how much.
 *
 * Names and conventions are scikit-learn's in camelCase, with `seed` or `generator` for its `random_state`; but small
 * by default: two features, all of which matter.
 */
import { type Generator, getDefaultDType, type Tensor, tensor, ValueError } from "@chainrule/core";
import { checkList, checkNumber, checkOptions } from "@chainrule/core/internal";
import {
  checkCount,
  checkNotNegative,
  type GeneratedData,
  type GeneratedDataOptions,
  generatorKeys,
  inWords,
  type Point,
  toData,
} from "./generated.ts";
import { generatorOf } from "./random-options.ts";

/** Options of {@link makeRegression}. */
export interface MakeRegressionOptions extends GeneratedDataOptions {
  /** The number of features, 2 by default. */
  nFeatures?: number;
  /** How many of them matter; by default all, but at most 10. */
  nInformative?: number;
  /** What is added to every target, 0 by default. */
  bias?: number;
  /** The standard deviation of the normal noise on the targets, 0 by default. */
  noise?: number;
}

/**
 * A linear problem: y = x · coefficients + bias + noise.
 *
 * Features are standard normal. The coefficients of informative features are uniform in [0, 100), the others 0; which
 * features are informative is random, unless `shuffle` is false: then the first.
 *
 * @returns x float [n, d], y float [n], coefficients float [d].
 * @throws ValueError for counts out of range or negative noise.
 *
 * Source: scikit-learn's `make_regression`.
 *
 * @example
 * const { x, y, coefficients } = makeRegression({ nSamples: 200, nFeatures: 5, nInformative: 3, noise: 1, seed: 0 });
 */
export function makeRegression(options: MakeRegressionOptions = {}): GeneratedData & { coefficients: Tensor } {
  const where = "makeRegression";
  checkOptions(where, options, [...generatorKeys, "nFeatures", "nInformative", "bias", "noise"]);
  const { nSamples = 100, nFeatures = 2, bias = 0, noise = 0, shuffle = true, dtype = getDefaultDType() } = options;
  checkCount(where, "nSamples", nSamples);
  checkCount(where, "nFeatures", nFeatures);
  checkNumber(where, "bias", bias);
  const nInformative = options.nInformative ?? Math.min(nFeatures, 10);
  checkInformative(where, nInformative, nFeatures);
  checkNotNegative(where, "noise", noise);
  const generator = generatorOf(where, options);
  const truth = Array.from({ length: nFeatures }, (_, j) => (j < nInformative ? generator.uniform(0, 100) : 0));
  const coefficients = shuffle ? generator.shuffle(truth) : truth;
  const points = Array.from({ length: nSamples }, (): Point => {
    const at = normals(generator, nFeatures);
    const label = at.reduce((sum, value, j) => sum + value * coefficients[j], bias);
    return { at, label: noise === 0 ? label : label + generator.normal(0, noise) };
  });
  return { ...toData(points, options, generator, dtype), coefficients: tensor(coefficients, { dtype }) };
}

/** Options of {@link makeClassification}. */
export interface MakeClassificationOptions extends GeneratedDataOptions {
  /** The number of features, 2 by default; what is neither informative nor redundant is noise. */
  nFeatures?: number;
  /** How many features the classes differ in, 2 by default. */
  nInformative?: number;
  /** How many features are random mixtures of the informative ones, 0 by default. */
  nRedundant?: number;
  /** The number of classes, 2 by default. */
  nClasses?: number;
  /** How many clusters each class consists of, 1 by default. */
  nClustersPerClass?: number;
  /** Each class's share of the samples, all adding up to 1; the last may be left out. By default equal shares. */
  weights?: readonly number[];
  /** The share of samples whose class is then drawn at random, 0.01 by default. */
  flipY?: number;
  /** How far apart the classes are: half the side of the cube on whose corners they sit; 1 by default. */
  classSep?: number;
}

/**
 * Classes as clusters on the corners of a cube, each stretched and turned at random; balanced or not.
 *
 * Each cluster is standard normal, multiplied by a random matrix, around a corner of the cube with side 2 classSep in
 * as many dimensions as there are informative features. Redundant features are random linear combinations of those,
 * the remaining ones standard normal noise. The order of features is random, unless `shuffle` is false: then
 * informative, redundant, noise.
 *
 * @returns x float [n, d], y int32 [n].
 * @throws ValueError for counts that do not match each other, more clusters than corners, or weights that are no shares.
 *
 * Source: scikit-learn's `make_classification`, after I. Guyon, "Design of experiments for the NIPS 2003 variable
 * selection benchmark".
 *
 * @example
 * const { x, y } = makeClassification({ nSamples: 1000, weights: [0.95], classSep: 1.5, seed: 0 });
 */
export function makeClassification(options: MakeClassificationOptions = {}): GeneratedData {
  const where = "makeClassification";
  checkClassification(where, options);
  const { nSamples = 100, nFeatures = 2, nInformative = 2, nRedundant = 0, shuffle = true } = options;
  const { nClasses = 2, nClustersPerClass = 1, flipY = 0.01, classSep = 1 } = options;
  const generator = generatorOf(where, options);
  const nClusters = nClasses * nClustersPerClass;
  const corners = drawCorners(generator, nClusters, nInformative);
  const sizes = clusterSizes(nSamples, sharesOf(where, options.weights, nClasses), nClustersPerClass);
  const mixture = matrix(generator, nInformative, nRedundant);
  const order = Array.from({ length: nFeatures }, (_, j) => j);
  if (shuffle) generator.shuffle(order);
  const points = sizes.flatMap((size, cluster) => {
    const stretch = matrix(generator, nInformative, nInformative);
    return Array.from({ length: size }, (): Point => {
      const around = times(normals(generator, nInformative), stretch);
      const informative = around.map((value, j) => value + classSep * corners[cluster][j]);
      const noise = normals(generator, nFeatures - nInformative - nRedundant);
      const features = [...informative, ...times(informative, mixture), ...noise];
      const label = generator.bernoulli(flipY) ? generator.integer(0, nClasses) : cluster % nClasses;
      return { at: order.map((j) => features[j]), label };
    });
  });
  return toData(points, options, generator);
}

function checkClassification(where: string, options: MakeClassificationOptions): void {
  const own = [
    "nFeatures",
    "nInformative",
    "nRedundant",
    "nClasses",
    "nClustersPerClass",
    "weights",
    "flipY",
    "classSep",
  ];
  checkOptions(where, options, [...generatorKeys, ...own]);
  const { nSamples = 100, nFeatures = 2, nInformative = 2, nRedundant = 0 } = options;
  const { nClasses = 2, nClustersPerClass = 1, flipY = 0.01, classSep = 1 } = options;
  checkCount(where, "nSamples", nSamples);
  checkCount(where, "nFeatures", nFeatures);
  checkCount(where, "nRedundant", nRedundant, 0);
  checkCount(where, "nClasses", nClasses);
  checkCount(where, "nClustersPerClass", nClustersPerClass);
  checkInformative(where, nInformative, nFeatures - nRedundant);
  checkNotNegative(where, "classSep", classSep);
  if (typeof flipY !== "number" || !(flipY >= 0 && flipY <= 1))
    throw new ValueError({ where, expected: "flipY to be a share from 0 to 1", got: inWords(flipY) });
  if (nClasses * nClustersPerClass > 2 ** nInformative)
    throw new ValueError({
      where,
      expected: `at most ${2 ** nInformative} clusters, as many as a cube of ${nInformative} dimensions has corners`,
      got: `${nClasses} classes of ${nClustersPerClass}`,
      hint: "Raise nInformative (and nFeatures with it).",
    });
}

function checkInformative(where: string, nInformative: number, most: number): void {
  if (Number.isInteger(nInformative) && nInformative >= 1 && nInformative <= most) return;
  throw new ValueError({
    where,
    expected: `nInformative to be a whole number from 1 to ${most}`,
    got: inWords(nInformative),
    hint: "Informative and redundant features together are at most nFeatures.",
  });
}

/** The classes' shares, the last filled in if it was left out. */
function sharesOf(where: string, weights: readonly number[] | undefined, nClasses: number): number[] {
  if (weights === undefined) return new Array<number>(nClasses).fill(1 / nClasses);
  checkList(where, weights, "weights as an array of shares");
  for (const weight of weights) checkNumber(where, "each of the weights", weight);
  const rest = 1 - weights.reduce((sum, weight) => sum + weight, 0);
  const shares = weights.length === nClasses - 1 ? [...weights, rest] : [...weights];
  const total = shares.reduce((sum, share) => sum + share, 0);
  // A millionth is more than rounding leaves, and less than anybody means.
  if (shares.length !== nClasses || !shares.every((share) => share >= -1e-6) || Math.abs(total - 1) > 1e-6)
    throw new ValueError({
      where,
      expected: `weights to be the shares of ${nClasses} classes, adding up to 1 (the last may be left out)`,
      got: `[${weights.join(", ")}]`,
    });
  return shares;
}

/** How many samples each cluster has: cluster c belongs to class c mod nClasses; what rounding loses is dealt out. */
function clusterSizes(nSamples: number, shares: readonly number[], perClass: number): number[] {
  const sizes = Array.from({ length: shares.length * perClass }, (_, cluster) =>
    // Decimal shares such as 0.29 times 100 come out a hair below the whole number that is meant.
    Math.floor((nSamples * shares[cluster % shares.length]) / perClass + 1e-9),
  );
  const missing = nSamples - sizes.reduce((sum, size) => sum + size, 0);
  for (let i = 0; i < missing; i++) sizes[i % sizes.length]++;
  return sizes;
}

/** `count` different corners of the cube [-1, 1]^dimensions. */
function drawCorners(generator: Generator, count: number, dimensions: number): number[][] {
  const corners = new Map<string, number[]>();
  while (corners.size < count) {
    const corner = Array.from({ length: dimensions }, () => (generator.bernoulli(0.5) ? 1 : -1));
    corners.set(corner.join(), corner);
  }
  return [...corners.values()];
}

function normals(generator: Generator, count: number): number[] {
  return Array.from(generator.fillNormal(new Float64Array(count)));
}

/** Uniform in [-1, 1). */
function matrix(generator: Generator, rows: number, columns: number): number[][] {
  return Array.from({ length: rows }, () => Array.from(generator.fillUniform(new Float64Array(columns), -1, 1)));
}

/** A row times a matrix. */
function times(row: readonly number[], matrix: readonly (readonly number[])[]): number[] {
  return matrix[0].map((_, j) => row.reduce((sum, value, i) => sum + value * matrix[i][j], 0));
}
