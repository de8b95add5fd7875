/**
 * No public function, method or constructor ends in an error of the engine, whatever it is given: a short run of what
 * `pnpm fuzz:calls` does at length.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { type Finding, run, tryEverything } from "./calls.ts";

/** Packages of which nothing is known any more that ends in a foreign error. */
const mended = [
  "core",
  "compiler",
  "data",
  "distributions",
  "explain",
  "functions",
  "io",
  "losses",
  "nn",
  "notebook",
  "transforms",
  "viz",
];

// What writes files writes them where they are in nobody's way.
const [folder, before] = [mkdtempSync(join(tmpdir(), "hostile-")), process.cwd()];
beforeAll(() => {
  process.chdir(folder);
  for (const name of ["log", "warn", "error"] as const) vi.spyOn(console, name).mockImplementation(() => {});
});
afterAll(() => {
  vi.restoreAllMocks();
  process.chdir(before);
  rmSync(folder, { recursive: true });
});

it(`exports of ${mended.join(", ")} refuse what makes no sense with errors of the project's own`, async () => {
  const findings: Finding[] = [];
  const made = await tryEverything({
    seed: 1,
    attempts: 12,
    calls: 2,
    packages: mended,
    found: (finding) => findings.push(finding),
  });
  expect(findings).toEqual([]);
  expect(made).toBeGreaterThan(1000);
}, 300_000);

it("finds foreign errors, NaN of what is no number, and lets errors of users' own functions through", async () => {
  expect((await run("null.x")).kind).toBe("foreign");
  expect((await run("Promise.reject(new RangeError('x'))")).kind).toBe("foreign");
  expect((await run("cr.zeros('x')")).kind).toBe("refused");
  expect((await run("cr.noGrad(h.throws)")).kind).toBe("passed on");
  expect((await run("cr.zeros([2])")).kind).toBe("returned");
});
