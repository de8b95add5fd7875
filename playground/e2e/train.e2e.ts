/**
 * The room for training: what a learner does there, against numbers that the library gives in Node.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { makeData } from "../src/rooms/train/data.ts";
import { percent, short } from "../src/rooms/train/numbers.ts";
import { fields, type Settings } from "../src/rooms/train/settings.ts";
import { Training } from "../src/rooms/train/training.ts";
import { axeFinds, screens, screenshot, visit } from "./visit.ts";

const first = Object.fromEntries(Object.entries(fields).map(([name, { initial }]) => [name, initial])) as Settings;

function inNode(given: Partial<Settings>, step: number): Training {
  const settings = { ...first, ...given };
  const training = new Training(settings, makeData(settings));
  if (step > 0) training.step(step);
  return training;
}

const atStep = (page: Page, step: string) =>
  page.locator("#train-step", { hasText: new RegExp(`^${step}$`) }).waitFor();
const lossOf = async (page: Page) => Number(await page.locator("#train-loss").getAttribute("data-value"));

/** The numbers of the chart's legend and of the plane. */
async function numbersOf(page: Page) {
  return {
    loss: await page.locator(".train-curves figure").first().locator(".train-legend output").allTextContents(),
    plane: await page.locator(".train-plane .train-readout").first().textContent(),
  };
}

/** What the page is to show of a training. */
function shownOf(training: Training) {
  const [train, test] = [training.score(training.train), training.score(training.test!)];
  return {
    loss: [short(train.loss), short(test.loss)],
    plane: `${percent(train.accuracy)} right, of those held back ${percent(test.accuracy)}`,
  };
}

