import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { goldenTexts } from "./golden-programs.ts";

const folder = fileURLToPath(new URL("goldens/", import.meta.url));

/** The version of the library is in every header, and no part of a program. */
const withoutVersion = (text: string) => text.replace(/(exported by chainrule) \S+/, "$1");

it("programs in Python are those of the goldens; UPDATE_GOLDENS=1 writes them anew", () => {
  const texts = goldenTexts();
  if (process.env.UPDATE_GOLDENS) for (const [name, text] of texts) writeFileSync(folder + name, withoutVersion(text));
  expect(readdirSync(folder).sort()).toEqual([...texts.keys()].sort());
  for (const [name, text] of texts) {
    expect(existsSync(folder + name), name).toBe(true);
    expect(withoutVersion(text), name).toBe(readFileSync(folder + name, "utf8"));
  }
});
