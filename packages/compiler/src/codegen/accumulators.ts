/**
 * Running values of reductions inside a loop: sums in double precision, largest and smallest elements.
 */
import type { Code } from "../wasm/assembler.ts";
import type { LaneType, Push } from "./lanes.ts";
import type { MemoryOperand, VectorEmitter } from "./vector-emitter.ts";

/** What a reduction keeps. */
type Reducer = "sum" | "max" | "min";

/** One reduction in a loop. */
export interface Accumulator {
  initialize(): void;
  accumulate(value: Push): void;
  store(to: MemoryOperand): void;
}

/** @param horizontal whether lanes are elements of one result, or else results side by side. */
export function accumulatorOf(e: VectorEmitter, reducer: Reducer, lane: LaneType, horizontal: boolean): Accumulator {
  if (!e.wide) return scalarAccumulator(e, reducer, lane);
  return reducer === "sum" ? wideSum(e, horizontal) : wideMinMax(e, reducer, horizontal);
}

const identities = { max: Number.NEGATIVE_INFINITY, min: Number.POSITIVE_INFINITY };

/** One element at a time. */
function scalarAccumulator(e: VectorEmitter, reducer: Reducer, lane: LaneType): Accumulator {
  const { code } = e;
  const total = code.local(reducer === "sum" ? "f64" : (lane as "f32" | "f64"));
  const rounds = reducer === "sum" && lane === "f32";
  return {
    initialize: () => {
      if (reducer === "sum") code.double(0);
      else e.constant(lane, identities[reducer]);
      code.set(total);
    },
    accumulate: (value) => {
      code.get(total);
      value();
      if (rounds) code.op("f64.promote_f32");
      e.op(reducer === "sum" ? "f64" : lane, reducer === "sum" ? "add" : reducer);
      code.set(total);
    },
    store: (to) =>
      e.store(lane, to, () => {
        code.get(total);
        if (rounds) code.op("f32.demote_f64");
      }),
  };
}

function wideSum(e: VectorEmitter, horizontal: boolean): Accumulator {
  const { code } = e;
  const [low, high, x] = [code.local("v128"), code.local("v128"), code.local("v128")];
  const rest = code.local("f64");
  return {
    initialize: () => {
      code.zero128().set(low).zero128().set(high);
      if (horizontal) code.double(0).set(rest);
    },
    accumulate: (value) => {
      value();
      if (horizontal && e.width === 1) {
        code.lane("f32x4.extract_lane", 0).op("f64.promote_f32").get(rest).op("f64.add").set(rest);
        return;
      }
      if (e.width === 4) addFour(code, { x, low, high });
      else code.op("f64x2.promote_low_f32x4").get(low).op("f64x2.add").set(low);
    },
    store: (to) => {
      if (horizontal) {
        storeOne(e, to, () => {
          code.get(low).get(high).op("f64x2.add").tee(low);
          code.lane("f64x2.extract_lane", 0).get(low).lane("f64x2.extract_lane", 1).op("f64.add");
          code.get(rest).op("f64.add", "f32.demote_f64");
        });
        return;
      }
      e.store("f32", to, () => {
        code.get(low).op("f32x4.demote_f64x2_zero").get(high).op("f32x4.demote_f64x2_zero").shuffle(0, 1, 4, 5);
      });
    },
  };
}

/** Adds four floats to sums in two vectors of doubles; `x` is for its own use. */
export function addFour(code: Code, { x, low, high }: Readonly<Record<"x" | "low" | "high", number>>): void {
  code.tee(x).op("f64x2.promote_low_f32x4").get(low).op("f64x2.add").set(low);
  code.get(x).get(x).shuffle(2, 3, 2, 3).op("f64x2.promote_low_f32x4").get(high).op("f64x2.add").set(high);
}

/**
 * By comparison, which passes NaN over and is one instruction of the machine where `f32x4.max` is seven; where NaN was,
 * a mask remembers. Of 0 and -0, which compare equal, the sign bits of all elements tell whether both were there: where
 * the largest is a zero, it is -0 only if all have theirs set, and the smallest is if any has.
 */
function wideMinMax(e: VectorEmitter, reducer: "max" | "min", horizontal: boolean): Accumulator {
  const { code } = e;
  const [best, x, nan, signs] = [0, 1, 2, 3].map(() => code.local("v128"));
  const isMax = reducer === "max";
  const rest = code.local("f32");
  const better = () => code.op(`f32x4.p${reducer}`);
  const better1 = () => code.op(`f32.${reducer}`);
  return {
    initialize: () => {
      code.floats(identities[reducer]).set(best).zero128().set(nan);
      code.ints(isMax ? -1 : 0).set(signs);
      if (horizontal) code.float(identities[reducer]).set(rest);
    },
    accumulate: (value) => {
      value();
      if (horizontal && e.width === 1) {
        code.lane("f32x4.extract_lane", 0).get(rest);
        better1().set(rest);
        return;
      }
      code.set(x).get(best).get(x);
      better().set(best);
      code.put(nan, nan, x, x, "f32x4.ne", "v128.or");
      code.put(signs, signs, x, isMax ? "v128.and" : "v128.or");
    },
    store: (to) => {
      if (isMax) {
        // Other bits than the sign's are none of a zero's.
        code.get(best).get(signs).get(best).floats(0).op("f32x4.ne", "v128.or", "v128.and").set(best);
      } else {
        code.get(best).get(signs).floats(-0).op("v128.and").get(best).floats(0).op("f32x4.eq", "v128.and");
        code.op("v128.or").set(best);
      }
      // All bits set are a NaN.
      code.put(best, best, nan, "v128.or");
      if (!horizontal) {
        e.store("f32", to, () => code.get(best));
        return;
      }
      storeOne(e, to, () => {
        for (let lane = 0; lane < 4; lane++) {
          code.get(best).lane("f32x4.extract_lane", lane);
          if (lane > 0) better1();
        }
        code.get(rest);
        better1();
      });
    },
  };
}

/** One float, from a wide loop. */
function storeOne({ code }: VectorEmitter, { pointer, address }: MemoryOperand, value: () => void): void {
  if (pointer === null) code.int(0);
  else code.get(pointer);
  value();
  code.access("f32.store", address);
}
