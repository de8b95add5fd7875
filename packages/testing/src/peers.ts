/**
 * Reads what scikit-learn and SciPy compute for metrics that PyTorch does not have.
 */
import { readFileSync } from "node:fs";

/** Numbers in nested lists, records of them, and texts. */
export type PeerValue = number | string | readonly PeerValue[] | { readonly [key: string]: PeerValue };

/** Predictions and targets, and by the name of each metric, with a variant after a blank, what it is. */
export interface PeerMetricCase {
  readonly name: string;
  readonly inputs: { readonly prediction: number[]; readonly target: number[]; readonly sampleWeight?: number[] };
  readonly expect: Readonly<Record<string, PeerValue>>;
}

/** The cases of a file of `fixtures/peers/`, as its script has written them. */
export function peerCases(file: "metrics" | "information"): unknown[] {
  const text = readFileSync(new URL(`../fixtures/peers/${file}.json`, import.meta.url), "utf8");
  return (JSON.parse(text, decode) as { cases: unknown[] }).cases;
}

/** The cases of `fixtures/peers/metrics.json`, which `make-metrics.py` beside it makes. */
export function peerMetricCases(): PeerMetricCase[] {
  return peerCases("metrics") as PeerMetricCase[];
}

const spelled: Readonly<Record<string, number>> = { inf: Number.POSITIVE_INFINITY, nan: Number.NaN };

/** Numbers that JSON has no word for stand as { "number": "inf" }. */
function decode(_key: string, value: unknown): unknown {
  const name = (value as { number?: string } | null)?.number;
  return typeof name === "string" ? spelled[name] : value;
}
