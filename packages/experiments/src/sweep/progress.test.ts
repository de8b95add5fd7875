import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Progress } from "./progress.ts";

const standing = (done: number, failed = 0, running = 0) => ({ done, failed, running, total: 4 });
const { isTTY } = process.stderr;
let written: string;
let logged: string[];

beforeEach(() => {
  [written, logged] = ["", []];
  vi.useFakeTimers({ toFake: ["performance"] });
  vi.stubEnv("TERM", "xterm");
  vi.spyOn(console, "error").mockImplementation((line: string) => void logged.push(line));
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    written += text;
    return true;
  });
});
afterEach(() => {
  process.stderr.isTTY = isTTY;
  vi.useRealTimers();
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

describe("the line that says how far a sweep has come", () => {
  it("is written over on a terminal, with the time that is left", () => {
    process.stderr.isTTY = true;
    const progress = new Progress("auto", 0);
    vi.advanceTimersByTime(10_000);
    progress.update(standing(1, 0, 2));
    expect(written).toBe("\r\u001b[Ksweep: 1 of 4 runs, 2 running, about 30 s left");
    progress.update(standing(4, 1));
    expect(written).toContain("\r\u001b[Ksweep: 4 of 4 runs, 1 failed");
    progress.close();
    expect(written.endsWith("\n")).toBe(true);
    const before = written;
    progress.close();
    expect(written).toBe(before);
  });

  it("reckons with the runs of this time alone, in seconds, minutes or hours", () => {
    process.stderr.isTTY = false;
    const progress = new Progress(1, 1);
    progress.update(standing(1));
    vi.advanceTimersByTime(600_000);
    progress.update(standing(2));
    vi.advanceTimersByTime(10 * 3_600_000);
    progress.update(standing(3));
    expect(logged).toEqual([
      "sweep: 1 of 4 runs",
      "sweep: 2 of 4 runs, about 20 min left",
      "sweep: 3 of 4 runs, about 5.1 h left",
    ]);
  });

  it("is left out where nobody asked for it, or where there is no terminal", () => {
    process.stderr.isTTY = true;
    new Progress(0, 0).update(standing(1));
    vi.stubEnv("TERM", "dumb");
    new Progress("auto", 0).update(standing(1));
    process.stderr.isTTY = false;
    new Progress("auto", 0).update(standing(1));
    expect([written, logged]).toEqual(["", []]);
  });
});
