// Notes which mutants' code a test file runs, where `mutate.mjs` looks for that: out/mutants/hits/<test file>.json has
// those that run while the file is imported, and those that its tests run.
import { mkdirSync, writeFileSync } from "node:fs";
import { relative } from "node:path";
import { afterAll, beforeAll, expect } from "vitest";

const folder = process.env.MUTANT_HITS;
if (folder) {
  const hits = new Uint8Array(1 << 17);
  globalThis.__mutantHits = hits;
  const numbers = () => Array.from(hits.keys()).filter((n) => hits[n]);
  let imported = [];
  beforeAll(() => {
    imported = numbers();
    hits.fill(0);
  });
  afterAll(() => {
    mkdirSync(folder, { recursive: true });
    const name = relative(process.cwd(), expect.getState().testPath).replaceAll("/", "+");
    writeFileSync(`${folder}/${name}.json`, JSON.stringify({ imported, ran: numbers() }));
  });
}
