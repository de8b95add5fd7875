import * as chainrule from "chainrule";
import temml from "temml";
import { describe, expect, it } from "vitest";
import { lossFormulas } from "./formulas.ts";
import { lossNotes } from "./table.ts";

const losses = chainrule.lossNames().filter((name) => name in chainrule);

describe("the notes on losses", () => {
  it("have a formula each, in TeX that can be drawn", () => {
    expect(Object.keys(lossFormulas).sort(), "site/losses/formulas.ts wants a formula for each loss").toEqual(
      losses.sort(),
    );
    for (const [name, tex] of Object.entries(lossFormulas))
      expect(temml.renderToString(tex, { throwOnError: true, displayMode: true }), name).toContain("<math");
  });

  it("are there for every loss of the library, and for nothing else", () => {
    expect(Object.keys(lossNotes).sort(), "site/losses/table.ts wants notes on each loss").toEqual(losses.sort());
  });
});
