/**
 * What was fitted becomes JSON and comes back with each bit, and JSON of anything else is an error of the project's.
 */
import { ChainRuleError, DataError, Generator, ModelError, randn, tensor } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import * as data from "./index.ts";
import { MinMaxScaler, StandardScaler, splitCharacters, Vocabulary } from "./index.ts";

const through = (x: unknown) => JSON.parse(JSON.stringify(x));
const generator = new Generator(4);

describe.each([
  ["StandardScaler", () => new StandardScaler(), StandardScaler],
  ["MinMaxScaler", () => new MinMaxScaler({ featureRange: [-1 / 3, 0.1] }), MinMaxScaler],
] as const)("a %s as JSON", (_name, make, Class) => {
  it("comes back bit by bit", () => {
    for (const dtype of ["float32", "float64"] as const) {
      const x = randn([20, 3], { dtype, generator }).mul(tensor([1e-30, 1, 1e12], { dtype }));
      const scaler = make().fit(x);
      const same = Class.fromJSON(through(scaler));
      expect(same).toBeInstanceOf(Class);
      expect(same.transform(x)).toEqual(scaler.transform(x));
      expect(same.inverseTransform(x)).toEqual(scaler.inverseTransform(x));
      expect([same.offset, same.scale]).toEqual([scaler.offset, scaler.scale]);
      expect(through(same)).toEqual(through(scaler));
    }
    // Times since 1970, whose way back is in float64.
    const times = [[1.7e12], [1.7e12 + 1000]];
    const scaler = make().fit(times);
    const same = Class.fromJSON(through(scaler));
    expect(same.inverseTransform(scaler.transform(times))).toEqual(scaler.inverseTransform(scaler.transform(times)));
    const zeros = make().fit([[-0], [1]]);
    expect(Class.fromJSON(through(zeros)).transform([[-0]])).toEqual(zeros.transform([[-0]]));
    expect(through(make().fit(tensor([], { shape: [1, 0] })))).toMatchObject({ offset: [], scale: [] });
  });

  it("is there after fit alone", () => {
    expect(() => make().toJSON()).toThrow(ModelError);
    expect(() => JSON.stringify(make())).toThrow(/toJSON: expected a scaler that was fitted/);
  });

  it("is checked", () => {
    const good = through(
      make().fit([
        [1, 2],
        [3, 4],
      ]),
    );
    const bad: unknown[] = [undefined, null, 7, "x", [], {}, JSON.stringify(good)];
    for (const key of Object.keys(good)) {
      const { [key]: _left, ...others } = good;
      bad.push(others);
      for (const value of [
        null,
        "1",
        {},
        3,
        true,
        [],
        [1],
        [1, "2"],
        [1, null],
        [0, 0],
        [-1, -2],
        [1, 2, 3],
        [[1], [2]],
      ]) {
        const isGood =
          (key === "offset" &&
            Array.isArray(value) &&
            value.length === 2 &&
            value.every((x) => typeof x === "number")) ||
          (key === "needsFloat64" && value === true);
        if (!isGood) bad.push({ ...good, [key]: value });
      }
    }
    for (const json of bad) expect(() => Class.fromJSON(json), JSON.stringify(json)).toThrow(DataError);
    expect(() => Class.fromJSON(JSON.stringify(good))).toThrow(/Of a text make an object first: JSON.parse\(text\)/);
  });
});

describe("a Vocabulary as JSON", () => {
  const texts = ["the cat sat on the mat", "a constructor, a __proto__"];

  it("numbers the same tokens, cut in the same way", () => {
    const letters = (text: string) => [...text].filter((c) => /\w/.test(c));
    for (const options of [
      {},
      { special: ["<start>"], minCount: 2 },
      { tokenize: splitCharacters },
      { tokenize: letters },
    ]) {
      const vocabulary = new Vocabulary(texts, options);
      const same = Vocabulary.fromJSON(through(vocabulary), { letters });
      expect(same.tokens).toEqual(vocabulary.tokens);
      for (const text of [...texts, "the dog __proto__", "<start> x"])
        expect(same.encode(text)).toEqual(vocabulary.encode(text));
      expect(through(same)).toEqual(through(vocabulary));
    }
    expect(Vocabulary.fromJSON(through(new Vocabulary([]))).size).toBe(2);
  });

  it("needs a tokenizer that has a name, and is given", () => {
    const named = { upper: (text: string) => text.toUpperCase().split(" ") };
    const json = through(new Vocabulary(texts, { tokenize: named.upper }));
    expect(() => Vocabulary.fromJSON(json)).toThrow(/expected the function "upper".*\n.*fromJSON\(json, \{ upper \}\)/);
    expect(() => Vocabulary.fromJSON(json, { upper: 3 })).toThrow(ModelError);
    const anonymous = new Vocabulary(texts, { tokenize: [(text: string) => text.split(",")][0] });
    expect(() => anonymous.toJSON()).toThrow(/a tokenize function that has a name, got \(\(text\) => /);
  });

  it("is checked", () => {
    const good = through(new Vocabulary(texts));
    const tokens = good.tokens as unknown[];
    const bad: unknown[] = [null, 3, [], {}, "{}", { tokens }, { tokenize: "splitWords" }];
    for (const other of [
      null,
      3,
      "abc",
      {},
      [],
      ["<pad>"],
      ["a", "b"],
      [...tokens, 3],
      [...tokens, "the"],
      [...tokens, ["x"]],
    ])
      bad.push({ ...good, tokens: other });
    for (const other of [null, 3, "toString", "__proto__", "constructor", "", "no such"])
      bad.push({ ...good, tokenize: other });
    for (const json of bad) expect(() => Vocabulary.fromJSON(json), JSON.stringify(json)).toThrow(ChainRuleError);
  });

  it("is made in time that grows with its tokens", () => {
    const tokens = ["<pad>", "<unknown>", ...Array.from({ length: 100_000 }, (_, i) => `t${i}`)];
    const start = performance.now();
    expect(Vocabulary.fromJSON({ tokens, tokenize: "splitWords" }).idOf("t99999")).toBe(100_001);
    expect(performance.now() - start).toBeLessThan(3000);
  });
});

it("every class of the package that is fitted becomes JSON and comes back", () => {
  const classes = Object.entries(data).filter(([, x]) => typeof x === "function" && /^class /.test(String(x)));
  expect(classes.map(([name]) => name).sort()).toEqual(["MinMaxScaler", "StandardScaler", "Vocabulary"]);
  for (const [, Class] of classes) {
    expect(typeof (Class as typeof Vocabulary).fromJSON).toBe("function");
    expect(typeof (Class as typeof Vocabulary).prototype.toJSON).toBe("function");
  }
});
