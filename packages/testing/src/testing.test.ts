import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { broadcastableShapes, checkCases, expectClose, fuzzing, referenceCases, toleranceFor } from "./index.ts";

describe("referenceCases", () => {
  it("decodes infinities and names every tensor's dtype", () => {
    const [, edge] = referenceCases("information", "entropy");
    expect(edge.expect.grads.p.data[0]).toBe(Number.POSITIVE_INFINITY);
    expect(edge.inputs.p.dtype).toBe("float64");
    expect(referenceCases("movement", "gather")[0].inputs.indices.dtype).toBe("int32");
  });

  it("reads every file", () => {
    const files = ["elementwise", "reductions", "movement", "layers", "losses", "information"] as const;
    expect(files.map((file) => referenceCases(file).length)).toEqual([62, 63, 10, 26, 52, 6]);
    expect(referenceCases("higher-order").length).toBe(2);
    expect(referenceCases("optimizers").every(({ expect }) => expect.steps.length === 12)).toBe(true);
    expect(referenceCases("metrics").map(({ op }) => op)).toEqual(["binary", "multiclass"]);
    expect(referenceCases("logistic-regression").length).toBe(2);
  });

  it("throws for an op that the file does not have", () => {
    expect(() => referenceCases("losses", "mes")).toThrow(/no op "mes"; it has crossEntropy/);
  });
});

describe("expectClose", () => {
  const one = { shape: [2], data: [100, 1] };

  it("allows errors relative to the largest element", () => {
    expectClose({ shape: [2], data: [100, 1 + 9e-8] }, one);
    expect(() => expectClose({ shape: [2], data: [100, 1 + 2e-7] }, one)).toThrow(/at element 1/);
    expectClose({ shape: [2], data: [100, 1 + 9e-4] }, one, { dtype: "float32" });
  });

  it("compares shapes, NaN and infinities exactly", () => {
    expect(() => expectClose({ shape: [1, 2], data: [100, 1] }, one)).toThrow(/shape \[2\], got \[1,2\]/);
    const edge = { shape: [3], data: [Number.NaN, Number.POSITIVE_INFINITY, 0] };
    expectClose(edge, edge);
    expect(() => expectClose({ shape: [3], data: [0, Number.POSITIVE_INFINITY, 0] }, edge)).toThrow(/element 0/);
    expect(() => expectClose({ shape: [3], data: [Number.NaN, 1e300, 0] }, edge)).toThrow(/element 1/);
    expect(() => expectClose({ shape: [3], data: [Number.NaN, Number.POSITIVE_INFINITY, Number.NaN] }, edge)).toThrow(
      /element 2/,
    );
  });

  it("has the tolerances of the fixtures' README", () => {
    expect(toleranceFor("float64")).toBe(1e-9);
    expect(toleranceFor("float32", "losses")).toBe(1e-5);
    expect(toleranceFor("float32", "layers")).toBe(1e-4);
    expect(toleranceFor("float64", "optimizers")).toBe(1e-6);
    expect(toleranceFor("float32", "optimizers")).toBe(1e-4);
  });
});

it("broadcastableShapes meet in the shape they name", () => {
  fc.assert(
    fc.property(broadcastableShapes(), ({ a, b, out }) => {
      const rank = Math.max(a.length, b.length);
      const wide = (s: number[]) => [...new Array<number>(rank - s.length).fill(1), ...s];
      const met = wide(a).map((n, i) => (n === 1 ? wide(b)[i] : n));
      expect(met).toEqual(out);
      expect(wide(b).every((n, i) => n === 1 || n === met[i])).toBe(true);
    }),
  );
});

describe("fuzzing", () => {
  it("takes the number of cases and the seed from the environment", () => {
    const usual = fuzzing(8, {});
    expect([usual.runs(20), usual.seed, usual.limit]).toEqual([{ numRuns: 20, seed: 8 }, 8, { timeout: 60_000 }]);
    const long = fuzzing(8, { FUZZ_RUNS: "1000", FUZZ_SEED: "-3" });
    expect([long.runs(20), long.seed]).toEqual([{ numRuns: 1000, seed: -3 }, -3]);
    expect(long.limit.timeout).toBeGreaterThan(3_600_000);
    expect(fuzzing(8, { FUZZ_SEED: "0" }).seed).toBe(0);
  });

  it.each(["", " ", "0", "-1", "many", "1.5", "Infinity", "1e12"])("refuses %j cases", (FUZZ_RUNS) => {
    expect(() => fuzzing(8, { FUZZ_RUNS })).toThrow(/^FUZZ_RUNS: expected a whole number from 1 to /);
  });

  it.each(["", "first", "0.5", "NaN", "4294967296"])("refuses the seed %j", (FUZZ_SEED) => {
    expect(() => fuzzing(8, { FUZZ_SEED })).toThrow(/^FUZZ_SEED: expected a whole number from -2147483648 to /);
  });
});

describe("checkCases", () => {
  const parameters = { numRuns: 20, seed: 1 };

  it("fails where the property does, and where it applied to no case", () => {
    checkCases(fc.nat(), (n) => n % 2 === 0, parameters);
    const fails = () => {
      throw new Error("as it should");
    };
    expect(() => checkCases(fc.nat(), fails, parameters)).toThrow(/Property failed after 1 tests/);
    expect(() => checkCases(fc.nat(), () => false, parameters)).toThrow("none of 20 random cases was checked");
  });
});
