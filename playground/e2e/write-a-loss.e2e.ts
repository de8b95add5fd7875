/**
 * The room where losses are written: findings and numbers are compared with `checkLoss` and the library in Node.
 */
import { readFileSync } from "node:fs";
import { deflateRawSync } from "node:zlib";
import { binaryFocal, checkLoss, gradients, tensor } from "chainrule";
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import focal from "../src/rooms/write-a-loss/examples/focal.ts";
import { axeFinds, screens, screenshot, visit } from "./visit.ts";

const link = (code: string, more = "") => `#write-a-loss?code=z.${deflateRawSync(code).toString("base64url")}${more}`;

async function check(page: Page): Promise<void> {
  await page.locator(".cm-content").waitFor();
  // What the page brings itself is checked at once.
  const button = page.getByRole("button", { name: "Check it" });
  if ((await button.count()) > 0) await button.click();
  await checked(page);
}

const checked = (page: Page) => page.locator("[data-checked=true]").waitFor({ timeout: 20_000 });

/** The numbers of the table, row by row. */
const table = (page: Page) =>
  page
    .locator(".loss-values tbody tr")
    .evaluateAll((rows) => rows.map((row) => [...row.children].map((cell) => (cell as HTMLElement).innerText)));

/** As the table writes numbers. */
const written = (x: number) => String(Number(x.toPrecision(5))).replace("-", "−");

