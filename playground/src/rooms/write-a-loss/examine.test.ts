import {
  binaryCrossEntropyWithLogits,
  checkLoss,
  defineLoss,
  LossCheckError,
  mse,
  type Tensor,
  tensor,
} from "chainrule";
import { describe, expect, it } from "vitest";
import { examine, lossIn } from "./examine.ts";
import { agrees, type Row, readReport } from "./report.ts";

const rowsOf = (report: ReturnType<typeof examine>) => report.rows as readonly Row[];
const load = async (name: string) => lossIn(await import(`./examples/${name}.ts`));

describe("the loss of a module", () => {
  it("is its default export, or the only function that it exports", () => {
    expect(lossIn({ default: mse, other: () => 1 })).toBe(mse);
    expect(lossIn({ mine: mse, text: "x" })).toBe(mse);
    expect(lossIn({ default: "mse" })).toBe(mse);
    expect(() => lossIn({})).toThrow(/no loss is exported: end with `export default/);
    expect(() => lossIn({ a: mse, b: mse })).toThrow(/2 functions are exported/);
  });
});

describe("what is found", () => {
  it("is all of checkLoss for a sound loss", async () => {
    const loss = await load("focal");
    const { found } = examine(loss, { points: [], target: 1 });
    expect(found).toEqual(checkLoss(loss).properties.map((property) => ({ ...property, holds: true })));
  });

  it.each([
    ["unstable", "extremes", /finite losses at prediction = -1000/],
    ["wrong-gradient", "gradient", /as differences have it/],
    ["cut-off", "gradient", /as differences have it/],
    ["branch", "extremes", /a finite gradient/],
  ])("of %s ends with %s", async (name, property, says) => {
    const loss = await load(name);
    const { found } = examine(loss, { points: [], target: 0 });
    expect(found.at(-1)).toMatchObject({ property, holds: false, says: expect.stringMatching(says) });
    expect(found.slice(0, -1).every(({ holds }) => holds)).toBe(true);
    expect(() => checkLoss(loss)).toThrow(LossCheckError);
  });

  it("is a drawing and numbers, or why there are none", () => {
    const report = examine((p: Tensor, t: Tensor) => p.sub(t).square(), { points: [3], target: 1 });
    expect(report.drawing).toHaveProperty("svg");
    expect(rowsOf(report)[0]).toMatchObject({ at: 3, loss: 4, precise: 4, derivative: 4 });
    const whole = examine(
      defineLoss("norm", (p, t) => p.sub(t).square().sum()),
      { points: [1], target: 0 },
    );
    expect(whole.found.at(-1)).toMatchObject({ property: "reductions", holds: false });
    const two = examine(
      (p: Tensor, t: Tensor) =>
        p
          .sub(t)
          .square()
          .unsqueeze(1)
          .mul(tensor([1, 1])),
      { points: [1], target: 0 },
    );
    expect(two.rows).toMatchObject({ problem: expect.stringContaining("expected one loss, got shape [1,2]") });
  });
});

describe("the examples say what is true", () => {
  it("focal: a hundredth at 90%", async () => {
    const logit = Math.log(9);
    const [row] = rowsOf(examine(await load("focal"), { points: [logit], target: 1 }));
    expect(row.precise).toBeCloseTo(-0.01 * Math.log(0.9), 12);
    expect(row.precise / binaryCrossEntropyWithLogits(tensor([logit], { dtype: "float64" }), [1]).item()).toBeCloseTo(
      0.01,
      8,
    );
  });

  it("tukey: no pull beyond c", async () => {
    const rows = rowsOf(examine(await load("tukey"), { points: [1, 100], target: 0 }));
    expect(rows[0].derivative).toBeGreaterThan(0.5);
    expect(rows[1].derivative).toBe(0);
  });

  it("unstable: infinite in float32 at 40, right at 10", async () => {
    const rows = rowsOf(examine(await load("unstable"), { points: [10, 40], target: 0 }));
    expect(rows[0].loss).toBeCloseTo(Math.log1p(Math.exp(10)), 2);
    expect(rows[1].loss).toBe(Number.POSITIVE_INFINITY);
  });

  it("wrong-gradient: half; cut-off: another; branch: NaN where it is right", async () => {
    const [half] = rowsOf(examine(await load("wrong-gradient"), { points: [3], target: 0 }));
    expect(half.derivative).toBe(3);
    expect(half.difference).toBeCloseTo(6, 6);
    const cut = rowsOf(examine(await load("cut-off"), { points: [-2, 3], target: 0.5 }));
    expect(cut.map(agrees)).toEqual([false, false]);
    const [right] = rowsOf(examine(await load("branch"), { points: [0], target: 0 }));
    expect(right.derivative).toBeNaN();
  });
});

describe("a report that arrives", () => {
  it("is read as it was sent, without what does not belong to it", async () => {
    const report = examine(await load("tukey"), { points: [0, 1], target: 0 });
    expect(readReport({ ...report, more: 1 })).toEqual(report);
  });

  it.each<[string, object]>([
    ["another property", { found: [{ property: "__proto__", holds: true, says: "" }] }],
    ["a long text", { name: "x".repeat(10_000) }],
    ["too many findings", { found: Array(20).fill({ property: "value", holds: true, says: "" }) }],
    ["no drawing", { drawing: null }],
    ["rows of other things", { rows: [{ at: "1" }] }],
  ])("is left where it has %s", (_, change) => {
    const sound = { name: "x", found: [], drawing: { problem: "none" }, rows: [] };
    expect(readReport(sound)).toEqual(sound);
    expect(readReport({ ...sound, ...change })).toBeUndefined();
    expect(readReport(null)).toBeUndefined();
  });
});
