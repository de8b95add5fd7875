import { customGradient, OptionError, type Tensor, tensor, where } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { checkLoss, defineLoss, type Loss, LossCheckError, mae, mse } from "../index.ts";

const inputs = {
  prediction: [
    [0.3, -1.2],
    [2, 0.7],
  ],
  target: [
    [1, 0],
    [0.5, -0.3],
  ],
};

/** The property that a loss fails by. */
function failure(check: () => unknown): { property: string; message: string } {
  try {
    check();
  } catch (error) {
    if (error instanceof LossCheckError) return { property: error.property, message: error.message };
    throw error;
  }
  return { property: "none", message: "" };
}

describe("checkLoss", () => {
  it("reports every property of a sound loss", () => {
    const report = checkLoss(mse, inputs);
    expect(report.name).toBe("mse");
    expect(report.properties.map(({ property }) => property)).toEqual([
      "value",
      "gradient",
      "second gradient",
      "extremes",
      "reductions",
      "sample weights",
      "float32",
    ]);
    const text = String(report);
    expect(text).toMatch(
      /^mse: sound at prediction \[2, 2\], target \[2, 2\]\n {2}value {12}finite, from 0\.49 to 2\.25/,
    );
    expect(text).toContain("4 derivatives agree with differences");
    expect(text).toContain("prediction -1000, 0, 1000");
    expect(text).toContain('sum and mean of 4 losses, "none" has shape [2, 2]');
  });

  it("checks plain functions too, without reductions", () => {
    const text = String(checkLoss((p, t) => mse(p, t), inputs));
    expect(text).toContain("not made by defineLoss");
    expect(text).toContain("no ends known");
    expect(String(checkLoss((p, t) => mse(p, t), inputs, { extremes: { prediction: [-10, 10] } }))).toContain(
      "finite at 8 of them (prediction -10, 10)",
    );
  });

  it("is the same for the same seed", () => {
    expect(String(checkLoss(mse, undefined, { seed: 5 }))).toBe(String(checkLoss(mse, undefined, { seed: 5 })));
    expect(String(checkLoss(mse, undefined, { seed: 5 }))).not.toBe(String(checkLoss(mse, undefined, { seed: 6 })));
  });

  it("finds a wrong gradient, and names the element and both numbers", () => {
    const wrong = customGradient(
      (x) => x.square(),
      (g, { inputs: [x] }) => g.mul(x).mul(3),
    );
    const loss = defineLoss("wrongSlope", (p, t) => wrong(p.sub(t)));
    const { property, message } = failure(() => checkLoss(loss, inputs));
    expect(property).toBe("gradient");
    expect(message).toMatch(/checkLoss of wrongSlope, gradient: expected a derivative by prediction at \[\d, \d\] of/);
  });

  it("finds a gradient that is cut off", () => {
    const loss = defineLoss("cut", (p, t) => p.detach().sub(t).square());
    expect(failure(() => checkLoss(loss, inputs)).property).toBe("gradient");
  });

  it("finds a second gradient that is cut off", () => {
    const once = customGradient(
      (x) => x.pow(3),
      (g, { inputs: [x] }) => g.mul(x.detach().square().mul(3)),
    );
    const loss = defineLoss("once", (p, t) => once(p.sub(t)));
    expect(failure(() => checkLoss(loss, inputs)).property).toBe("second gradient");
  });

  it("finds an infinite loss at the end of the domain: the textbook's cross-entropy", () => {
    const textbook = defineLoss(
      "textbook",
      (p, y) =>
        y
          .mul(p.log())
          .add(y.neg().add(1).mul(p.neg().add(1).log()))
          .neg(),
      { inputs: { prediction: "probability", target: "probability" } },
    );
    const { property, message } = failure(() => checkLoss(textbook));
    expect(property).toBe("extremes");
    expect(message).toMatch(/finite losses at prediction = 0.*got Infinity/);
  });

  it("finds an infinite gradient where the loss is finite", () => {
    const root = defineLoss("root", (p, t) => p.sqrt().sub(t.sqrt()).square(), {
      inputs: { prediction: "nonNegative", target: "nonNegative" },
    });
    const { property, message } = failure(() => checkLoss(root));
    expect(property).toBe("extremes");
    expect(message).toMatch(/a finite gradient by prediction at prediction = 0/);
  });

  it("finds a loss that leaves nothing to reduce", () => {
    const early = defineLoss("early", (p, t) => p.sub(t).square().mean());
    const { property, message } = failure(() => checkLoss(early, inputs));
    expect(property).toBe("reductions");
    expect(message).toMatch(/each element or sample of \[2, 2\], got losses of shape \[\]\.\n.*to the reduction/);
  });

  it("finds a loss that broadcasts", () => {
    const outer = defineLoss("outer", (p, t) => p.flatten().unsqueeze(1).sub(t.flatten()).square());
    expect(failure(() => checkLoss(outer, inputs)).property).toBe("reductions");
  });

  it("finds reductions and weights that a hand-written loss gets wrong", () => {
    type Options = Parameters<typeof mse>[2];
    const constant = (p: Parameters<typeof mse>[0], t: Parameters<typeof mse>[1], options: Options = {}) =>
      mse(p, t, { ...options, reduction: options.reduction === "sum" ? "mean" : options.reduction });
    expect(failure(() => checkLoss(constant, inputs, { reductions: true })).message).toMatch(/for reduction "sum"/);
    const careless = (p: Parameters<typeof mse>[0], t: Parameters<typeof mse>[1], options: Options = {}) =>
      mse(p, t, { reduction: options.reduction });
    const { property, message } = failure(() => checkLoss(careless, inputs, { reductions: true }));
    expect(property).toBe("sample weights");
    expect(message).toMatch(/for the sum with weights 2/);
  });

  it("looks at ends in all elements at once, and in every other one", () => {
    const where0 = (p: Tensor, at: number) => p.flatten().slice(at).equal(0);
    const infinite = (when: (p: Tensor) => Tensor) =>
      defineLoss(
        "sometimes",
        (p, t) =>
          p
            .sub(t)
            .square()
            .add(where(when(p), Number.POSITIVE_INFINITY, 0)),
        {
          inputs: { prediction: "nonNegative", target: "real" },
        },
      );
    const atAll = infinite((p) => where0(p, 0).logicalAnd(where0(p, 1)).logicalAnd(where0(p, 2)));
    expect(failure(() => checkLoss(atAll)).message).toMatch(/finite losses at prediction = 0 in float64/);
    const atSome = infinite((p) => where0(p, 0).logicalAnd(where0(p, 1).logicalNot()).logicalAnd(where0(p, 2)));
    expect(failure(() => checkLoss(atSome)).message).toMatch(/at prediction = 0 at every other element in float64/);
  });

  it("finds weights that are right in some cases only", () => {
    type Options = Parameters<typeof mse>[2];
    const weighing =
      (change: (w: Tensor) => Tensor) =>
      (p: number[][], t: number[][], options: Options = {}) =>
        mse(p, t, {
          ...options,
          ...(options.sampleWeight !== undefined && { sampleWeight: change(options.sampleWeight as Tensor) }),
        });
    const message = (change: (w: Tensor) => Tensor) =>
      failure(() => checkLoss(weighing(change), inputs, { reductions: true })).message;
    expect(message((w) => w.square())).toMatch(/for the sum with weights 2,/);
    expect(message((w) => where(w.equal(0), 1, w))).toMatch(/for the sum with weight 0 on the first sample,/);
    expect(message((w) => w.round())).toMatch(/for the sum with weights 1, 1\.5, 2, …,/);
    expect(message((w) => w)).toBe("");
  });

  it("finds reductions that reduce nothing, and a few digits that float32 loses", () => {
    type Options = Parameters<typeof mse>[2];
    const lazy = (p: number[][], t: number[][], options: Options = {}) => mse(p, t, { ...options, reduction: "none" });
    expect(failure(() => checkLoss(lazy, inputs, { reductions: true })).message).toMatch(
      /one number for reduction "sum", got shape \[2, 2\]/,
    );
    const shifted = defineLoss("shifted", (p, t) => p.sub(t).add(6000).sub(6000));
    const { property } = failure(() => checkLoss(shifted, { prediction: [[0.3]], target: [[0]] }));
    expect(property).toBe("float32");
    expect(String(checkLoss(mse, inputs))).toMatch(/agrees with float64 to [1-9]/);
  });

  it("names functions, takes single inputs, and says what it does not check", () => {
    const quartic = (p: Tensor, t: Tensor) => p.sub(t).square().square();
    expect(String(checkLoss(quartic, inputs))).toMatch(/^quartic: sound.*sample weights +not checked/s);
    expect(
      String(
        checkLoss(
          (
            () => (p: Tensor, t: Tensor) =>
              quartic(p, t)
          )(),
          inputs,
        ),
      ),
    ).toMatch(/^the loss: sound/);
    const size = defineLoss<object, readonly [x: number[]]>("size", (x) => x.square(), {
      inputs: { x: "real" },
      given: [],
    });
    expect(String(checkLoss(size, { x: [1, 2] }))).toContain("size: sound at x [2]");
    const given = ["prediction", "target"];
    expect(String(checkLoss(mse, inputs, { given }))).toMatch(/ {2}gradient +no input to differentiate by/);
    expect(String(checkLoss(mse))).toBe(String(checkLoss(mse, undefined, { seed: 0 })));
  });

  it("tolerates derivatives off by a millionth unless told otherwise, and no errors of another kind", () => {
    const off = customGradient(
      (x) => x.square(),
      (g, { inputs: [x] }) => g.mul(x).mul(2 * (1 + 1e-5)),
    );
    const loss = defineLoss("slightlyOff", (p, t) => off(p.sub(t)));
    expect(failure(() => checkLoss(loss, inputs)).property).toBe("gradient");
    expect(failure(() => checkLoss(loss, inputs, { tolerance: 1e-3 })).property).toBe("none");
    let calls = 0;
    const failing = (p: Tensor, t: Tensor) => {
      if (++calls > 2) throw new RangeError("not ours");
      return p.sub(t).square();
    };
    expect(() => checkLoss(failing, inputs)).toThrow(RangeError);
  });

  it("finds digits that float32 loses", () => {
    const cancelling = defineLoss("cancelling", (p, t) => p.sub(t).exp().sub(1));
    const near = { prediction: [[1e-5, 2e-5]], target: [[0, 0]] };
    const { property, message } = failure(() =>
      checkLoss(cancelling, near, { extremes: { prediction: [0], target: [0] } }),
    );
    expect(property).toBe("float32");
    expect(message).toMatch(/the losses in float32 as in float64/);
  });

  it("finds NaN at the inputs", () => {
    const wrong = defineLoss("negativeLog", (p, t) => p.sub(t).log());
    expect(failure(() => checkLoss(wrong, inputs)).property).toBe("value");
    const whole = (() => tensor([1], { dtype: "int32" })) as unknown as typeof mse;
    expect(failure(() => checkLoss(whole, inputs)).message).toMatch(/a float tensor, got a tensor of int32/);
  });

  it("asks for inputs by their names, and for what it can check", () => {
    expect(() => checkLoss(mse, { predictions: [1], target: [1] })).toThrow(
      /prediction, target, got predictions, target.*\n.*checkLoss\(mse, \{ prediction: …, target: … \}\)/,
    );
    expect(() => checkLoss((p: never) => p)).toThrow(OptionError);
    expect(() => checkLoss("mse" as unknown as Loss)).toThrow(/lossByName/);
    expect(() => checkLoss(mae, inputs, { tolerence: 1 } as object)).toThrow(/Did you mean "tolerance"/);
  });
});
