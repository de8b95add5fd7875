import { describe, expect, it } from "vitest";
import {
  ChainRuleError,
  checkOptions,
  DataError,
  DTypeError,
  describe as describeValue,
  didYouMean,
  editDistance,
  lookUp,
  OptionError,
  ShapeError,
} from "./errors.ts";
import { tensor } from "./index.ts";

describe("an error of chainrule", () => {
  const error = new ShapeError({ where: "add", expected: "[2]", got: "[3]", hint: "Reshape it." });

  it("says who complains, what was expected, what came, and what to try", () => {
    expect(error.message).toBe("add: expected [2], got [3].\n  Reshape it.");
    expect([error.name, error.where, error.expected, error.got, error.hint]).toEqual([
      "ShapeError",
      "add",
      "[2]",
      "[3]",
      "Reshape it.",
    ]);
    expect(error).toBeInstanceOf(ChainRuleError);
    expect(new DataError({ where: "x", expected: "a", got: "b" }).message).toBe("x: expected a, got b.");
  });

  it("is told from further out by inside, in its own class and with its own stack", () => {
    const outer = error.inside('layer "dense_1"').inside("model");
    expect(outer).toBeInstanceOf(ShapeError);
    expect(outer.message).toBe('model: layer "dense_1": add: expected [2], got [3].\n  Reshape it.');
    expect(outer.stack).toContain("errors.test.ts");
    expect(outer.hint).toBe("Reshape it.");
  });
});

describe("suggestions", () => {
  it("find the nearest name, whatever its case and dashes", () => {
    expect(didYouMean("binary_crosentropy", ["mse", "binaryCrossentropy"])).toMatch(
      /^Did you mean "binaryCrossentropy"\?/,
    );
    expect(didYouMean("xyzzy", ["mse", "mae"])).toBe("Known: mse, mae.");
    expect(didYouMean("anything", [])).toBe("Known: .");
  });

  it("count edits, swapped neighbours as one", () => {
    expect([editDistance("adam", "adma"), editDistance("", "abc"), editDistance("sgd", "sgd")]).toEqual([1, 3, 0]);
    expect(editDistance("kitten", "sitting")).toBe(3);
  });

  it("come with unknown options and names", () => {
    expect(() => checkOptions("SGD", { momentun: 0.9 }, ["lr", "momentum"])).toThrow(
      /got "momentun"\.\n.*Did you mean "momentum"/s,
    );
    expect(() => checkOptions("SGD", null as never, [])).toThrow(OptionError);
    expect(() => checkOptions("SGD", [0.1], ["lr"])).toThrow(/an object of options, got an array of 1/);
    expect(() => checkOptions("SGD", undefined, [])).not.toThrow();
    const table = { adam: 1, sgd: 2 };
    expect(lookUp("compile", table, "sgd")).toBe(2);
    expect(() => lookUp("compile", table, "adm")).toThrow(/compile: expected a known name, got "adm"\.\n.*"adam"/s);
    expect(() => lookUp("compile", table, "toString")).toThrow(OptionError);
  });
});

it("describe puts any value in a few words", () => {
  const words = [
    undefined,
    null,
    3,
    "adam",
    true,
    [1, 2],
    new Float32Array(4),
    { lr: 1 },
    {},
    tensor(1),
    Math.max,
    10n,
  ];
  expect(words.map(describeValue)).toEqual([
    "undefined",
    "null",
    "the number 3",
    '"adam"',
    "true",
    "an array of 2",
    "a Float32Array of 4",
    "an object with keys lr",
    "an object with keys (none)",
    "a Tensor",
    "the function max",
    "the bigint 10n",
  ]);
  expect(describeValue("x".repeat(100))).toHaveLength(60);
  expect(describeValue(Object.create(null))).toBe("an object with keys (none)");
  expect(describeValue(new DTypeError({ where: "", expected: "", got: "" }))).toBe("a DTypeError");
});

describe("an error of a user's own class", () => {
  class BudgetError extends ChainRuleError {
    readonly spent: number;
    constructor(spent: number, where: string) {
      super({ where, expected: "less", got: String(spent) });
      this.spent = spent;
    }
  }

  it("is told from further out without its constructor, whose arguments are others", () => {
    const outer = new BudgetError(3, "train").inside("model");
    expect(outer).toBeInstanceOf(BudgetError);
    expect([outer.name, outer.spent, outer.where, outer.got]).toEqual(["BudgetError", 3, "model: train", "3"]);
    expect(outer.message).toBe("model: train: expected less, got 3.");
    expect(Object.prototype.toString.call(outer)).toBe("[object Error]");
    expect(outer.stack).toContain("errors.test.ts");
  });

  it("keeps its cause, and the error that it was is as it was", () => {
    const error = Object.assign(new BudgetError(3, "train"), { cause: "rent" });
    expect(error.inside("a").inside("b").cause).toBe("rent");
    expect(error.where).toBe("train");
  });

  it("is made whatever its parts are", () => {
    for (const parts of [
      undefined,
      null,
      "x",
      { where: Symbol("s"), expected: Object.create(null), got: 1n, hint: {} },
    ])
      expect(new ChainRuleError(parts as never)).toBeInstanceOf(ChainRuleError);
    expect(new ChainRuleError({ where: Symbol("s") } as never).message).toBe(
      "a Symbol: expected undefined, got undefined.",
    );
  });
});

it("describe never throws", () => {
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  const named = Object.defineProperty(() => 1, "name", { value: Symbol("s") });
  const words = [
    Symbol("s"),
    revoked.proxy,
    named,
    Object.create({ constructor: null }),
    new DataView(new ArrayBuffer(8)),
  ];
  expect(words.map(describeValue)).toEqual([
    "a Symbol",
    "an object that cannot be read",
    "an object that cannot be read",
    "an object with keys (none)",
    "a DataView of 8",
  ]);
});
