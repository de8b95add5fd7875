import { describe, expect, it } from "vitest";
import { findHome, placeIn } from "./user-line.ts";

const home = "file:///app/node_modules/@chainrule/";

describe("the user's line", () => {
  it("is the innermost that is not the library's", () => {
    const lines = [
      "    at Tensor.item (file:///app/node_modules/@chainrule/core/dist/node/index.js:10:5)",
      "    at step (file:///app/train.ts:7:21)",
      "    at file:///app/train.ts:12:3",
    ];
    expect(placeIn(lines, home)).toBe("/app/train.ts:7:21");
    expect(placeIn(lines.slice(2), home)).toBe("/app/train.ts:12:3");
  });

  it("is no line of Node's own", () => {
    const lines = [
      "    at Tensor.item (file:///app/node_modules/@chainrule/core/dist/node/index.js:10:5)",
      "    at ModuleJob.run (node:internal/modules/esm/module_job:325:25)",
      "    at async asyncRunEntryPointWithESMLoader (node:internal/modules/run_main:117:5)",
    ];
    expect(placeIn(lines, home)).toBeUndefined();
  });

  it("is in no package of the library, wherever that is installed", () => {
    const lines = [
      "    at fit (/app/node_modules/.pnpm/@chainrule+nn@1.0.0/node_modules/@chainrule/nn/dist/node/index.js:9:9)",
      "    at main (https://example.org/app.js:3:14)",
    ];
    expect(placeIn(lines, home)).toBe("https://example.org/app.js:3:14");
  });

  it("may be in the same repository: the library's home is the folder of its packages", () => {
    expect(findHome()).toMatch(/\/packages\/$/);
    expect(
      placeIn(["    at f (/repo/examples/01.ts:3:4)"], findHome("file:///repo/packages/core/src/user-line.ts")),
    ).toBe("/repo/examples/01.ts:3:4");
    const installed = "file:///app/node_modules/@chainrule/core/dist/";
    for (const file of ["user-line.js", "node/index.js"]) expect(findHome(installed + file)).toBe(home);
    for (const nowhere of ["", "data:text/javascript,1", "blob:null/1"]) expect(findHome(nowhere)).toBe(null);
  });
});
