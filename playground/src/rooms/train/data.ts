/**
 * The points of a training, as the settings have them; and the lines of a program that makes the same.
 */
import {
  DataError,
  Generator,
  makeBlobs,
  makeCircles,
  makeMoons,
  makeSpirals,
  makeXor,
  parseCsv,
  rand,
  randn,
  StandardScaler,
  type Tensor,
  tensor,
  trainTestSplit,
} from "chainrule";
import { readPoints } from "./points.ts";
import type { DataSettings } from "./settings.ts";

/** Points with their classes, in two parts, and where they lie. */
export interface PointData {
  readonly x: Tensor;
  readonly labels: Tensor;
  /** What is held back; null for nothing. */
  readonly test: { readonly x: Tensor; readonly labels: Tensor } | null;
  readonly classes: number;
  /** What classes are called; by default by their numbers. */
  readonly classNames: readonly string[];
  readonly axisNames: readonly [string, string];
  /** Left, right, bottom and top of what is drawn. */
  readonly bounds: readonly [left: number, right: number, bottom: number, top: number];
}

/** Centres of blobs on a circle. */
export function blobCenters(classes: number): [number, number][] {
  const round = (x: number) => Math.round(x * 100) / 100;
  return Array.from({ length: classes }, (_, k) => {
    const angle = 2 * Math.PI * (k / classes + 1 / 8);
    return [round(Math.cos(angle)), round(Math.sin(angle))];
  });
}

/** Noise that hurts about as much in each set: the arms of a spiral lie nearer to each other than two moons. */
export function noiseOf({ data, noise }: DataSettings): number {
  const share = { spirals: 0.2, circles: 0.6, xor: 0.6 }[data as string] ?? 1;
  return Number((noise * share + (data === "blobs" ? 0.1 : 0)).toFixed(4));
}

/** What a table's columns are, counted from 0. */
function columnsOf({ columns: [across, up, label] }: DataSettings) {
  return { features: [across, up], target: label };
}

function allPoints(settings: DataSettings): {
  x: Tensor;
  labels: Tensor;
  classNames?: readonly string[];
  axisNames?: readonly [string, string];
} {
  const { data, samples: nSamples, classes, dataSeed: seed } = settings;
  const noise = noiseOf(settings);
  const named = ({ x, y }: { x: Tensor; y: Tensor }) => ({ x, labels: y });
  switch (data) {
    case "moons":
      return named(makeMoons({ nSamples, noise, seed }));
    case "circles":
      return named(makeCircles({ nSamples, noise, factor: 0.5, seed }));
    case "spirals":
      return named(makeSpirals({ nSamples, noise, nClasses: classes, turns: 1, seed }));
    case "xor":
      return named(makeXor({ nSamples, noise, margin: 0.05, seed }));
    case "blobs":
      return named(makeBlobs({ nSamples, centers: blobCenters(classes), clusterStd: noise, seed }));
    case "curve": {
      const generator = new Generator(seed);
      const at = rand([nSamples, 2], { low: -1, high: 1, generator });
      const labels = at.slice(null, 1).greater(at.slice(null, 0).mul(3).sin().mul(0.6)).cast("int32");
      return { x: at.add(randn([nSamples, 2], { std: noise, generator })), labels };
    }
    case "drawn": {
      const points = readPoints(settings.points);
      if (points.length < 2)
        throw new DataError({
          where: "your points",
          expected: "two points at least",
          got: `${points.length}`,
          hint: "Choose a class, and press where a point is to be.",
        });
      return {
        x: tensor(points.map(({ x, y }) => [x, y])),
        labels: tensor(
          points.map(({ label }) => label),
          { dtype: "int32" },
        ),
      };
    }
    case "csv":
      return table(settings);
  }
}

const mostClasses = 5;

function table(settings: DataSettings) {
  const { features, featureNames, target, targetName, classes } = parseCsv(settings.csv, columnsOf(settings));
  const values = [...new Set(target.toTypedArray() as Iterable<number>)].sort((a, b) => a - b);
  if (values.length < 2 || values.length > mostClasses)
    throw new DataError({
      where: `column "${targetName}"`,
      expected: `from two to ${mostClasses} classes`,
      got: `${values.length} different values`,
      hint: "Choose another column for the class.",
    });
  const labels = tensor(
    Array.from(target.toTypedArray() as Iterable<number>, (value) => values.indexOf(value)),
    { dtype: "int32" },
  );
  return {
    x: new StandardScaler().fit(features).transform(features),
    labels,
    classNames: values.map((value) => classes?.[value] ?? String(value)),
    axisNames: featureNames as [string, string],
  };
}

/** How many are held back: one at least where any are, and never all. */
export function testCount({ test }: DataSettings, n: number): number {
  return test === 0 ? 0 : Math.min(n - 1, Math.max(1, Math.round((n * test) / 100)));
}

/**
 * The points of the settings.
 *
 * @throws DataError for a table that cannot be read, and for fewer than two points.
 */
