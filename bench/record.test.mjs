import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { continueRecord } from "./lib/record.mjs";

const folder = mkdtempSync(join(tmpdir(), "chainrule-record-"));
const name = join(folder, "record");
afterAll(() => rmSync(folder, { recursive: true }));

const record = (changes = {}) => ({
  date: "2026-11-21T10:00:00Z",
  machine: { cpu: "some", node: "v20.20.0", loadBefore: 0.1 },
  commit: "abc1234",
  rounds: 5,
  warmUp: 1,
  seconds: 1.5,
  source: false,
  results: [],
  start: null,
  ...changes,
});

it("adds to what the same day has measured of the same commit in the same way, whatever the load was", () => {
  const known = record({ results: [{ id: "W3" }], start: [{ name: "chainrule" }] });
  writeFileSync(`${name}.json`, JSON.stringify(known));
  const now = record({
    date: "2026-11-21T12:00:00Z",
    machine: { ...known.machine, otherNode: undefined, loadBefore: 2 },
  });
  continueRecord(name, now);
  expect(now).toMatchObject({ date: "2026-11-21T12:00:00Z", results: [{ id: "W3" }], start: [{ name: "chainrule" }] });
});

it("begins anew for another commit, another way of measuring, or changed files", () => {
  for (const changes of [{ commit: "def5678" }, { commit: null }, { rounds: 3 }, { seconds: 1 }]) {
    const now = record(changes);
    continueRecord(name, now);
    expect(now.results).toEqual([]);
  }
});
