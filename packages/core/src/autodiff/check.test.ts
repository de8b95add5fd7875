import { describe, expect, it } from "vitest";
import {
  checkGradients,
  customGradient,
  defineOp,
  GradientCheckError,
  gather,
  OptionError,
  type Tensor,
  tensor,
  where,
} from "../index.ts";

/** A square whose rule is right, or wrong by a factor. */
const square = (factor: number) =>
  defineOp<void>({
    name: "square",
    inferShape: ([x]) => x,
    kernel: (out, [x]) => out.storage.set(x.storage.map((n) => n * n)),
    gradient: (g, { inputs: [x] }) => g.mul(x).mul(factor),
  });

function failure(run: () => unknown): GradientCheckError {
  try {
    run();
  } catch (error) {
    if (error instanceof GradientCheckError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("checkGradients", () => {
  it("passes a right rule, and reports every comparison", () => {
    const report = checkGradients(
      (x) => square(2)([x], undefined),
      [
        [
          [1, 2],
          [3, -4],
        ],
      ],
      { name: "square", second: true },
    );
    expect(report.ok).toBe(true);
    expect(report.comparisons.length).toBe(8);
    expect(report.comparisons[3].index).toEqual([1, 1]);
    expect(report.comparisons[3].analytic).toBeCloseTo(-8 * (1 + 0.5 * Math.sin(3 * 1.7 + 1)), 10);
    expect(report.toString()).toMatch(/^square: 8 derivatives agree, the worst by input 0 at/);
  });

  it("names the op, the element and both numbers of a wrong rule", () => {
    const error = failure(() => checkGradients((x) => square(2.001)([x], undefined), [[0, 5]], { name: "square" }));
    expect(error.message).toMatch(
      /^square: expected a derivative by input 0 at \[1\] of .*, got .* from the gradient rule/,
    );
    const { analytic, numeric } = error.report.worst ?? { analytic: 0, numeric: 1 };
    expect(analytic / numeric).toBeCloseTo(2.001 / 2, 8);
  });

  it("finds a rule whose own gradient is missing, when asked for second derivatives", () => {
    const detached = customGradient(
      (x) => x.square(),
      (g, { inputs: [x] }) => g.mul(x.detach()).mul(2),
    );
    expect(checkGradients((x) => detached(x), [[1, 2]]).ok).toBe(true);
    const error = failure(() => checkGradients((x) => detached(x), [[1, 2]], { name: "detached", second: true }));
    expect(error.message).toMatch(/^gradient of detached: /);
  });

  it("finds NaN, a slope that should not be there, and one that is not there", () => {
    failure(() => checkGradients((x) => x.sqrt().mul(0), [[0]]));
    failure(() => checkGradients((x) => x.detach().square(), [[3]]));
    const invented = customGradient(
      () => tensor([1]),
      (g) => g,
    );
    failure(() => checkGradients((x) => invented(x), [[3]]));
  });

  it("computes in float64 and leaves integer inputs alone", () => {
    const seen: string[] = [];
    const labels = tensor([1, 0], { dtype: "int32" });
    const choose = (x: Tensor, y: Tensor) => {
      seen.push(x.dtype, y.dtype);
      return x.takeAlongAxis(y);
    };
    checkGradients(choose, [tensor([1, 2]), labels]);
    expect(new Set(seen)).toEqual(new Set(["float64", "int32"]));
  });

  it("has nothing to compare where there is nothing", () => {
    const report = checkGradients((x) => x.exp(), [[]], { second: true });
    expect([report.ok, report.worst, report.toString()]).toEqual([true, undefined, "the function: nothing to compare"]);
  });

  it("knows its options, and takes a looser tolerance", () => {
    expect(() => checkGradients((x) => x, [[1]], { tolerence: 1 } as never)).toThrow(OptionError);
    const nearly = (x: Tensor) => square(2.001)([x], undefined);
    expect(checkGradients(nearly, [[5]], { tolerance: 1e-2 }).ok).toBe(true);
  });
});

it("second derivatives are checked beside indices, and where there are none", () => {
  const indices = tensor([2, 0], { dtype: "int32" });
  const looked = checkGradients((x, at) => gather(x, at).square(), [[1, 2, 3], indices], { second: true });
  expect([looked.ok, looked.comparisons.length]).toEqual([true, 6]);
  expect(checkGradients(() => tensor([1, 2]), [[1, 2]], { second: true }).ok).toBe(true);
  expect(checkGradients((x) => x.mul(2), [[1, 2]], { second: true }).ok).toBe(true);
});

describe("checkGradients and rules that look at the gradient that arrives", () => {
  const squareBy = (rule: (g: Tensor, x: Tensor) => Tensor) =>
    customGradient(
      (x) => x.square(),
      (g, { inputs: [x] }) => rule(g, x),
      "mySquare",
    );

  it.each<[string, (g: Tensor, x: Tensor) => Tensor]>([
    ["cut it", (g, x) => g.clamp(-1.2, 1.2).mul(x).mul(2)],
    ["cut what is large", (g, x) => g.clamp(-100, 100).mul(x).mul(2)],
    ["leave out what is small", (g, x) => where(g.abs().less(1e-3), 0, g).mul(x).mul(2)],
    ["leave out what is negative", (g, x) => g.relu().mul(x).mul(2)],
    ["take its size", (g, x) => g.abs().mul(x).mul(2)],
    ["ask whether it is 0", (g, x) => where(g.equal(0), x, g.mul(x).mul(2))],
    [
      "add to it",
      (g, x) =>
        g
          .mul(x)
          .mul(2)
          .add(where(g.equal(0), 1, 0)),
    ],
  ])("refuses those that %s", (_name, rule) => {
    const f = squareBy(rule);
    expect(() => checkGradients(f, [[0.5, -1, 2, 0.3]])).toThrow(GradientCheckError);
    expect(() => checkGradients(f, [[0.5, -1, 2, 0.3]], { name: "mySquare" })).toThrow(/mySquare/);
  });

  it("says what a rule may do, where differences alone would find nothing", () => {
    const f = squareBy((g, x) => where(g.equal(0), x, g.mul(x).mul(2)));
    expect(() => checkGradients(f, [[0.5, -1, 2, 0.3]], { name: "mySquare" })).toThrow(
      /linear in the gradient that arrives.*\n.*does not look at it/,
    );
    expect(
      checkGradients(
        squareBy((g, x) => g.mul(x).mul(2)),
        [[0.5, -1, 2, 0.3]],
        { second: true },
      ).ok,
    ).toBe(true);
  });
});
