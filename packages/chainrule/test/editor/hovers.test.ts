/**
 * What an editor shows of everything that `chainrule` exports, types among it: what it is, and an example of how it is used.
 */
import * as chainrule from "chainrule";
import { describe, expect, it } from "vitest";
import { completions, type Hover, hover, hovers } from "./language.ts";

const namespaces = ["information", "initializers", "metrics"];
const imports = 'import * as chainrule from "chainrule";\n';

/** All names with what is shown of them. */
const shown = new Map<string, Hover | null>();
for (const of of ["chainrule", ...namespaces.map((name) => `chainrule.${name}`)]) {
  const names = completions(`${imports}${of}.|`).filter((name) => !namespaces.includes(name));
  const found = hovers(imports + names.map((name) => `${of}.|${name};\n`).join(""));
  for (const [i, name] of names.entries()) shown.set(`${of}.${name}`.replace(/^chainrule\./, ""), found[i]);
}
const ofText = (wanted: (name: string, text: string, hover: Hover) => boolean) =>
  [...shown].filter(([name, one]) => one && wanted(name, one.text, one)).map(([name]) => name);
const exported = (path: string) =>
  path.split(".").reduce<unknown>((of, name) => (of as Record<string, unknown>)[name], chainrule);
const isError = (value: unknown) => typeof value === "function" && value.prototype instanceof Error;

describe("under the pointer", () => {
  it("is everything that is exported", () => {
    const names = Object.keys(chainrule).filter((name) => !namespaces.includes(name));
    expect([...shown.keys()]).toEqual(expect.arrayContaining(names));
    for (const of of namespaces)
      expect([...shown.keys()]).toEqual(
        expect.arrayContaining(Object.keys(exported(of) as object).map((name) => `${of}.${name}`)),
      );
    expect(shown.size).toBeGreaterThan(700);
  });

  it("stands what it is, in a sentence", () => {
    expect(
      [...shown]
        .filter(([, one]) => !one || (!/\S+ \S+/.test(one.text) && !/\d|=|\//.test(one.text)))
        .map(([name]) => name),
    ).toEqual([]);
  });

  it("stands an example of everything that can be called; what is made by a call names it, and errors say when", () => {
    const without = ofText((name, text, { tags }) => {
      const value = exported(name);
      if (typeof value !== "function" || tags.example || "internal" in tags || isError(value)) return false;
      const [, elsewhere] = /\{@link (\w+)/.exec(text) ?? [];
      return !shown.get(elsewhere ?? "")?.tags.example;
    });
    expect(without).toEqual([]);
  });

  it("stand the shapes of layers, or of what they are a kind of", () => {
    const isLayer = (value: unknown) => typeof value === "function" && value.prototype instanceof chainrule.Layer;
    const layers = ofText((name) => isLayer(exported(name)));
    expect(layers.length).toBeGreaterThan(80);
    expect(layers.filter((name) => !/shape|same as \{@link/i.test(shown.get(name)!.text))).toEqual([]);
  });

  it("stands the formula of losses, and the shapes that they take", () => {
    const losses = chainrule.lossNames();
    expect(losses.filter((name) => !/[=Σℓ]/.test(shown.get(name)?.text ?? ""))).toEqual([]);
    expect(losses.filter((name) => !/shape|\[.*\]/i.test(shown.get(name)?.text ?? ""))).toEqual([]);
  });

  it("stands the formula of functions of numbers", () => {
    expect(shown.get("exp")?.text).toContain("eˣ");
    expect(shown.get("huber")?.text).toMatch(/ℓ/);
    expect(hover(`${imports}new chainrule.Sequential().|fit([[1]], [1]);`)?.tags.example).toContain("fit");
    expect(hover(`${imports}chainrule.tensor([1]).|exp();`)?.text).toMatch(/./);
  });
});
