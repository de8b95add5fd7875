/**
 * What code that computes elements is written with: the types of values in lanes, and the instructions for them.
 */
import type { DType } from "@chainrule/core";
import type { ScalarFunction } from "@chainrule/core/internal";
import type { Code } from "../wasm/assembler.ts";

/** The types of values in a loop; truth values are all-ones masks in lanes, 0 and 1 otherwise. */
export type LaneType = "f32" | "f64" | "i32" | "mask";

export const laneTypeOf: Readonly<Record<DType, LaneType>> = {
  float32: "f32",
  float64: "f64",
  int32: "i32",
  bool: "mask",
};

/** How many bytes a number of the type takes in memory. */
export const laneBytes: Readonly<Record<LaneType, number>> = { f32: 4, f64: 8, i32: 4, mask: 1 };

/** Pushes a value on the stack. */
export type Push = () => void;

/** Writes instructions, the same for four lanes (`wide`) and for one. */
export interface Emitter {
  readonly code: Code;
  readonly wide: boolean;
  /** The instruction of that name for values of the type: "mul" is `f32x4.mul`, `f32.mul` or `f64.mul`. */
  op(lane: LaneType, name: string): void;
  /** A constant of the type, in every lane. */
  constant(lane: LaneType, x: number): void;
  /** A new local for a value of the type. */
  local(lane: LaneType): number;
  /** Calls a JavaScript function of doubles for each lane, and pushes its results. */
  scalarFallback(f: ScalarFunction, lane: LaneType, inputs: readonly Push[]): void;
}

/** Writes the computation of one value from its inputs. */
export type BoundEmitter = (e: Emitter, inputs: readonly Push[]) => void;
