/**
 * The room of programs: what the console says is compared with the same programs in Node.
 */
import { readFileSync } from "node:fs";
import { Adam, Dense, makeMoons, manualSeed, Sequential } from "chainrule";
import { describe, expect, inject, it } from "vitest";
import { ended, programLink, run } from "./programs.ts";
import { axeFinds, browser, screens, screenshot, visit } from "./visit.ts";

const twoMoons = async () => {
  manualSeed(1);
  const { x, y } = makeMoons({ nSamples: 200, noise: 0.15, seed: 1 });
  const model = new Sequential([
    new Dense({ units: 8, inputDim: 2, activation: "tanh" }),
    new Dense({ units: 1, activation: "sigmoid" }),
  ]);
  model.compile({ optimizer: new Adam({ lr: 0.02 }), loss: "binary_crossentropy", metrics: ["accuracy"] });
  return (await model.fit(x, y, { epochs: 100, batchSize: 20, verbose: 0 })).history;
};

describe("the room of programs", () => {
  it("runs the first program as Node does, draws, counts steps and time", async () => {
    const { loss, accuracy } = await twoMoons();
    await visit("#program", async (page) => {
      const said = await run(page);
      expect(said).toContain(`loss ${loss[0].toFixed(3)} → ${loss.at(-1)?.toFixed(3)}`);
      expect(said).toContain(`accuracy ${accuracy.at(-1)}`);
      expect(said).toContain("Total params: 33 (132.00 B)");
      const pictures = page.locator("[role=log] img");
      expect(await pictures.count()).toBe(2);
      expect(await pictures.nth(1).getAttribute("alt")).toMatch(/^Loss/);
      for (const picture of await pictures.all())
        expect(await picture.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(100);
      expect(await page.locator(".program-status").innerText()).toMatch(/^done · \d+\.\d\d s · 1,000 optimizer steps$/);
    });
  });

  it("never runs the program of a link before a click, and shows the same in a fresh profile", async () => {
    const code = 'console.log("from a link", 6 * 7);\n'.repeat(40);
    let link = "";
    await visit(programLink(code, "&seconds=10"), async (page) => {
      await page.locator(".cm-content").waitFor();
      await page.waitForTimeout(1000);
      expect(await page.locator("[data-phase]").getAttribute("data-phase")).toBe("idle");
      expect(await page.locator("iframe").count()).toBe(0);
      await page.locator(".cm-content").press("Control+End");
      await page.keyboard.type("console.log('added');");
      // The address follows a moment after the last key.
      await page.waitForTimeout(1000);
      await expect.poll(() => page.url()).not.toContain(programLink(code));
      link = new URL(page.url()).hash;
    });
    await visit(link, async (page) => {
      await page.locator(".cm-content").waitFor();
      expect(await page.locator("select").last().inputValue()).toBe("10");
      const said = await run(page);
      expect(said.match(/from a link 42/g)).toHaveLength(40);
      expect(said).toContain("added");
    });
  });

  it("is used by keys alone, and the editor is left by Escape and Tab", async () => {
    await visit(programLink("// nothing\n"), async (page) => {
      await page.locator(".cm-content").waitFor();
      await page.locator(".program-examples select").focus();
      await page.keyboard.press("Tab");
      expect(await page.evaluate(() => document.activeElement?.getAttribute("aria-label"))).toMatch(/^The program/);
      await page.keyboard.press("Control+End");
      await page.keyboard.type("console.log(await Promise.resolve(1 + 1));");
      await page.keyboard.press("Control+Enter");
      expect(await ended(page)).toContain("2");
      await page.keyboard.press("Tab");
      expect(await page.evaluate(() => document.activeElement?.className)).toContain("cm-content");
      await page.keyboard.press("Escape");
      await page.keyboard.press("Tab");
      expect(await page.evaluate(() => document.activeElement?.textContent)).toContain("Run");
    });
  });

  it("says errors with the learner's line, the library's words and what to try", async () => {
    const failing = [
      'import { tensor } from "chainrule";',
      "interface Shape { rows: number }",
      "const shape: Shape = { rows: 2 };",
      "",
      "tensor([[1, 2]]).matmul(tensor([[shape.rows, 2]]));",
    ].join("\n");
    await visit(programLink(failing), async (page) => {
      const said = await run(page);
      expect(said).toMatch(/Line 5: ShapeError: matmul: expected/);
      expect(await page.locator(".editor-marked").innerText()).toContain("matmul");
      expect(await page.locator(".editor-message").innerText()).toContain("ShapeError");
    });
    await visit(programLink("\nprocess.stdout.write('x');"), async (page) => {
      const said = await run(page);
      expect(said).toContain("Line 2: ReferenceError: process is not defined");
      expect(said).toContain("console.log in place of process.stdout.write");
    });
    await visit(programLink('import { readFile } from "node:fs/promises";'), async (page) => {
      expect(await run(page)).toMatch(/Line 1: .*there is no "node:fs\/promises" in a page/);
    });
    await visit(programLink("const a = 1;\nlet b = ;"), async (page) => {
      expect(await run(page)).toMatch(/Line 2: SyntaxError: Unexpected token/);
    });
    await visit(programLink("setTimeout(() => { throw new Error('late') }, 20);"), async (page) => {
      await run(page);
      await page.getByText("Line 1: Error: late").waitFor();
    });
  });

  it("completes, explains and underlines from the library's declarations", async () => {
    const code =
      'import { huber, tensor } from "chainrule";\n\nconst x = tensor([1, 2]);\nhuber(x, [1, 3], { detla: 1 });\n';
    await visit(programLink(code), async (page) => {
      await page.locator(".cm-lintRange-error").waitFor({ timeout: 40_000 });
      expect(await page.locator(".cm-lintRange-error").innerText()).toBe("detla");
      await page.locator(".cm-content").press("Control+Home");
      await page.keyboard.press("F8");
      await page.getByText("Did you mean to write 'delta'?").waitFor();
      await page.keyboard.press("Escape");
      await page.keyboard.press("Control+Home");
      for (let i = 0; i < 11; i++) await page.keyboard.press("ArrowRight");
      await page.keyboard.press("F2");
      await page.locator(".editor-tip code", { hasText: "huber" }).waitFor();
      expect(await page.locator(".editor-tip").innerText()).toMatch(/delta/);
      await page.keyboard.press("Escape");
      expect(await page.locator(".editor-tip").count()).toBe(0);
      await page.keyboard.press("Control+End");
      await page.keyboard.type("x.matm");
      await page.locator(".cm-tooltip-autocomplete li", { hasText: "matmul" }).waitFor();
      // The editor takes no key for a choice that comes before anyone can have seen the list.
      await page.waitForTimeout(200);
      await page.keyboard.press("Enter");
      expect(await page.locator(".cm-content").innerText()).toContain("x.matmul");
      await page
        .locator(".cm-line", { hasText: "const x" })
        .locator("span", { hasText: /^tensor$/ })
        .hover();
      await page.locator(".cm-tooltip-hover code", { hasText: "tensor" }).waitFor();
    });
  });

  const examples = [
    ["chain-rule", "01-chain-rule"],
    ["mlp", "02-scalar-mlp"],
    ["keras", "04-keras-style"],
    ["cross-entropy", "06-cross-entropy"],
    ["imbalance", "07-imbalance"],
    ["overfitting", "08-overfitting"],
    ["loss", "09-new-loss"],
    ["explain", null],
  ] as const;
  it.each(examples)("runs the example %s", async (name, file) => {
    await visit("#program?seconds=120", async (page) => {
      await page.locator(".cm-content").waitFor();
      await page.locator(".program-examples select").selectOption(name);
      await page.getByRole("button", { name: "Run" }).click();
      const said = await ended(page, 55_000);
      expect(await page.locator("[data-phase]").getAttribute("data-phase"), said).toBe("done");
      if (!file) return;
      const source = readFileSync(new URL(`../../examples/${file}.ts`, import.meta.url), "utf8");
      const expected = /\/\* Output:\n([\s\S]*?)\*\/\s*$/.exec(source)?.[1].replace(/^ \* ?/gm, "") ?? "";
      const firstLine = expected.split("\n").find((line) => line.trim() !== "" && !/\d/.test(line));
      if (firstLine) expect(said).toContain(firstLine.trim());
      else expect(said).not.toBe("");
    });
  });

  it("runs without a network after the first visit", async () => {
    const context = await (await browser()).newContext();
    try {
      const page = await context.newPage();
      await page.goto(inject("address"));
      await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
      await page.waitForFunction(async () => {
        const [name] = await caches.keys();
        return name !== undefined && (await (await caches.open(name)).keys()).length > 5;
      });
      await context.setOffline(true);
      await page.goto(`${inject("address")}${programLink("console.log(6 * 7);")}`);
      await page.reload();
      await page.locator(".cm-content").waitFor();
      expect(await run(page)).toContain("42");
    } finally {
      await context.close();
    }
  });

  it("runs the example that was chosen, and not what was there before, however late it comes", async () => {
    await visit("#program", async (page) => {
      await page.locator(".cm-content").waitFor();
      await page.route(/02-scalar-mlp/, async (route) => {
        await page.waitForTimeout(1500);
        await route.continue();
      });
      await page.locator(".program-examples select").selectOption("mlp");
      const button = page.getByRole("button", { name: "Run" });
      expect(await button.isDisabled()).toBe(true);
      await page.locator(".cm-content").press("Control+Enter");
      expect(await page.locator("[data-phase]").getAttribute("data-phase")).toBe("idle");
      await button.click();
      expect(await ended(page, 55_000)).toContain("XOR:");
    });
  });

  it("hides and locks what a teacher says", async () => {
    await visit(programLink("console.log(1)", "&_lock=code,time&_hide=examples"), async (page) => {
      await page.locator(".cm-content").waitFor();
      expect(await page.locator(".program-examples").count()).toBe(0);
      await page.locator(".cm-content").focus();
      await page.keyboard.type("x");
      expect(await page.locator(".cm-content").innerText()).toContain("console.log(1)");
      expect(await page.locator(".cm-content").innerText()).not.toContain("x");
      expect(await page.locator(".program-time select").isDisabled()).toBe(true);
      expect(await run(page)).toContain("1");
    });
  });

  it.each(Object.entries(screens))("is to be seen on the %s screen", async (name, screen) => {
    await visit(
      "#program",
      async (page) => {
        await page.locator(".cm-content").waitFor();
        await run(page);
        await page.waitForTimeout(300);
        expect(await axeFinds(page)).toEqual([]);
        expect(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)).toBe(false);
        await screenshot(page, `program-run-${name}`);
      },
      screen,
    );
  });
});
