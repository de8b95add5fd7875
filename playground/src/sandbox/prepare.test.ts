import { describe, expect, it } from "vitest";
import { LearnerCodeError, prepare } from "./prepare.ts";

const address = '"sandbox-module:chainrule"';

/** Line and message of the refusal. */
function refused(source: string): string {
  try {
    prepare(source);
  } catch (error) {
    if (error instanceof LearnerCodeError) return `${error.line}: ${error.message}`;
    throw error;
  }
  return "nothing";
}

describe("a learner's module", () => {
  it("loses its types, and keeps each statement in its line", () => {
    const code = prepare(
      [
        'import { tensor, type Tensor } from "chainrule";',
        "interface Point {",
        "  x: number;",
        "}",
        "const p = { x: 1 } satisfies Point;",
        "export default (x: Tensor): Tensor => x.mul(tensor(p.x as number));",
      ].join("\n"),
    );
    const lines = code.split("\n");
    expect(lines[0]).toBe(`import { tensor, } from ${address};`);
    expect(lines[4]).toMatch(/^const p = \{ x: 1 \} ?;$/);
    expect(lines[5]).toMatch(/^export default \(x\) => x\.mul\(tensor\(p\.x ?\)\);$/);
  });

  it("imports chainrule by its address in the sandbox, however it says so", () => {
    expect(prepare('import * as c from "@chainrule/core"; c.tensor(1);')).toContain(`from ${address}`);
    expect(prepare("export * from 'chainrule';")).toBe(`export * from ${address};`);
    expect(prepare('const { tensor } = await import("chainrule");')).toContain(`import(${address})`);
    expect(prepare('import type { Tensor } from "chainrule";').trim()).toBe("");
    expect(prepare('const text = "chainrule";')).toBe('const text = "chainrule";');
  });

  it("imports nothing else, and is told why", () => {
    expect(refused('\nimport { readFile } from "node:fs";')).toMatch(/^2: there is no "node:fs" in a page/);
    expect(refused('import x from "./x.ts"; x();')).toMatch(/^1: .*one file/);
    expect(refused('import "https://example.org/x.js";')).toMatch(/^1: .*from "chainrule" only/);
    expect(refused('\n\nawait import("data:text/javascript,1");')).toMatch(/^3: /);
  });

  it("is refused with the line of what is no TypeScript", () => {
    expect(refused("const a = 1;\nconst b = ;\n")).toMatch(/^2: /);
    expect(refused("const a = `${")).toMatch(/^1: /);
    expect(refused("(".repeat(100_000))).toMatch(/^\d+: /);
  });
});
