/**
 * Running values of reductions inside a loop: sums in double precision, largest and smallest elements.
 */
import type { Lane, Push } from "./emitters.ts";
import type { Place, VectorEmitter } from "./vector-emitter.ts";

/** One reduction in a loop. */
export interface Accumulator {
  start(): void;
  take(value: Push): void;
  finish(place: Place): void;
}

/** @param along whether lanes are elements of one result, or else results side by side. */
export function accumulatorOf(e: VectorEmitter, fold: "sum" | "max" | "min", lane: Lane, along: boolean): Accumulator {
  if (!e.wide) return single(e, fold, lane);
  return fold === "sum" ? wideSum(e, along) : wideExtreme(e, fold, along);
}

const worst = { max: Number.NEGATIVE_INFINITY, min: Number.POSITIVE_INFINITY };

/** One element at a time. */
function single(e: VectorEmitter, fold: "sum" | "max" | "min", lane: Lane): Accumulator {
  const { code } = e;
  const total = code.local(fold === "sum" ? "f64" : (lane as "f32" | "f64"));
  const rounds = fold === "sum" && lane === "f32";
  return {
    start: () => {
      if (fold === "sum") code.double(0);
      else e.constant(lane, worst[fold]);
      code.set(total);
    },
    take: (value) => {
      code.get(total);
      value();
      if (rounds) code.op("f64.promote_f32");
      e.op(fold === "sum" ? "f64" : lane, fold === "sum" ? "add" : fold);
      code.set(total);
    },
    finish: (place) =>
      e.store(lane, place, () => {
        code.get(total);
        if (rounds) code.op("f32.demote_f64");
      }),
  };
}

function wideSum(e: VectorEmitter, along: boolean): Accumulator {
  const { code } = e;
  const [low, high, x] = [code.local("v128"), code.local("v128"), code.local("v128")];
  const rest = code.local("f64");
  return {
    start: () => {
      code.zero128().set(low).zero128().set(high);
      if (along) code.double(0).set(rest);
    },
    take: (value) => {
      value();
      if (along && e.width === 1) {
        code.lane("f32x4.extract_lane", 0).op("f64.promote_f32").get(rest).op("f64.add").set(rest);
        return;
      }
      code.tee(x).op("f64x2.promote_low_f32x4").get(low).op("f64x2.add").set(low);
      if (e.width === 1) return;
      code.get(x).get(x).shuffle(2, 3, 2, 3).op("f64x2.promote_low_f32x4").get(high).op("f64x2.add").set(high);
    },
    finish: (place) => {
      if (along) {
        storeOne(e, place, () => {
          code.get(low).get(high).op("f64x2.add").tee(low);
          code.lane("f64x2.extract_lane", 0).get(low).lane("f64x2.extract_lane", 1).op("f64.add");
          code.get(rest).op("f64.add", "f32.demote_f64");
        });
        return;
      }
      e.store("f32", place, () => {
        code.get(low).op("f32x4.demote_f64x2_zero").get(high).op("f32x4.demote_f64x2_zero").shuffle(0, 1, 4, 5);
      });
    },
  };
}

/**
 * By comparison, which passes NaN over and is one instruction of the machine where `f32x4.max` is seven; where NaN was,
 * a mask remembers.
 */
function wideExtreme(e: VectorEmitter, fold: "max" | "min", along: boolean): Accumulator {
  const { code } = e;
  const [best, x, lost] = [code.local("v128"), code.local("v128"), code.local("v128")];
  const rest = code.local("f32");
  const better = () => code.op(`f32x4.p${fold}`);
  const better1 = () => code.op(`f32.${fold}`);
  return {
    start: () => {
      code.floats(worst[fold]).set(best).zero128().set(lost);
      if (along) code.float(worst[fold]).set(rest);
    },
    take: (value) => {
      value();
      if (along && e.width === 1) {
        code.lane("f32x4.extract_lane", 0).get(rest);
        better1().set(rest);
        return;
      }
      code.set(x).get(best).get(x);
      better().set(best);
      code.put(lost, lost, x, x, "f32x4.ne", "v128.or");
    },
    finish: (place) => {
      // All bits set are a NaN.
      code.put(best, best, lost, "v128.or");
      if (!along) {
        e.store("f32", place, () => code.get(best));
        return;
      }
      storeOne(e, place, () => {
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

/** One float at a place, from a wide loop. */
function storeOne({ code }: VectorEmitter, { pointer, address }: Place, value: () => void): void {
  if (pointer === null) code.int(0);
  else code.get(pointer);
  value();
  code.access("f32.store", address);
}
