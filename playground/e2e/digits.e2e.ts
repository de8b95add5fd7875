/**
 * The room of digits: what the page says is compared with the same training in Node.
 */
import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import type { Drawing } from "../src/rooms/digits/drawing.ts";
import { pixelsOf } from "../src/rooms/digits/ink.ts";
import { DigitsSession } from "../src/rooms/digits/session.ts";
import { axeFinds, screens, screenshot, visit } from "./visit.ts";

const csv = readFileSync(new URL("../../examples/data/digits.csv", import.meta.url), "utf8");
const [, first] = csv.split("\n");
const zero = first.split(",").slice(0, 64).map(Number);
const zeroText = zero.map((ink) => ink.toString(17)).join("");
const options = { units: 16, epochs: 4, lr: 0.003, seed: 7 };
const hash = `#digits?seed=7&units=16&epochs=4&drawing=${zeroText}&label=0`;

const isTrained = (page: Page) => page.locator("[data-trained=true]").waitFor();
const lossOf = async (page: Page) => Number(await page.locator("[data-loss]").first().getAttribute("data-loss"));
const probabilities = (page: Page) =>
  page
    .locator(".digits-bars")
    .first()
    .locator("[data-probability]")
    .evaluateAll((cells) => cells.map((cell) => Number(cell.getAttribute("title"))));

async function inNode(drawing: Drawing) {
  const session = new DigitsSession(csv, options);
  const progress = await session.train();
  return { session, progress, reading: session.read(drawing) };
}

describe("the room of digits", () => {
  it("trains, reads a drawing, and takes its cross-entropy, as Node does", async () => {
    const { progress, reading } = await inNode({ label: 0, pixels: zero });
    await visit(hash, async (page) => {
      await isTrained(page);
      const said = await page.locator(".digits-progress").textContent();
      expect(said).toContain(`After 4 epochs: ${(100 * progress.accuracy).toFixed(1)}%`);
      await page.locator("[data-loss]").waitFor();
      const shown = await probabilities(page);
      shown.forEach((p, digit) => {
        expect(p).toBeCloseTo(reading.probabilities[digit], 4);
      });
      expect(await lossOf(page)).toBeCloseTo(reading.loss, 4);
      await page.getByRole("button", { name: "8", exact: true }).click();
      await page.waitForFunction(() => document.querySelector(".digits-loss")?.textContent?.includes("label 8"));
      await expect.poll(() => lossOf(page)).toBeCloseTo(-Math.log(reading.probabilities[8]), 3);
      expect(await page.locator(".digits-saliency svg").getAttribute("aria-label")).toContain("matters most");
    });
  });

  it("is drawn on with the pointer, and by keys alone", async () => {
    await visit("#digits?epochs=1&units=4", async (page) => {
      await page.getByRole("button", { name: "Clear" }).click();
      const pad = page.locator(".digits-pad svg");
      await pad.scrollIntoViewIfNeeded();
      const box = await pad.boundingBox();
      if (!box) throw new Error("no pad");
      await page.mouse.move(box.x + box.width / 2, box.y + 10);
      await page.mouse.down();
      await page.mouse.move(box.x + box.width / 2, box.y + box.height - 10, { steps: 5 });
      await page.mouse.up();
      const drawing = () => pixelsOf(new URLSearchParams(new URL(page.url()).hash.split("?")[1]).get("drawing") ?? "");
      await expect.poll(() => drawing().filter((ink) => ink > 0).length).toBeGreaterThanOrEqual(14);
      // A stroke of 4 points down the middle: ink in the columns 3 and 4 alone.
      expect(drawing().every((ink, i) => ink === 0 || i % 8 === 3 || i % 8 === 4)).toBe(true);
      await page.getByRole("button", { name: "Clear" }).focus();
      await page.keyboard.press("Enter");
      await page.keyboard.press("Shift+Tab");
      await page.keyboard.press("Space");
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("Space");
      await page.keyboard.press("Space");
      await expect
        .poll(() => new URL(page.url()).hash)
        .toContain("000000000000000000000000000" + "8" + "0000000" + "g");
    });
  });

  it("learns the visitor's drawings as Node does, also out of a link in a fresh profile", async () => {
    const own = { label: 8, pixels: zero };
    const { session } = await inNode(own);
    const progress = await session.learn([own], 20);
    const after = session.read(own);
    let link = "";
    await visit(hash.replace("label=0", "label=8"), async (page) => {
      await isTrained(page);
      await page.getByRole("button", { name: "Add this drawing as a 8" }).click();
      await page.locator("[data-taught]").waitFor();
      const loss = page.locator("[data-taught] [data-loss]");
      await expect.poll(async () => Number(await loss.getAttribute("data-loss"))).toBeCloseTo(after.loss, 3);
      await page.waitForFunction(() => location.hash.includes("own="));
      link = new URL(page.url()).hash;
    });
    await visit(link, async (page) => {
      await page.locator("[data-taught]").waitFor();
      const loss = page.locator("[data-taught] [data-loss]");
      await expect.poll(async () => Number(await loss.getAttribute("data-loss"))).toBeCloseTo(after.loss, 3);
      expect(await page.locator("main").textContent()).toContain(
        `With your drawings: ${(100 * progress.accuracy).toFixed(1)}%`,
      );
      expect(await axeFinds(page)).toEqual([]);
    });
  });

  it("takes no drawing out of a hostile link, and keeps what a teacher locked and hid", async () => {
    await visit(`#digits?drawing=${"z".repeat(64)}&own=3.abc,9.<b>&epochs=1e9&units=3`, async (page) => {
      expect(await page.locator(".notices p").count()).toBe(3);
      await isTrained(page);
    });
    await visit("#digits?epochs=1&_lock=network,drawing&_hide=saliency", async (page) => {
      await isTrained(page);
      expect(await page.locator(".digits-saliency").count()).toBe(0);
      expect(await page.getByLabel("epochs", { exact: true }).isDisabled()).toBe(true);
      expect(await page.getByRole("button", { name: "Clear" }).isDisabled()).toBe(true);
      await page.locator(".digits-pad svg").click();
      await page.waitForTimeout(300);
      expect(new URL(page.url()).hash).not.toContain("drawing=");
    });
  });

  it.each(Object.entries(screens))("looks right on the %s screen", async (name, screen) => {
    await visit(
      `#digits?label=8&drawing=${zeroText}`,
      async (page) => {
        await isTrained(page);
        await page.getByRole("button", { name: "In the empty middle" }).click();
        await page.getByRole("button", { name: "Add this drawing" }).click();
        await page.locator("[data-taught]").waitFor();
        await screenshot(page, `digits-${name}`);
        expect(await axeFinds(page)).toEqual([]);
      },
      screen,
    );
  });
});
