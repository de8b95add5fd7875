/**
 * Reads what other libraries compute that the reference vectors do not have.
 */
import { readFileSync } from "node:fs";
import type { PlainTensor } from "./reference.ts";

/** Numbers in nested lists, records of them, and texts. */
export type PeerValue = number | string | readonly PeerValue[] | { readonly [key: string]: PeerValue };

/** Predictions and targets, and by the name of each metric, with a variant after a blank, what it is. */
export interface PeerMetricCase {
  readonly name: string;
  readonly inputs: { readonly prediction: number[]; readonly target: number[]; readonly sampleWeight?: number[] };
  readonly expect: Readonly<Record<string, PeerValue>>;
}

/** The cases of a file of `fixtures/peers/`, as its script has written them. */
export function peerCases(file: "metrics" | "information" | "layers"): unknown[] {
  const text = readFileSync(new URL(`../fixtures/peers/${file}.json`, import.meta.url), "utf8");
  return (JSON.parse(text, decode) as { cases: unknown[] }).cases;
}

/** The cases of `fixtures/peers/metrics.json`, which `make-metrics.py` beside it makes. */
export function peerMetricCases(): PeerMetricCase[] {
  return peerCases("metrics") as PeerMetricCase[];
}

type Rows = readonly (readonly number[])[];

/** Steps of a matrix by PyTorch's Muon. */
export interface MuonSteps {
  readonly start: readonly number[][];
  readonly gradients: readonly number[][][];
  readonly weights: readonly Rows[];
  /** In camelCase. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** Steps of PyTorch's L-BFGS: the loss before each, the weights after it, and how often it has evaluated so far. */
export interface LBFGSSteps {
  readonly name: string;
  /** In camelCase. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly inputs: Readonly<Record<"w" | "b" | "A", { readonly shape: number[]; readonly data: number[] }>>;
  readonly expect: {
    readonly steps: readonly {
      readonly loss: number;
      readonly evaluations: number;
      readonly w: { readonly data: number[] };
      readonly b: { readonly data: number[] };
    }[];
  };
}

/** The same on Rosenbrock's function of two numbers, from [-3, -4]. */
export interface RosenbrockSteps extends Pick<LBFGSSteps, "options"> {
  readonly steps: readonly { readonly loss: number; readonly evaluations: number; readonly x: readonly number[] }[];
}

/** What `make-optimizers.py` makes besides cases of `referenceCases`. */
interface PeerOptimizers {
  readonly lbfgs: LBFGSSteps[];
  readonly rosenbrock: RosenbrockSteps[];
  readonly muon: MuonSteps[];
  /** Two weights' values, and their averages after each. */
  readonly averaged: { readonly decay: number | null; readonly values: number[][]; readonly averages: number[][] }[];
}

function peerOptimizers(): PeerOptimizers {
  return JSON.parse(readFileSync(new URL("../fixtures/peers/optimizers.json", import.meta.url), "utf8"));
}

/** Steps of PyTorch's L-BFGS, in float64. */
export function lbfgsSteps(): Pick<PeerOptimizers, "lbfgs" | "rosenbrock"> {
  return peerOptimizers();
}

/** What PyTorch's `AveragedModel` makes of weights, by an exponential average and (decay null) by their mean. */
export function averagedWeights(): PeerOptimizers["averaged"] {
  return peerOptimizers().averaged;
}

/** Steps of PyTorch's Muon, which `fixtures/peers/make-optimizers.py` makes, in float64. */
export function muonSteps(): MuonSteps[] {
  return peerOptimizers().muon;
}

/** A layer of Keras or PyTorch by our name and options, with what it computes and sends back. */
export interface PeerLayerCase {
  /** The class here. */
  readonly layer: string;
  /** What is special about the case. */
  readonly name: string;
  readonly peer: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly training: boolean;
  readonly inputs: readonly PlainTensor[];
  /** By path, in our layout. */
  readonly weights: Readonly<Record<string, PlainTensor>>;
  readonly output: PlainTensor;
  /** Of the sum of sin(0.7 y), by weights' paths and `input 0`. */
  readonly gradients: Readonly<Record<string, PlainTensor>>;
}

/** The cases of `fixtures/peers/layers.json`, which `make-layers.py` beside it makes. */
export function peerLayerCases(): PeerLayerCase[] {
  return peerCases("layers") as PeerLayerCase[];
}

/** A masked LSTM of Keras: its data, its weights by our names, and what `evaluate` says. */
export interface PeerMasks {
  readonly x: PlainTensor;
  readonly y: PlainTensor;
  readonly weights: Readonly<Record<string, PlainTensor>>;
  readonly evaluated: Readonly<Record<string, number>>;
}

/** What Keras's constraints make of weights, by the constraint and the weight. */
export type PeerConstraints = Readonly<
  Record<string, { readonly weight: PlainTensor; readonly layout: "in-out" | "out-in"; readonly held: PlainTensor }>
>;

/** What Keras's constraints make of weights, from `fixtures/peers/layers.json`. */
export function peerConstraints(): PeerConstraints {
  const text = readFileSync(new URL("../fixtures/peers/layers.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { constraints: PeerConstraints }).constraints;
}

/** What Keras makes of masks that go through a model, from `fixtures/peers/layers.json`. */
export function peerMasks(): PeerMasks {
  const text = readFileSync(new URL("../fixtures/peers/layers.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { masks: PeerMasks }).masks;
}

/** Rates and momenta of PyTorch's one-cycle policy, and the weights of an optimizer that follows them. */
export interface OneCycleSteps {
  readonly optimizer: string;
  /** Of the schedule and of the optimizer, in snake_case. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly options: Readonly<Record<string, unknown>>;
  readonly rates: readonly number[];
  readonly momenta: readonly number[];
  readonly start: readonly number[];
  readonly gradients: Rows;
  readonly weights: Rows;
}

interface PeerSchedules {
  readonly oneCycle: OneCycleSteps[];
  readonly chained: readonly number[];
  /** By the library. */
  readonly cosineRestarts: Readonly<Record<string, readonly number[]>>;
}

/** What `fixtures/peers/make-schedules.py` makes. */
export function peerSchedules(): PeerSchedules {
  return JSON.parse(readFileSync(new URL("../fixtures/peers/schedules.json", import.meta.url), "utf8"));
}

const spelled: Readonly<Record<string, number>> = { inf: Number.POSITIVE_INFINITY, nan: Number.NaN };

/** Numbers that JSON has no word for stand as { "number": "inf" }. */
function decode(_key: string, value: unknown): unknown {
  const name = (value as { number?: string } | null)?.number;
  return typeof name === "string" ? spelled[name] : value;
}