describe("the room where losses are written", () => {
  it("finds what checkLoss finds, and tabulates what the library computes", async () => {
    await visit("#write-a-loss", async (page) => {
      await check(page);
      for (const { property, says } of checkLoss(focal).properties) {
        const line = page.locator(`[data-property="${property}"]`);
        expect(await line.getAttribute("data-holds")).toBe("true");
        expect(await line.innerText()).toContain(says);
      }
      const rows = await table(page);
      expect(rows.map(([at]) => at)).toEqual(["−40", "−2", "0", "2.2", "40"]);
      for (const [i, at] of [-40, -2, 0, 2.2].entries()) {
        const z = tensor([at], { dtype: "float64", requiresGrad: true });
        const loss = binaryFocal(z, [1], { fromLogits: true, gamma: 2 });
        expect(rows[i][2]).toBe(written(loss.item()));
        expect(rows[i][3]).toBe(written(gradients([loss], [z])[0].item()));
      }
      expect(await page.locator("img.sandbox-drawing").getAttribute("alt")).toMatch(/^myFocal: Loss and derivative/);
    });
  });

  it("tells unstable, wrong and right apart, and checks again what is mended", async () => {
    await visit("#write-a-loss", async (page) => {
      await check(page);
      await page.getByRole("button", { name: "Unstable: the textbook" }).click();
      await page.getByText("✗ textbook: extremes does not hold.").waitFor();
      expect(await page.locator('[data-property="extremes"]').innerText()).toContain("got NaN");
      const rows = await table(page);
      expect(rows.at(-1)?.slice(0, 3)).toEqual(["40", "∞", "∞"]);
      await page.getByRole("button", { name: "17" }).click();
      expect(await page.locator(".predict .wrong").innerText()).toBe("No: Infinity.");
      await page.getByRole("button", { name: "Wrong: a derivative by hand" }).click();
      await page.getByText("✗ handMade: gradient does not hold.").waitFor();
      expect((await table(page))[3].slice(3)).toEqual(["3", "≠ 6"]);
      const text = await page.locator(".cm-content").innerText();
      expect(text).toContain("arriving.mul(x)");
      await page.locator(".cm-line", { hasText: "arriving.mul(x)" }).click();
      await page.keyboard.press("End");
      await page.keyboard.press("ArrowLeft");
      await page.keyboard.type(".mul(2)");
      await page.getByText("✓ handMade is sound.").waitFor();
      expect((await table(page))[3].slice(3)).toEqual(["6", "6"]);
    });
  });

  it("computes at the points that are typed, and says which are none", async () => {
    await visit("#write-a-loss", async (page) => {
      await check(page);
      await page.getByLabel("Predictions").fill("1, 3");
      await page.getByLabel("Target", { exact: true }).fill("0");
      await page.getByLabel("Target", { exact: true }).press("Enter");
      await expect.poll(() => table(page), { timeout: 20_000 }).toHaveLength(2);
      await expect
        .poll(async () => (await table(page))[1][2], { timeout: 20_000 })
        .toBe(written(binaryFocal(tensor([3], { dtype: "float64" }), [0], { fromLogits: true, gamma: 2 }).item()));
      await page.getByLabel("Predictions").fill("1, x");
      await page.getByLabel("Predictions").press("Enter");
      await page.getByText("Write 1 to 12 numbers").waitFor();
    });
  });

  it("runs nothing of a link before a click, and shows the same in a fresh profile", async () => {
    const code = 'import { mse } from "chainrule";\nexport default mse;\n';
    await visit(link(code, "&points=0.5,2&target=1"), async (page) => {
      await page.locator(".cm-content").waitFor();
      await page.waitForTimeout(800);
      expect(await page.locator("iframe").count()).toBe(0);
      expect(await page.locator(".cm-content").innerText()).toContain("export default mse");
      await check(page);
      expect((await table(page)).map((row) => row.slice(0, 4))).toEqual([
        ["0.5", "0.25", "0.25", "−1"],
        ["2", "1", "1", "2"],
      ]);
      expect(await page.locator("iframe").count()).toBe(0);
    });
  });

  it("runs nothing of a link that is followed in a page where something has run", async () => {
    await visit("#write-a-loss", async (page) => {
      await checked(page);
      await page.evaluate((hash) => {
        location.hash = hash;
      }, link("for (;;) {}\nexport default 1;\n"));
      await page.getByText("Nothing has run yet").waitFor();
      await page.waitForTimeout(1000);
      expect(await page.locator("iframe").count()).toBe(0);
      expect(await page.locator(".cm-content").innerText()).toContain("for (;;) {}");
    });
  });

  it("says errors with their line, and ends what does not end", async () => {
    await visit(link('import { mse } from "chainrule";\nconst a = 1;\n'), async (page) => {
      await check(page);
      expect(await page.locator("[role=alert]").innerText()).toContain("no loss is exported");
    });
    await visit(link("\n\nexport default (p: any) => p.sub([1, 2]).matmul(3);"), async (page) => {
      await check(page);
      expect(await page.locator("[role=alert]").innerText()).toMatch(/^Line 3: \w+Error: /);
      await page.locator(".editor-marked").waitFor();
    });
    await visit(link("while (true) {}\nexport default 1;"), async (page) => {
      await page.locator(".cm-content").waitFor();
      await page.getByRole("button", { name: "Check it" }).click();
      await page.getByText("It ran longer than 10 s").waitFor({ timeout: 20_000 });
      expect(await page.locator("iframe").count()).toBe(0);
    });
    await visit(
      link(
        "postMessage({ name: '<b>', found: [], drawing: { svg: '<svg onload=alert(1)>' }, rows: [{}] });\nexport default 1;",
      ),
      async (page) => {
        await check(page);
        expect(await page.locator("[role=alert]").innerText()).toContain("no loss is exported");
        expect(await page.locator("main svg, main b").count()).toBe(0);
      },
    );
  });

  it("takes each loss to the room of training, where it trains after a click", async () => {
    await visit("#write-a-loss", async (page) => {
      await page.locator(".cm-content").waitFor();
      await page.getByRole("button", { name: "Tukey’s biweight" }).click();
      await page.getByRole("button", { name: "Use it in “Train”" }).focus();
      await page.keyboard.press("Enter");
      await page.locator(".train-own code").waitFor();
      expect(await page.locator(".train-own code").textContent()).toBe(
        readFileSync(new URL("../src/rooms/write-a-loss/examples/tukey.ts", import.meta.url), "utf8"),
      );
      await page.getByRole("button", { name: "Run it" }).click();
      await page.locator("#train-step", { hasText: /^0$/ }).waitFor();
      await page.getByLabel("To step").fill("30");
      await page.keyboard.press("Enter");
      await page.locator("#train-step", { hasText: /^30$/ }).waitFor();
      expect(Number(await page.locator("#train-loss").getAttribute("data-value"))).toBeGreaterThan(0);
      expect((await page.getByRole("alert").allTextContents()).join("")).toBe("");
    });
  });

  it.each(Object.entries(screens))("is to be seen on the %s screen", async (name, screen) => {
    await visit(
      "#write-a-loss",
      async (page) => {
        await check(page);
        expect(await axeFinds(page)).toEqual([]);
        expect(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)).toBe(false);
        await screenshot(page, `write-a-loss-checked-${name}`);
      },
      screen,
    );
  });
});
