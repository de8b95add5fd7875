/**
 * What the page and the worker that trains say to each other.
 */
import type { Head } from "./losses.ts";
import type { ModelSettings, Settings } from "./settings.ts";
import type { LayerChange, Score } from "./training.ts";

/** Cells in a row of the map of the plane, and of a neuron's. */
export const mapSize = 48;
export const neuronSize = 24;

/** To the worker. */
export type Request =
  /** Makes the trainings anew and goes to a step. `other` is what it is compared with, from the same data and seed. */
  | {
      readonly type: "start";
      readonly run: number;
      readonly settings: Settings;
      readonly other: ModelSettings | null;
      readonly step: number;
    }
  | { readonly type: "play"; readonly speed: number }
  | { readonly type: "pause" }
  | { readonly type: "step"; readonly count: number }
  | { readonly type: "to"; readonly step: number }
  /** Asks for a frame, or with `details` for all; `known` says how many points of each curve the page has. */
  | { readonly type: "frame"; readonly known: readonly number[]; readonly details: boolean }
  | { readonly type: "diagnose" }
  | { readonly type: "pytorch"; readonly steps: number };

/** The points of the data, as they are drawn. */
export interface Points {
  /** x and y of each. */
  readonly at: Float32Array;
  readonly labels: Int32Array;
  /** From this point on they are held back. */
  readonly trained: number;
  readonly classes: number;
  readonly classNames: readonly string[];
  readonly axisNames: readonly [string, string];
  readonly bounds: readonly [left: number, right: number, bottom: number, top: number];
}

/** What does not change while it trains. */
export interface Begun {
  readonly points: Points;
  readonly networks: readonly Network[];
}

/** A network's form. */
export interface Network {
  /** The units of the layers with weights, the outputs last. */
  readonly units: readonly number[];
  readonly names: readonly string[];
  /** The least that the loss can be, where that is known. */
  readonly floor: number | null;
  readonly lossName: string;
  readonly head: Head;
}

/** What there is of one training at a moment. */
export interface TrainingFrame {
  readonly lossOfStep: number;
  readonly train: Score;
  readonly test: Score | null;
  /** The points of the curve that the page does not have. */
  readonly curve: Float64Array<ArrayBuffer>;
  /** Of each cell, row by row from the top, the share of each class, 0 to 255. */
  readonly map: Uint8Array<ArrayBuffer>;
  /** Of each hidden unit a map from -127 to 127. */
  readonly neurons: Int8Array<ArrayBuffer>;
  /** What 127 stands for, for each hidden unit. */
  readonly scales: Float32Array<ArrayBuffer>;
  readonly weights: Float32Array<ArrayBuffer>;
  /** For tables and texts, which nobody reads 60 times a second; null where it was not asked for. */
  readonly details: Details | null;
}

/** What is told of a training a few times a second. */
export interface Details {
  /** Of each hidden unit, whether it gives the same for all points: 1, or 0. */
  readonly dead: Uint8Array;
  readonly changes: readonly LayerChange[];
  readonly confusion: Uint32Array;
  readonly testConfusion: Uint32Array | null;
}

/** What `diagnose` found, as it is shown. */
export interface Diagnosis {
  readonly step: number;
  readonly findings: readonly {
    readonly rule: string;
    readonly layer: string | undefined;
    readonly evidence: string;
    readonly explanation: string;
    readonly fix: string;
  }[];
}

/** From the worker; `run` says of which start. */
export type Reply = { readonly run: number } & (
  | ({ readonly type: "begun" } & Begun)
  | {
      readonly type: "frame";
      readonly step: number;
      readonly earliest: number;
      readonly isPlaying: boolean;
      readonly stepsPerSecond: number;
      readonly trainings: readonly TrainingFrame[];
    }
  | ({ readonly type: "diagnosis" } & Diagnosis)
  | { readonly type: "pytorch"; readonly text: string }
  | { readonly type: "problem"; readonly message: string }
);
