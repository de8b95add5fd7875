import * as chainrule from "chainrule";
import { describe, expect, it } from "vitest";
import { lossNotes } from "./table.ts";

const losses = chainrule.lossNames().filter((name) => name in chainrule);

describe("the notes on losses", () => {
  it("are there for every loss of the library, and for nothing else", () => {
    expect(Object.keys(lossNotes).sort()).toEqual(losses.sort());
  });
});