describe("training", () => {
  it("goes on, back and to any step, with the numbers of the library in Node", async () => {
    await visit("#train?data=circles&noise=0.2&layers=6,4", async (page) => {
      const given: Partial<Settings> = { data: "circles", noise: 0.2, layers: [6, 4] };
      await atStep(page, "0");
      expect(await numbersOf(page)).toEqual(shownOf(inNode(given, 0)));
      await page.getByRole("button", { name: "Step ▸" }).click();
      await atStep(page, "1");
      expect(await lossOf(page)).toBe(inNode(given, 1).lossOfStep);
      await page.getByLabel("To step").fill("120");
      await page.keyboard.press("Enter");
      await atStep(page, "120");
      const at120 = inNode(given, 120);
      expect(await lossOf(page)).toBe(at120.lossOfStep);
      expect(await numbersOf(page)).toEqual(shownOf(at120));
      await page.getByRole("button", { name: "Step back" }).click();
      await atStep(page, "119");
      expect(await lossOf(page)).toBe(inNode(given, 119).lossOfStep);
      await page.getByRole("button", { name: "To 0", exact: true }).click();
      await atStep(page, "0");
      await page.getByRole("button", { name: "▶ Play" }).click();
      await page.waitForTimeout(1500);
      await page.getByRole("button", { name: "Pause" }).click();
      await page.waitForTimeout(300);
      const step = Number((await page.locator("#train-step").textContent())?.replaceAll(",", ""));
      expect(step).toBeGreaterThan(20);
      expect(await lossOf(page)).toBe(inNode(given, step).lossOfStep);
      // The address says where it stands, and a fresh profile is there too.
      await page.waitForFunction((at) => location.hash.includes(`step=${at}`), step);
      const hash = new URL(page.url()).hash;
      const numbers = await numbersOf(page);
      await visit(hash, async (other) => {
        await atStep(other, step.toLocaleString("en"));
        expect(await numbersOf(other)).toEqual(numbers);
      });
    });
  });

  it.each<[string, string, Partial<Settings>]>([
    ["moons", "", {}],
    [
      "batches, dropout, a penalty and a loss with options",
      "data=blobs&classes=4&batch=32&dropout=0.1&penalty=l2&loss=categoricalFocal&lossOptions=gamma:1;alpha:1,2,1,1&optimizer=Momentum&lr=0.1",
      {
        data: "blobs",
        classes: 4,
        batch: 32,
        dropout: 0.1,
        penalty: "l2",
        loss: "categoricalFocal",
        lossOptions: { gamma: 1, alpha: [1, 2, 1, 1] },
        optimizer: "Momentum",
        lr: 0.1,
      },
    ],
    [
      "points above a curve",
      "data=curve&loss=hinge&activation=relu",
      { data: "curve", loss: "hinge", activation: "relu" },
    ],
  ])("the copied program has the losses of the page: %s", async (_name, query, given) => {
    await visit(`#train?${query}&step=40`, async (page) => {
      await atStep(page, "40");
      const text = await page.locator(".train-program code").last().textContent();
      expect(await runInNode(text ?? "")).toBe(await lossOf(page));
      expect(await lossOf(page)).toBe(inNode(given, 40).lossOfStep);
    });
  });

  it("shows gradients, confusion, what diagnose says, and the program in PyTorch", async () => {
    await visit("#train?activation=relu&lr=3&layers=12,12&step=150", async (page) => {
      await atStep(page, "150");
      const training = inNode({ activation: "relu", lr: 3, layers: [12, 12] }, 150);
      const rows = page.locator(".train-layers tbody tr");
      expect(await rows.nth(0).locator("td").nth(1).textContent()).toBe(short(training.changes[0].gradient));
      const outputs = training.outputs(training.train.x);
      const dead = [0, 1].map(
        (layer) =>
          Array.from({ length: 12 }, (_, u) => u).filter((u) =>
            outputs[layer].values.every((value, i) => i % 12 !== u || value === outputs[layer].values[u]),
          ).length,
      );
      expect(dead[0] + dead[1]).toBeGreaterThan(0);
      for (const layer of [0, 1])
        expect(await rows.nth(layer).locator("td").last().textContent()).toBe(`${dead[layer]} of 12`);
      expect(await page.locator(".train-unit.dead").count()).toBe(dead[0] + dead[1]);
      const counts = await page.locator(".train-confusion").first().locator("td.hit, td.miss, td:not([class])").count();
      expect(counts).toBeGreaterThan(0);
      const cells = await page.locator(".train-confusion").first().locator("tbody td").allTextContents();
      expect([cells[0], cells[1], cells[3], cells[4]].map(Number)).toEqual([...training.confusion(training.train)]);
      await page.getByRole("button", { name: "Look for mistakes" }).click();
      await page.locator(".train-finding h3").first().waitFor();
      const found = await page.locator(".train-finding h3").allTextContents();
      expect(found.map((text) => text.split(" ")[0])).toEqual([...training.diagnose()].map(({ rule }) => rule));
      await page.getByRole("button", { name: "PyTorch" }).click();
      await page.locator(".train-program code", { hasText: "import torch" }).waitFor();
      await screenshot(page, "train-dead");
    });
  });

  it("trains on points that are drawn, by keys alone, and on a table that is pasted", async () => {
    await visit("#train?data=drawn", async (page) => {
      await page.getByRole("alert").filter({ hasText: "two points" }).waitFor();
      const plane = page.locator(".train-stack");
      await plane.focus();
      const put = async (key: string, presses: string) => {
        await page.keyboard.press(key);
        for (const press of presses.split(" ")) await page.keyboard.press(press);
        await page.keyboard.press("Enter");
      };
      await put("1", "Shift+ArrowLeft Shift+ArrowLeft");
      await put("2", "Shift+ArrowRight Shift+ArrowRight Shift+ArrowRight Shift+ArrowRight");
      await put("3", "Shift+ArrowUp Shift+ArrowUp");
      await page.locator(".train-classes li", { hasText: "class 2" }).waitFor();
      await page.waitForFunction(() => location.hash.includes("points="));
      const points = new URLSearchParams(new URL(page.url()).hash.split("?")[1]).get("points");
      expect(points).toBe("-440 0 0,440 0 1,440 440 2");
      await page.keyboard.press("Delete");
      await page.waitForFunction(() => !location.hash.includes("440 440") && !location.hash.includes("440+440"));
      await page.locator(".train-classes li", { hasText: "class 2" }).waitFor({ state: "detached" });
      await plane.click({ position: { x: 50, y: 50 } });
      await page.locator(".train-brush + .buttons", { hasText: "3 points" }).waitFor();
      expect(await axeFinds(page)).toEqual([]);
    });
    await visit("#train?data=csv", async (page) => {
      await page.getByRole("button", { name: "An example" }).click();
      await page.locator(".train-classes li", { hasText: "virginica" }).waitFor();
      await page.getByLabel("To step").fill("60");
      await page.keyboard.press("Enter");
      await atStep(page, "60");
      const text = await page.locator(".train-program code").last().textContent();
      expect(await runInNode(text ?? "")).toBe(await lossOf(page));
      await page.getByLabel("Across", { exact: true }).selectOption("1");
      await page.getByLabel("Up", { exact: true }).selectOption("0");
      await atStep(page, "0");
      await page.locator(".train-side textarea").fill("a,b\n1,2\n");
      await page.getByRole("alert").filter({ hasText: "parseCsv" }).waitFor();
    });
  });

  it("compares two settings from the same seed, step by step", async () => {
    await visit("#train?data=moons", async (page) => {
      await atStep(page, "0");
      await page.getByRole("button", { name: "Keep these settings" }).click();
      await page.getByLabel("Loss", { exact: true }).selectOption("mse");
      await page.locator(".train-compare tr", { hasText: "loss" }).first().waitFor();
      await page.locator(".train-plane").nth(1).waitFor();
      // The worker has begun with the other loss.
      await page.getByText("the last layer has one unit, ending in sigmoid").waitFor();
      await page.getByLabel("To step").fill("50");
      await page.keyboard.press("Enter");
      await atStep(page, "50");
      const accuracies = await page
        .locator(".train-compare tr", { hasText: "accuracy" })
        .first()
        .locator("td")
        .allTextContents();
      expect(accuracies).toEqual(
        [{ loss: "mse" as const }, {}].map((given) => {
          const training = inNode(given, 50);
          return percent(training.score(training.train).accuracy);
        }),
      );
      await screenshot(page, "train-compare");
      expect(await axeFinds(page)).toEqual([]);
    });
  });

  it("runs a loss of somebody's only after a click, and apart from the page", async () => {
    const source = `import { defineLoss } from "chainrule";
document.title = "not here";
export const mine = defineLoss("mine", (p, y) => p.sub(y).abs().pow(3));`;
    const working = source.replace(/document.*\n/, "");
    const link = (text: string) => `#train?loss=own&ownLoss=${encodeURIComponent(text)}`;
    await visit(link(source), async (page) => {
      await page.getByText("This link has a loss written by somebody").waitFor();
      await page.waitForTimeout(500);
      expect(await page.locator("iframe").count()).toBe(0);
      expect(await page.locator(".train-own code").textContent()).toBe(source);
      await page.getByRole("button", { name: "Run it" }).click();
      await page.getByRole("alert").filter({ hasText: "document is not defined (line 2 of the loss)" }).waitFor();
      expect(await page.title()).toContain("Train");
    });
    await visit(link(working), async (page) => {
      await page.getByRole("button", { name: "Run it" }).click();
      await atStep(page, "0");
      await page.getByLabel("To step").fill("30");
      await page.keyboard.press("Enter");
      await atStep(page, "30");
      const { defineLoss } = await import("chainrule");
      const mine = defineLoss("mine", (p, y) => p.sub(y).abs().pow(3));
      const training = new Training({ ...first, loss: "own" }, makeData(first), mine);
      training.step(30);
      expect(await lossOf(page)).toBe(training.lossOfStep);
      const program = (await page.locator(".train-program code").last().textContent()) ?? "";
      expect(await runInNode(program, working.replace('"mine"', '"mineInAFile"'))).toBe(training.lossOfStep);
    });
  });

  it("takes a loss over from the room where it was written", async () => {
    await visit("#write-a-loss", async (page) => {
      await page
        .getByRole("button", { name: /[Tt]rain/ })
        .last()
        .click();
      await page.getByText("This link has a loss written by somebody").waitFor();
      await page.getByRole("button", { name: "Run it" }).click();
      await atStep(page, "0");
      await page.getByRole("button", { name: "Step ▸" }).click();
      await atStep(page, "1");
      expect(await lossOf(page)).toBeGreaterThan(0);
      expect(await page.locator(".train-program").last().textContent()).toContain("./own-loss.ts");
    });
  });

  it("can be used by keys alone: play, go from unit to unit, read weights", async () => {
    await visit("#train?layers=4", async (page) => {
      await atStep(page, "0");
      const focused = () => page.evaluate(() => document.querySelector("button:focus")?.textContent ?? "");
      for (let i = 0; i < 40 && !(await focused()).includes("Play"); i++) await page.keyboard.press("Tab");
      await page.keyboard.press("Enter");
      await page.waitForTimeout(600);
      expect(await focused()).toContain("Pause");
      await page.keyboard.press("Enter");
      await page.waitForTimeout(400);
      const step = Number(await page.locator("#train-step").textContent());
      expect(step).toBeGreaterThan(0);
      for (let i = 0; i < 60; i++) {
        await page.keyboard.press("Tab");
        if (await page.evaluate(() => document.activeElement?.className === "train-network")) break;
      }
      for (const key of ["ArrowRight", "ArrowDown", "ArrowDown"]) await page.keyboard.press(key);
      const weights = inNode({ layers: [4] }, step).weights();
      const text = `hidden 1, unit 3: weights x₁ ${short(weights[2])}, x₂ ${short(weights[6])}; bias ${short(weights[10])}`;
      await page.locator(".train-middle .train-readout", { hasText: text }).waitFor();
    });
  });

  it("hides and locks what a teacher hid and locked", async () => {
    await visit("#train?data=drawn&points=-300 0 0,300 0 1&_lock=data,network&_hide=program,diagnose", async (page) => {
      await atStep(page, "0");
      expect(await page.locator(".train-program").count()).toBe(0);
      expect(await page.getByRole("button", { name: "Look for mistakes" }).count()).toBe(0);
      expect(await page.getByRole("button", { name: "Add a layer" }).isDisabled()).toBe(true);
      await page.locator(".train-stack").click({ position: { x: 40, y: 40 } });
      await page.waitForTimeout(300);
      expect(new URL(page.url()).hash).not.toContain("z.");
      expect(decodeURIComponent(new URL(page.url()).hash.replaceAll("+", " "))).toContain("-300 0 0,300 0 1&");
    });
  });

  it("says what of a hostile link is not understood", async () => {
    const hostile = [
      "#train?layers=1000000,8",
      "#train?loss=constructor",
      "#train?lossOptions=__proto__:1;x:<img>",
      "#train?points=<script>",
      "#train?pinned=loss%3Dnothing",
      "#train?step=1e9",
    ];
    for (const hash of hostile)
      await visit(hash, async (page) => {
        if (!hash.includes("points")) await page.locator(".notices p").first().waitFor();
        await atStep(page, "0");
      });
  });
  it.each(Object.entries(screens))("looks well on the %s screen", async (name, screen) => {
    await visit(
      "#train?data=spirals&layers=8,8&step=800&classes=3&loss=crossEntropy",
      async (page) => {
        await atStep(page, "800");
        await page.waitForTimeout(500);
        await screenshot(page, `train-${name}`);
        expect(await axeFinds(page)).toEqual([]);
      },
      screen,
    );
  });
});

/** Runs a program as a learner would; the loss of the last line that it prints. */
async function runInNode(text: string, ownLoss = ""): Promise<number> {
  const folder = mkdtempSync(join(import.meta.dirname, "copied-"));
  const printed: string[] = [];
  const { log } = console;
  try {
    const file = join(folder, "program.ts");
    writeFileSync(file, text);
    writeFileSync(join(folder, "own-loss.ts"), ownLoss);
    console.log = (line: string) => printed.push(line);
    await import(file);
  } finally {
    console.log = log;
    rmSync(folder, { recursive: true });
  }
  return Number(printed.at(-1)?.replace(/.*loss /, ""));
}
