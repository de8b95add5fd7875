import { afterEach, describe, expect, it, vi } from "vitest";
import { center, hasColors, paint } from "./terminal.ts";

describe("hasColors", () => {
  const isTTY = process.stdout.isTTY;
  const set = (environment: Record<string, string | undefined>, tty: boolean) => {
    for (const name of ["NO_COLOR", "FORCE_COLOR", "TERM"]) vi.stubEnv(name, environment[name]);
    process.stdout.isTTY = tty;
  };
  afterEach(() => {
    vi.unstubAllEnvs();
    process.stdout.isTTY = isTTY;
  });

  it.each([
    [{}, true, true],
    [{}, false, false],
    [{ TERM: "dumb" }, true, false],
    [{ NO_COLOR: "1" }, true, false],
    [{ NO_COLOR: "1", FORCE_COLOR: "1" }, true, false],
    [{ FORCE_COLOR: "1" }, false, true],
    [{ FORCE_COLOR: "0" }, true, false],
  ])("with %o, terminal %s, is %s", (environment, tty, expected) => {
    set(environment, tty);
    expect(hasColors()).toBe(expected);
  });
});

describe("paint", () => {
  it("asks for colours of text and background, and ends with the usual ones", () => {
    expect(paint("x", 32)).toBe("\u001b[38;5;32mx\u001b[0m");
    expect(paint("x", 32, 16)).toBe("\u001b[38;5;32;48;5;16mx\u001b[0m");
    expect(paint("x")).toBe("x");
  });
});

describe("center", () => {
  it("puts the text in the middle, a little to the left where it does not come out even", () => {
    expect(center("ab", 6)).toBe("  ab");
    expect(center("ab", 5)).toBe(" ab");
    expect(center("abcdef", 3)).toBe("abcdef");
  });
});
