/**
 * The two collections: small programs that are broken, each of which must be told its one rule, and programs that come near
 * to that and are sound, of which nothing must be said. Each stands in a file of its own, in `broken/` and `sound/`.
 */
import { readdirSync } from "node:fs";
import { describe, expect, it, vi } from "vitest";
import { diagnose, type Findings } from "../../src/index.ts";
import type { Program } from "./everything.ts";

interface Case {
  readonly program: () => Program;
  /** The name of the rule that it must be told. */
  readonly told?: string;
  /** The name of the layer that must be named. */
  readonly layer?: string;
}

async function casesIn(folder: "broken" | "sound"): Promise<[name: string, found: Case][]> {
  const files = readdirSync(new URL(`${folder}/`, import.meta.url)).sort();
  return Promise.all(
    files.map(
      async (file): Promise<[string, Case]> => [
        file.replace(/\.ts$/, ""),
        await import(new URL(`${folder}/${file}`, import.meta.url).href),
      ],
    ),
  );
}

/** What is said of a program, after it was trained as far as it asks for. */
async function findingsOf(program: Program): Promise<Findings> {
  if ("loss" in program) return diagnose(program);
  const { model, x, y, train } = program;
  if (train) await model.fit(x, y, { verbose: 0, jit: false, ...train });
  return diagnose(model, [x, y]);
}

/** The rules that `fit` names on the console in two epochs. */
async function saidInFit(program: Program): Promise<string[]> {
  if ("loss" in program) return [];
  const { model, x, y, train } = program;
  const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
  try {
    await model.fit(x, y, { epochs: 2, jit: false, ...train, verbose: 0 });
    return warn.mock.calls.map(([text]) => /^fit: ([a-z-]+)[,:]/.exec(text)?.[1] ?? text);
  } finally {
    warn.mockRestore();
  }
}

const broken = await casesIn("broken");
const sound = await casesIn("sound");
/** Of each rule the first program that `fit` can tell of: not by training on one batch, and not by hand. */
const inFit = [
  "adam-of-1e-10",
  "age-and-income",
  "all-labels-zero",
  "all-weights-zero",
  "bias-assigned",
  "column-never-changes",
  "detached-in-the-middle",
  "head-too-large",
  "label-among-the-features",
  "mean-over-the-batch",
  "missing-values",
  "momentum-and-a-rate-of-ten",
  "prices-in-euros",
  "softmax-twice",
  "square-root-at-zero",
  "tanh-saturated",
];

describe("a broken program is told its rule, and no other", () => {
  it.each(broken)("%s", async (_name, { program, told, layer }) => {
    const findings = await findingsOf(program());
    expect(findings.rules, String(findings)).toEqual([told]);
    for (const { evidence, fix, layer: named } of findings) {
      expect(evidence).toMatch(/\d/);
      expect(fix.length).toBeGreaterThan(10);
      if (layer) expect(named).toContain(`"${layer}"`);
    }
  });
});

describe("fit tells of it by the way", () => {
  it.each(broken.filter(([name]) => inFit.includes(name)))("%s", async (_name, { program, told }) => {
    expect((await saidInFit(program())).filter((said) => !said.startsWith("fit, "))).toEqual([told]);
  });
});

describe("of a sound program nothing is said, in fit neither", () => {
  it.each(sound)("%s", async (_name, { program, told }) => {
    expect(told).toBeUndefined();
    const findings = await findingsOf(program());
    expect(findings.rules, String(findings)).toEqual([]);
    expect(await saidInFit(program())).toEqual([]);
  });
});
