/**
 * The room of broken programs: what the page says is compared with the collection and with `diagnose` in Node.
 */
import { describe, expect, it } from "vitest";
import { program as doubleSoftmax } from "../../packages/nn/test/diagnose/broken/softmax-twice.ts";
import { wordOf } from "../src/rooms/broken-programs/collection.ts";
import { faults } from "../src/rooms/broken-programs/faults.ts";
import { findingsOf, train } from "../src/rooms/broken-programs/run.ts";
import { run } from "./programs.ts";
import { axeFinds, screens, screenshot, visit } from "./visit.ts";

const id = wordOf("softmax-twice");
const hash = `#broken-programs?program=${id}`;

describe("the room of broken programs", () => {
  it("trains the program, judges the choice, and lets diagnose tell, as Node does", async () => {
    const [finding] = await findingsOf(doubleSoftmax());
    const { losses } = await train(doubleSoftmax());
    await visit(hash, async (page) => {
      await page.locator("[data-run=true]").waitFor();
      const [from, to] = [losses[0], losses[losses.length - 1]].map((loss) => Number(loss.toPrecision(4)));
      expect(await page.locator("[data-run]").textContent()).toContain(
        `The loss goes from ${from} to ${to} in 30 epochs.`,
      );
      const wrong = page.locator(".broken-choices button").filter({ hasNotText: faults[finding.rule] });
      await wrong.first().click();
      expect(await page.locator("p.wrong").count()).toBe(1);
      await page.getByRole("button", { name: faults[finding.rule] }).click();
      expect(await page.locator("p.right").textContent()).toBe("Yes.");
      expect(await page.locator(".broken-score").textContent()).toBe("At the first try: 0 of 1");
      await page.getByRole("button", { name: "Let diagnose tell" }).click();
      await page.locator("[data-told=true]").waitFor();
      const told = await page.locator(".broken-told").textContent();
      expect(told).toContain(finding.rule);
      expect(told).toContain(finding.evidence);
      expect(told).toContain(finding.fix);
      expect(told).toContain(`In ${finding.layer}.`);
    });
  });

  it("is gone through by keys alone, and a link in a fresh profile shows the same", async () => {
    let link = "";
    let code = "";
    await visit(hash, async (page) => {
      await page.locator("[data-run=true]").waitFor();
      await page.getByRole("button", { name: "Next" }).focus();
      await page.keyboard.press("Enter");
      await page.locator("[data-run=true]").waitFor();
      await page.locator(".broken-choices button").first().focus();
      await page.keyboard.press("Space");
      await page.getByRole("button", { name: "Let diagnose tell" }).focus();
      await page.keyboard.press("Enter");
      await page.locator("[data-told=true]").waitFor();
      await expect.poll(() => page.url()).toContain("told=1");
      link = new URL(page.url()).hash;
      code = (await page.locator("pre[tabindex]").textContent()) ?? "";
    });
    await visit(link, async (page) => {
      await page.locator("[data-told=true]").waitFor();
      expect(await page.locator("pre[tabindex]").textContent()).toBe(code);
      expect(await page.locator(".broken-choices [aria-pressed=true]").count()).toBe(1);
    });
  });

  it("opens the whole program in the room for programs", async () => {
    await visit(hash, async (page) => {
      await page.getByRole("button", { name: /Mend it/ }).click();
      await page.locator("h1", { hasText: "A program" }).waitFor();
      const [finding] = await findingsOf(doubleSoftmax());
      const said = await run(page);
      expect(said).toContain(finding.rule);
      expect(said).toContain(finding.fix);
    });
  });

  it("shows the first program for a word that is none, and hides what a lesson hides", async () => {
    await visit("#broken-programs?program=zzzzzz&_hide=diagnose,programs&_lock=guess", async (page) => {
      await page.locator("[data-run=true]").waitFor();
      expect(await page.getByRole("button", { name: "Let diagnose tell" }).count()).toBe(0);
      expect(await page.getByRole("button", { name: "Next" }).count()).toBe(0);
      expect(await page.locator(".broken-choices button").first().isDisabled()).toBe(true);
    });
    await visit("#broken-programs?program=%3Cb%3E&guess=x", async (page) => {
      expect(await page.locator(".notices p").count()).toBe(2);
    });
  });

  it.each(Object.entries(screens))("looks right on the %s screen", async (name, screen) => {
    await visit(
      `${hash}&told=1`,
      async (page) => {
        await page.locator("[data-told=true]").waitFor();
        await page.locator("[data-run=true]").waitFor();
        await screenshot(page, `broken-programs-${name}`);
        expect(await axeFinds(page)).toEqual([]);
      },
      screen,
    );
  });
});
