/**
 * How long the page takes to answer while a program works.
 */
import { describe, expect, it } from "vitest";
import { longTasksOf, watchLongTasks } from "./long-tasks.ts";
import { programLink, run } from "./programs.ts";
import { visit } from "./visit.ts";

describe("the room of programs", () => {
  it("leaves the page free while a program works and writes", async () => {
    const code = `import { randn } from "chainrule";
const end = performance.now() + 3000;
for (let i = 0; performance.now() < end; i++) { randn([64, 64]).matmul(randn([64, 64])); if (i % 5 === 0) console.log("product", i); }`;
    await visit(programLink(code), async (page) => {
      await page.locator(".cm-content").waitFor();
      await page.waitForTimeout(2000);
      await watchLongTasks(page);
      expect(await run(page)).toContain("product");
      const longTasks = await longTasksOf(page);
      console.log(`tasks over 50 ms while a program ran: ${longTasks.map(Math.round).join(", ") || "none"}`);
      expect(Math.max(0, ...longTasks)).toBeLessThan(500);
    });
  });

  it("ends a loop that does not end, and the page never stops answering", async () => {
    await visit(programLink("console.log('begun');\nwhile (true) {}", "&seconds=10"), async (page) => {
      await page.getByRole("button", { name: "Run" }).click();
      await page.getByText("begun").waitFor();
      const slowest = await page.evaluate(async () => {
        let slowest = 0;
        const end = performance.now() + 2000;
        for (let last = performance.now(); last < end; ) {
          await new Promise((next) => setTimeout(next, 0));
          const now = performance.now();
          slowest = Math.max(slowest, now - last);
          last = now;
        }
        return slowest;
      });
      expect(slowest).toBeLessThan(500);
      await page.locator("[data-phase=failed]").waitFor({ timeout: 20_000 });
      expect(await page.locator("[role=alert]").innerText()).toContain("It ran longer than 10 s, and was ended.");
      expect(await page.locator("iframe").count()).toBe(0);
      await page.locator(".cm-content").fill("console.log(6 * 7)");
      expect(await run(page)).toContain("42");
    });
  });
});
