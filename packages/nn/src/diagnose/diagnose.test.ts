/**
 * The engine of the diagnosis: what it sees, and that it leaves everything as it was.
 */
import { readFileSync } from "node:fs";
import { defaultGenerator, manualSeed, OptionError, parameter, randn, tensor, zeros } from "@chainrule/core";
import { beforeEach, describe, expect, it } from "vitest";
import { Adam, BatchNorm, Dense, Dropout, diagnose, Model, Sequential } from "../index.ts";
import { rules } from "./engine.ts";

beforeEach(() => {
  manualSeed(1);
});

const batch = () => [randn([6, 4]), tensor([0, 1, 2, 0, 1, 2], { dtype: "int32" })] as const;

describe("the page about the rules", () => {
  const page = readFileSync(new URL("../../../../docs/diagnose.md", import.meta.url), "utf8").replace(/\s+/g, " ");

  it.each(rules.map(({ name, explanation }) => [name, explanation]))(
    "has %s, and why it matters",
    (name, explanation) => {
      expect(page).toContain(`### ${name} ${explanation.replace(/\.$/, "")}`);
    },
  );

  it("has no others", () => {
    const sections = [...page.matchAll(/### ([\w-]+) /g)].map(([, name]) => name);
    expect(sections.sort(), "docs/diagnose.md wants a section for each rule").toEqual(
      rules.map(({ name }) => name).sort(),
    );
  });
});

describe("diagnose", () => {
  it("leaves a model as it was: weights, gradients, statistics, modes, random numbers, the optimizer", () => {
    const [x, y] = batch();
    const model = new Sequential([
      new Dense({ units: 8, inputDim: 4, activation: "relu" }),
      new BatchNorm(),
      new Dropout(0.5),
      new Dense(3),
    ]);
    model.compile({ optimizer: new Adam({ lr: 0.1 }), loss: "cross_entropy" });
    model.modules()[2].eval();
    const state = () =>
      JSON.stringify([
        model.stateDict(),
        model.optimizer.stateDict(),
        model.modules().map((module) => [module.training, Object.keys(module)]),
        model.parameters().map(({ grad }) => grad),
        defaultGenerator().state,
      ]);
    const before = state();
    diagnose(model, [x, y]);
    expect(state()).toBe(before);
    model.call(x).sum().backward();
    model.optimizer.step();
    const after = state();
    diagnose(model, [x, y]);
    expect(state()).toBe(after);
  });

  it("leaves layers unbuilt that it has built, so that training draws the same numbers", async () => {
    const train = async (look: boolean) => {
      const [x, y] = batch();
      manualSeed(3);
      const model = new Sequential([new Dense({ units: 5, activation: "tanh" }), new Dense(3)]);
      model.compile({ optimizer: "adam", loss: "cross_entropy" });
      if (look) diagnose(model, [x, y]);
      expect(model.namedParameters().size).toBe(0);
      await model.fit(x, y, { epochs: 3, batchSize: 2, verbose: 0 });
      return JSON.stringify(model.stateDict());
    };
    manualSeed(1);
    const alone = await train(false);
    manualSeed(1);
    expect(await train(true)).toBe(alone);
  });

  it("names itself where the model has no loss yet", () => {
    const model = new Sequential([new Dense({ units: 1, inputDim: 4 })]);
    expect(() => diagnose(model, [zeros([6, 4]), zeros([6, 1])])).toThrow(/^diagnose, model.*\n.*Compile it first/);
  });

  it("says of a loss without parameters that it is constant, and where", () => {
    const w = parameter(zeros([4, 2]));
    const [x] = batch();
    const findings = diagnose({ loss: () => x.matmul(w).argmax(-1).cast("float32").mean(), parameters: { w } });
    expect(findings.rules).toEqual(["constant-loss"]);
    expect(findings[0].line).toMatch(/diagnose\.test\.ts:\d+:\d+$/);
    expect(String(findings)).toContain("constant-loss");
  });

  it("finds the operation in which NaN begins", () => {
    const w = parameter([-1, 2]);
    const [finding] = diagnose({ loss: () => w.log().mean() }, { rules: ["non-finite"] });
    expect(finding.evidence).toContain("log(-1) is NaN at [0], as are 1 of its 2 results");
  });

  it("finds nothing in a sound program, and says so", () => {
    const model = new Sequential([new Dense({ units: 8, inputDim: 4, activation: "relu" }), new Dense(3)]);
    model.compile({ optimizer: "adam", loss: "cross_entropy" });
    expect(String(diagnose(model, batch()))).toBe("nothing found");
  });

  it("refuses what it does not know", () => {
    class Net extends Model {
      forward(x: ReturnType<typeof randn>) {
        return x;
      }
    }
    expect(() => diagnose(new Net(), batch())).toThrow(/compiled model/);
    expect(() => diagnose({ loss: () => zeros([1]) }, { rules: ["constant-los" as never] })).toThrow(/constant-loss/);
    expect(() => diagnose({ loss: 3 as never })).toThrow(OptionError);
    expect(() => diagnose({ loss: () => 3 as never })).toThrow(OptionError);
    expect(() => diagnose({ los: () => 3 } as never)).toThrow(/Did you mean "loss"/);
  });
});
