/**
 * Names of losses, optimizers, activations and the like: an editor completes them and underlines what is none, and it knows
 * the names that the library knows, no more and no fewer.
 */
import * as chainrule from "chainrule";
import { describe, expect, it } from "vitest";
import { completions, mistakes, textsOf } from "./language.ts";

const { Dense, diagnose, lossByName, lossNames, Sequential, zeros } = chainrule;

/** The names that an error lists where it was given another. */
function known(call: () => unknown): string[] {
  try {
    call();
  } catch (error) {
    const [, list] = /Known: ([^.]*)\./.exec((error as Error).message) ?? [];
    if (list) return list.split(", ").map((name) => name.replace(/"/g, ""));
    throw error;
  }
  throw new Error("a name that there is not was taken");
}

const none = "0" as never;
const findsLoss = (name: string) => lossByName(name) !== undefined;
const dense = (options: object) => new Dense({ units: 1, ...options });
const compile = (options: object) => new Sequential([new Dense(1)]).compile({ loss: "mse", ...options });

/** The type of a kind of names, the names that the library knows, and where a program writes one. */
const kinds: readonly [type: string, names: () => string[], program: string][] = [
  [
    "LossName",
    // Some names are other spellings of these, as TensorFlow.js has them.
    () => [...new Set([...lossNames(), ...known(() => lossByName(none)), ...textsOf("LossName").filter(findsLoss)])],
    'new Sequential([]).compile({ loss: "|" });',
  ],
  [
    "OptimizerName",
    () => known(() => compile({ optimizer: none })),
    'new Sequential([]).compile({ loss: "mse", optimizer: "|" });',
  ],
  [
    "MetricName",
    // Its names come before those of losses, which serve as metrics too.
    () => known(() => compile({ metrics: [none] })).slice(0, -lossNames().length),
    'new Sequential([]).compile({ loss: "mse", metrics: ["|"] });',
  ],
  ["ActivationName", () => known(() => dense({ activation: none })), 'new Dense(8, { activation: "|" });'],
  [
    "InitializerName",
    () => known(() => dense({ kernelInitializer: none })),
    'new Dense(8, { kernelInitializer: "|" });',
  ],
  ["RegularizerName", () => known(() => dense({ biasRegularizer: none })), 'new Dense(8, { biasRegularizer: "|" });'],
  ["ConstraintName", () => known(() => dense({ kernelConstraint: none })), 'new Dense(8, { kernelConstraint: "|" });'],
  [
    "RuleName",
    () => known(() => diagnose({ loss: () => zeros([]) }, { rules: [none] })),
    'diagnose({ loss: () => zeros([]) }, { rules: ["|"] });',
  ],
];

const imports = 'import { Dense, diagnose, EarlyStopping, lossByName, Sequential, zeros } from "chainrule";\n';

describe.each(kinds)("%s", (type, names, program) => {
  it("has the names that the library knows", () => {
    expect(textsOf(type).sort()).toEqual(names().sort());
  });

  it("is what an editor offers", () => {
    expect(completions(imports + program)).toEqual(expect.arrayContaining(names()));
  });

  it("underlines a name that there is not", () => {
    expect(mistakes(imports + program.replace("|", names()[0]))).toEqual([]);
    expect(mistakes(imports + program.replace("|", `${names()[0]}e`)).join()).toMatch(
      `${names()[0]}e"' is not assignable`,
    );
  });
});

describe("names", () => {
  it("of losses serve as metrics, and are offered beside them", () => {
    const offered = completions(`${imports}new Sequential([]).compile({ loss: "mse", metrics: ["|"] });`);
    expect(offered).toEqual(expect.arrayContaining(["accuracy", "huber"]));
  });

  it("that are misspelt come with the nearest", () => {
    const program = 'new Sequential([new Dense(1, { activation: "rellu" })]).compile({ loss: "binary_crossentropi" });';
    const said = mistakes(imports + program);
    expect(said).toHaveLength(2);
    expect(said[0]).toContain(`Did you mean '"relu"'?`);
    expect(said[1]).toContain(`Did you mean '"binary_crossentropy"'?`);
  });

  it("of numbers in the logs are offered, and any other text is taken", () => {
    const program = `${imports}new EarlyStopping({ monitor: "|" });`;
    expect(completions(program)).toEqual(expect.arrayContaining(["loss", "val_loss", "val_accuracy", "val_huber"]));
    expect(mistakes(program.replace("|", "digit_accuracy"))).toEqual([]);
  });

  const cubic = `${imports}import { defineLoss } from "chainrule";
const cubic = defineLoss("cubic", (prediction, target) => prediction.sub(target).abs().pow(3));
`;
  const declared = "declare module 'chainrule' { interface LossNames { cubic: typeof cubic } }\n";
  const used = 'new Sequential([]).compile({ loss: "cubic", metrics: ["cubic"] });\n';

  it("of one's own losses are taken once they are declared", () => {
    expect(mistakes(cubic + used)).toHaveLength(2);
    expect(mistakes(cubic + declared + used)).toEqual([]);
    expect(mistakes(`${cubic}new Sequential([]).compile({ loss: cubic });`)).toEqual([]);
    expect(completions(`${cubic}${declared}new Sequential([]).compile({ loss: "|" });`)).toContain("cubic");
  });

  it("bring the loss with its options", () => {
    expect(mistakes(`${imports}lossByName("huber").with({ delta: 2 });`)).toEqual([]);
    expect(mistakes(`${imports}lossByName("huber").with({ detla: 2 });`).join()).toContain("'delta'");
    expect(mistakes(`${imports}declare const name: string;\nlossByName(name)([1], [2]);`)).toEqual([]);
  });
});