export function makeData(settings: DataSettings): PointData {
  const { x, labels, classNames, axisNames = ["x₁", "x₂"] } = allPoints(settings);
  const n = x.shape[0];
  const held = testCount(settings, n);
  const [xTrain, xTest, yTrain, yTest] =
    held === 0 ? [x, null, labels, null] : trainTestSplit(x, labels, { testSize: held, seed: settings.dataSeed });
  const count = classNames?.length ?? 1 + Math.max(1, ...(labels.toTypedArray() as Int32Array));
  return {
    x: xTrain,
    labels: yTrain,
    test: xTest && yTest && { x: xTest, labels: yTest },
    classes: count,
    classNames: classNames ?? Array.from({ length: count }, (_, k) => `class ${k}`),
    axisNames,
    bounds: settings.data === "drawn" ? [-1.1, 1.1, -1.1, 1.1] : boundsOf(x),
  };
}

function boundsOf(x: Tensor): PointData["bounds"] {
  const numbers = x.toTypedArray();
  const sides = [0, 1].flatMap((axis) => {
    const along = Array.from({ length: x.shape[0] }, (_, i) => Number(numbers[2 * i + axis]));
    const [low, high] = [Math.min(...along), Math.max(...along)];
    const margin = (high - low || 1) * 0.1;
    return [low - margin, high + margin];
  });
  return sides as unknown as PointData["bounds"];
}

/** Whether the text is a table, what its columns are called, and where not, why. */
export function readHeader(csv: string): { names: string[] } | { problem: string } {
  if (csv.trim() === "") return { names: [] };
  try {
    const names = parseCsv(csv, { target: null, categorical: [] }).featureNames;
    return { names };
  } catch {
    // Columns of text are no features without being named categorical: the first line has the names all the same.
    const [line] = csv.trim().split(/\r?\n/);
    const delimiter = [",", ";", "\t", "|"].find((mark) => line.includes(mark));
    return delimiter ? { names: line.split(delimiter).map((name) => name.trim()) } : { problem: "No columns found." };
  }
}

/** The imports and lines of a program that makes `x` and `y`, and where points are held back `xTest` and `yTest`. */
export function dataProgram(settings: DataSettings): { imports: string[]; lines: string[] } {
  const { data, samples, classes, dataSeed: seed } = settings;
  const noise = noiseOf(settings);
  const split = settings.test > 0;
  const names = split ? "{ x: allX, y: allY }" : "{ x, y }";
  const [allX, allY] = split ? ["allX", "allY"] : ["x", "y"];
  const made = (f: string, options: string) => ({
    imports: [f],
    lines: [`const ${names} = ${f}({ nSamples: ${samples}, ${options}, seed: ${seed} });`],
  });
  const all = {
    moons: () => made("makeMoons", `noise: ${noise}`),
    circles: () => made("makeCircles", `noise: ${noise}, factor: 0.5`),
    spirals: () => made("makeSpirals", `noise: ${noise}, nClasses: ${classes}, turns: 1`),
    xor: () => made("makeXor", `noise: ${noise}, margin: 0.05`),
    blobs: () => made("makeBlobs", `centers: ${JSON.stringify(blobCenters(classes))}, clusterStd: ${noise}`),
    curve: () => ({
      imports: ["Generator", "rand", "randn"],
      lines: [
        `const points = new Generator(${seed});`,
        `const at = rand([${samples}, 2], { low: -1, high: 1, generator: points });`,
        `const ${allY} = at.slice(null, 1).greater(at.slice(null, 0).mul(3).sin().mul(0.6)).cast("int32");`,
        `const ${allX} = at.add(randn([${samples}, 2], { std: ${noise}, generator: points }));`,
      ],
    }),
    drawn: () => {
      const points = readPoints(settings.points);
      return {
        imports: ["tensor"],
        lines: [
          `const ${allX} = tensor(${JSON.stringify(points.map(({ x, y }) => [x, y]))});`,
          `const ${allY} = tensor(${JSON.stringify(points.map(({ label }) => label))}, { dtype: "int32" });`,
        ],
      };
    },
    csv: () => tableProgram(settings, allX, allY),
  }[data]();
  if (!split) return all;
  const size = testCount(settings, allPoints(settings).x.shape[0]);
  return {
    imports: [...all.imports, "trainTestSplit"],
    lines: [
      ...all.lines,
      `const [x, xTest, y, yTest] = trainTestSplit(allX, allY, { testSize: ${size}, seed: ${seed} });`,
    ],
  };
}

function tableProgram(settings: DataSettings, allX: string, allY: string) {
  const { features, target } = columnsOf(settings);
  return {
    imports: ["parseCsv", "StandardScaler", "tensor"],
    lines: [
      `const table = parseCsv(${JSON.stringify(settings.csv)}, { features: ${JSON.stringify(features)}, target: ${target} });`,
      `const ${allX} = new StandardScaler().fit(table.features).transform(table.features);`,
      "const found = [...table.target.toTypedArray()];",
      "const values = [...new Set(found)].sort((a, b) => a - b);",
      `const ${allY} = tensor(found.map((value) => values.indexOf(value)), { dtype: "int32" });`,
    ],
  };
}
