/**
 * Floats and doubles in lanes: what the kernels of products, written once, must know of each.
 */
import type { Code, ValueType } from "../assembler.ts";

function lanesOf<const Bits extends 32 | 64, const Vector extends string>(bits: Bits, vector: Vector) {
  const load = `v128.load${bits}` as const;
  return {
    bytes: bits / 8,
    shift: bits / 32 + 1,
    lanes: 128 / bits,
    /** The columns of a tile, and of a panel of B: two vectors. */
    columns: 256 / bits,
    vector,
    scalar: `f${bits}`,
    splat: `${load}_splat`,
    zero: `${load}_zero`,
  } as const;
}

export const floatLanes = { float32: lanesOf(32, "f32x4"), float64: lanesOf(64, "f64x2") } as const;
export type FloatLanes = (typeof floatLanes)[keyof typeof floatLanes];

/** How products are rounded, and of what they are. */
export interface ProductOptions {
  readonly type: FloatLanes;
  /** Multiply and add in one instruction. */
  readonly relaxed: boolean;
}

/** New locals, of vectors if nothing else is said. */
export function locals(code: Code, count: number, type: ValueType = "v128"): readonly number[] {
  return Array.from({ length: count }, () => code.local(type));
}

/** sum += x y, lane by lane; `factors` leaves both on the stack. */
export function multiplyAdd(code: Code, { type, relaxed }: ProductOptions, sum: number, factors: () => void): void {
  if (relaxed) {
    factors();
    code.get(sum).op(`${type.vector}.relaxed_madd`).set(sum);
  } else {
    code.get(sum);
    factors();
    code.op(`${type.vector}.mul`, `${type.vector}.add`).set(sum);
  }
}

/** Transposes as many vectors as each has lanes, in place; `spare` are as many locals more. */
export function transpose(code: Code, { lanes }: FloatLanes, rows: readonly number[], spare: readonly number[]): void {
  if (lanes === 2) {
    const [[a, b], [low]] = [rows, spare];
    code.get(a).get(b).shuffle(0, 1, 4, 5).set(low).get(a).get(b).shuffle(2, 3, 6, 7).set(b).get(low).set(a);
    return;
  }
  const [a, b, c, d] = rows;
  const [ab, abHigh, cd, cdHigh] = spare;
  code.get(a).get(b).shuffle(0, 4, 1, 5).set(ab).get(a).get(b).shuffle(2, 6, 3, 7).set(abHigh);
  code.get(c).get(d).shuffle(0, 4, 1, 5).set(cd).get(c).get(d).shuffle(2, 6, 3, 7).set(cdHigh);
  code.get(ab).get(cd).shuffle(0, 1, 4, 5).set(a).get(ab).get(cd).shuffle(2, 3, 6, 7).set(b);
  code.get(abHigh).get(cdHigh).shuffle(0, 1, 4, 5).set(c).get(abHigh).get(cdHigh).shuffle(2, 3, 6, 7).set(d);
}
