/**
 * fast-check arbitraries: shapes, shapes that broadcast, and arrays of floats to fill them with.
 */
import fc from "fast-check";

export interface ShapeLimits {
  minRank?: number;
  maxRank?: number;
  /** The shortest axis; 0 by default, so that empty tensors come up. */
  minLength?: number;
  maxLength?: number;
}

/** Shapes such as [], [3] and [2, 0, 4]. */
export function shapes({
  minRank = 0,
  maxRank = 4,
  minLength = 0,
  maxLength = 4,
}: ShapeLimits = {}): fc.Arbitrary<number[]> {
  return fc.array(fc.integer({ min: minLength, max: maxLength }), { minLength: minRank, maxLength: maxRank });
}

/** Two shapes that broadcast by NumPy's rule, and the shape that they meet in. */
export function broadcastableShapes(
  limits: ShapeLimits = {},
): fc.Arbitrary<{ a: number[]; b: number[]; out: number[] }> {
  const keeps = fc.constantFrom("both", "a", "b");
  return shapes(limits).chain((out) =>
    fc
      .record({
        keeps: fc.array(keeps, { minLength: out.length, maxLength: out.length }),
        dropped: fc.nat({ max: out.length }),
        dropFromA: fc.boolean(),
      })
      .map(({ keeps, dropped, dropFromA }) => {
        // An axis that one side lacks, the other must have in full.
        const side = (name: "a" | "b", drops: boolean) => {
          const lengths = out.map((n, i) => {
            const otherLacksIt = !drops && i < dropped;
            return keeps[i] === "both" || keeps[i] === name || otherLacksIt ? n : 1;
          });
          return drops ? lengths.slice(dropped) : lengths;
        };
        return { a: side("a", dropFromA), b: side("b", !dropFromA), out };
      }),
  );
}

/** Numbers of moderate size that float32 holds exactly, so that both dtypes start from the same. */
export function floats({ min = -8, max = 8 } = {}): fc.Arbitrary<number> {
  return fc.integer({ min: min * 1024, max: max * 1024 }).map((n) => n / 1024);
}

/** Numbers, and now and then NaN, an infinity, or a zero of either sign. */
export function wildFloats(): fc.Arbitrary<number> {
  return fc.oneof(
    { weight: 4, arbitrary: floats() },
    { weight: 1, arbitrary: fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -0) },
  );
}

/** As many numbers as `shape` holds. */
export function dataFor(shape: readonly number[], number: fc.Arbitrary<number> = floats()): fc.Arbitrary<number[]> {
  const size = shape.reduce((total, n) => total * n, 1);
  return fc.array(number, { minLength: size, maxLength: size });
}

/** A shape with its numbers: `fc.assert(fc.property(arrays(), ({ shape, data }) => …))`. */
export function arrays(
  limits: ShapeLimits = {},
  number?: fc.Arbitrary<number>,
): fc.Arbitrary<{ shape: number[]; data: number[] }> {
  return shapes(limits).chain((shape) => dataFor(shape, number).map((data) => ({ shape, data })));
}
