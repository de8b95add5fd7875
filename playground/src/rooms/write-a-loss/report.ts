/**
 * What the sandbox finds out about a loss, on its way to the page, which checks it: a learner's code can send anything.
 */

/** What `checkLoss` looks at, in its order. */
export const properties = [
  "value",
  "gradient",
  "second gradient",
  "extremes",
  "reductions",
  "sample weights",
  "float32",
] as const;
export type Property = (typeof properties)[number];

/** The loss at one prediction, for one target. */
export interface Row {
  readonly at: number;
  /** In float32, as in training. */
  readonly loss: number;
  readonly precise: number;
  /** By `backward`, in float64. */
  readonly derivative: number;
  /** By differences, in float64. */
  readonly difference: number;
}

export interface Report {
  readonly name: string;
  /** What each property says, where `checkLoss` got to it; of the last one, if it does not hold, why. */
  readonly found: readonly { readonly property: Property; readonly holds: boolean; readonly says: string }[];
  /** The loss and its derivative as SVG, or why there is none. */
  readonly drawing: { readonly svg: string } | { readonly problem: string };
  readonly rows: readonly Row[] | { readonly problem: string };
}

/** Which numbers the table is for. */
export interface Points {
  readonly points: readonly number[];
  readonly target: number;
}

const longest = 5000;
const largestDrawing = 500_000;

/** Undefined for what is no report. */
export function readReport(sent: unknown): Report | undefined {
  if (!isRecord(sent) || !isText(sent.name) || !Array.isArray(sent.found) || sent.found.length > properties.length)
    return undefined;
  const found = sent.found.map(readFinding);
  const drawing = readDrawing(sent.drawing);
  const rows = readRows(sent.rows);
  if (!drawing || !rows || !found.every((finding) => finding !== undefined)) return undefined;
  return { name: sent.name, found, drawing, rows };
}

function readFinding(sent: unknown): Report["found"][number] | undefined {
  if (!isRecord(sent)) return undefined;
  const property = properties.find((name) => name === sent.property);
  if (!property || typeof sent.holds !== "boolean" || !isText(sent.says)) return undefined;
  return { property, holds: sent.holds, says: sent.says };
}

function readDrawing(sent: unknown): Report["drawing"] | undefined {
  if (!isRecord(sent)) return undefined;
  if (typeof sent.svg === "string" && sent.svg.length <= largestDrawing) return { svg: sent.svg };
  return isText(sent.problem) ? { problem: sent.problem } : undefined;
}

const numbers = ["at", "loss", "precise", "derivative", "difference"] as const;

function readRows(sent: unknown): Report["rows"] | undefined {
  if (isRecord(sent) && isText(sent.problem)) return { problem: sent.problem };
  if (!Array.isArray(sent) || sent.length > 100) return undefined;
  const isRow = (row: unknown): row is Row => isRecord(row) && numbers.every((key) => typeof row[key] === "number");
  return sent.every(isRow)
    ? sent.map(({ at, loss, precise, derivative, difference }) => ({ at, loss, precise, derivative, difference }))
    : undefined;
}

const isText = (value: unknown): value is string => typeof value === "string" && value.length <= longest;
const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

/** Whether a derivative is what differences say, as nearly as differences can. */
export function agrees({ derivative, difference }: Row): boolean {
  const size = Math.max(1, Math.abs(derivative), Math.abs(difference));
  return Math.abs(derivative - difference) <= 1e-5 * size;
}
