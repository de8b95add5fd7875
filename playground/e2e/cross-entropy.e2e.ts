/**
 * The room of cross-entropy, as a learner uses it, against sums by hand.
 */
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { axeFinds, boxOf, screens, screenshot, swipe, visit } from "./visit.ts";

const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
const bar = (page: Page, name: string) => page.getByRole("slider", { name, exact: true });
const measured = async (page: Page, name: string) => (await page.locator(`[data-measure="${name}"]`).textContent())!;
/** As the page writes numbers. */
const three = (x: number) => (Number.isFinite(x) ? x.toFixed(3).replace("-", "−") : "∞");
const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);
const entropy = (p: readonly number[]) => sum(p.map((x) => (x === 0 ? 0 : -x * Math.log(x))));
const cross = (p: readonly number[], q: readonly number[]) => sum(p.map((x, i) => (x === 0 ? 0 : -x * Math.log(q[i]))));
const kl = (p: readonly number[], q: readonly number[]) => cross(p, q) - entropy(p);
const jensenShannon = (p: readonly number[], q: readonly number[]) => {
  const m = p.map((x, i) => (x + q[i]) / 2);
  return (kl(p, m) + kl(q, m)) / 2;
};

async function expectMeasures(page: Page, p: readonly number[], q: readonly number[], unit = 1) {
  expect(await measured(page, "entropy")).toBe(three(entropy(p) / unit));
  expect(await measured(page, "kl")).toBe(three(kl(p, q) / unit));
  expect(await measured(page, "cross-entropy")).toBe(three(cross(p, q) / unit));
  expect(await measured(page, "way-kl")).toBe(three(kl(p, q) / unit));
  expect(await measured(page, "way-kl-back")).toBe(three(kl(q, p) / unit));
  expect(await measured(page, "way-jensen-shannon")).toBe(three(jensenShannon(p, q) / unit));
  const rows = page.locator(".ce-events tbody tr");
  for (const [i, x] of p.entries()) {
    const cells = await rows.nth(i).locator("td").allTextContents();
    const surprise = -Math.log(q[i]) / unit;
    expect(cells.slice(0, 4)).toEqual([three(x), three(q[i]), three(surprise), three(x === 0 ? 0 : x * surprise)]);
  }
  if (q.every((x) => x > 0))
    for (const [i, x] of p.entries()) {
      const gradient = await page.locator(".ce-logit-text .gradient").nth(i).textContent();
      expect(gradient!.replace("+", "")).toBe(three(q[i] - x).replace("−0.000", "0.000"));
    }
}

describe("two distributions", () => {
  it("are dragged, and everything follows", async () => {
    await visit("#cross-entropy", async (page) => {
      await expectMeasures(page, [0.6, 0.3, 0.1], [0.2, 0.3, 0.5]);
      const { x, y, width, height } = await boxOf(bar(page, "q of cat"));
      await page.mouse.move(x + width / 2, y + height * 0.8);
      await page.mouse.down();
      await page.mouse.move(x + width / 2, y + height * 0.4, { steps: 4 });
      await page.mouse.up();
      const share = Number(await bar(page, "q of cat").getAttribute("aria-valuenow"));
      expect(share).toBeCloseTo(0.6, 1);
      const others = [Math.round((1 - share) * 375) / 1000, 0];
      others[1] = Number((1 - share - others[0]).toFixed(3));
      expect(await bar(page, "q of dog").getAttribute("aria-valuenow")).toBe(String(others[0]));
      await expectMeasures(page, [0.6, 0.3, 0.1], [share, ...others]);
    });
  });

  it("come back as they were when a bar is dragged there and back", async () => {
    await visit("#cross-entropy", async (page) => {
      const { x, y, width, height } = await boxOf(bar(page, "p of cat"));
      await page.mouse.move(x + width / 2, y + height * 0.4);
      await page.mouse.down();
      await page.mouse.move(x + width / 2, y - 30, { steps: 3 });
      await expectMeasures(page, [1, 0, 0], [0.2, 0.3, 0.5]);
      await page.mouse.move(x + width / 2, y + height * 0.4, { steps: 3 });
      await page.mouse.up();
      const [dog, bird] = [
        await bar(page, "p of dog").getAttribute("aria-valuenow"),
        await bar(page, "p of bird").getAttribute("aria-valuenow"),
      ];
      expect(Number(dog) / Number(bird)).toBeCloseTo(3, 1);
    });
  });

  it("are dragged with a finger", async () => {
    await visit(
      "#cross-entropy?p=600,400&q=500,500",
      async (page) => {
        const { x, y, width, height } = await boxOf(bar(page, "q of cat"));
        const at = (share: number) => ({ x: x + width / 2, y: y + height * (1 - share) });
        await swipe(page, at(0.5), at(0.8));
        const share = Number(await bar(page, "q of cat").getAttribute("aria-valuenow"));
        expect(share).toBeCloseTo(0.8, 1);
        await expectMeasures(page, [0.6, 0.4], [share, 1 - share]);
      },
      screens.phone,
    );
  });

  it("are set with the keyboard alone", async () => {
    await visit("#cross-entropy?p=600,400&q=500,500", async (page) => {
      await expectMeasures(page, [0.6, 0.4], [0.5, 0.5]);
      for (let i = 0; i < 30; i++) {
        await page.keyboard.press("Tab");
        if (await page.evaluate(() => document.activeElement?.getAttribute("aria-label") === "q of dog")) break;
      }
      await page.keyboard.press("ArrowDown");
      await expectMeasures(page, [0.6, 0.4], [0.51, 0.49]);
      await page.keyboard.press("PageDown");
      await expectMeasures(page, [0.6, 0.4], [0.61, 0.39]);
      await page.keyboard.press("Home");
      await expectMeasures(page, [0.6, 0.4], [1, 0]);
      await page.keyboard.press("End");
      await expectMeasures(page, [0.6, 0.4], [0, 1]);
    });
  });

  it("are measured in bits, too, for two to six events", async () => {
    await visit("#cross-entropy?p=600,400&q=500,500", async (page) => {
      await page.getByLabel("measured in").selectOption("bits");
      await expectMeasures(page, [0.6, 0.4], [0.5, 0.5], Math.LN2);
      expect(await measured(page, "cross-entropy")).toBe("1.000");
      expect(await button(page, "One event less").isDisabled()).toBe(true);
      for (let i = 0; i < 4; i++) await button(page, "One event more").click();
      expect(await button(page, "One event more").isDisabled()).toBe(true);
      await button(page, "q uniform").click();
      const shares = await page
        .locator(".ce-track.p")
        .evaluateAll((bars) => bars.map((each) => Number(each.getAttribute("aria-valuenow"))));
      expect(shares).toHaveLength(6);
      expect(sum(shares)).toBeCloseTo(1, 12);
      await expectMeasures(page, shares, [0.167, 0.167, 0.167, 0.167, 0.166, 0.166], Math.LN2);
    });
  });

  it("answer the predictions", async () => {
    await visit("#cross-entropy", async (page) => {
      await button(page, "H(p)").click();
      expect(await page.locator(".predict .right").first().textContent()).toBe("Yes.");
      await button(page, "q = p").click();
      await expectMeasures(page, [0.6, 0.3, 0.1], [0.6, 0.3, 0.1]);
      await button(page, "p certain").click();
      expect(await measured(page, "entropy")).toBe("0.000");
      await button(page, "q = p").click();
      expect(await measured(page, "cross-entropy")).toBe("0.000");
      for (const wrong of [
        "it becomes flatter",
        "something infinite",
        "both infinite",
        "sharper",
        "40",
        "squared error",
      ])
        await button(page, wrong).click();
      expect(await page.locator(".predict .wrong").count()).toBe(6);
    });
  });

  it("are infinitely far apart where q says never, and the page says why", async () => {
    await visit("#cross-entropy", async (page) => {
      await button(page, "q says never: bird").click();
      await expectMeasures(page, [0.6, 0.3, 0.1], [0.4, 0.6, 0]);
      expect(await page.locator(".ce-why").textContent()).toContain(
        "q says that bird cannot happen, and p that it does, with probability 0.100",
      );
      expect(await page.locator('[data-event="bird"] .ce-logit').getAttribute("aria-label")).toBe(
        "bird: no finite logit gives 0",
      );
      await screenshot(page, "cross-entropy-infinite");
      await button(page, "Swap p and q").click();
      await expectMeasures(page, [0.4, 0.6, 0], [0.6, 0.3, 0.1]);
      expect(await page.locator(".ce-why").count()).toBe(0);
    });
  });

  it("come together where the arrows are followed", async () => {
    await visit("#cross-entropy", async (page) => {
      const before = Number(await measured(page, "cross-entropy"));
      await button(page, "Follow the arrows").click();
      // z - (q - p), through a softmax, to a thousandth.
      const weights = [0.2, 0.3, 0.5].map((q, i) => q * Math.exp([0.6, 0.3, 0.1][i] - q));
      const expected = weights.map((w) => w / sum(weights));
      for (const [i, name] of ["cat", "dog", "bird"].entries())
        expect(
          Math.abs(Number(await bar(page, `q of ${name}`).getAttribute("aria-valuenow")) - expected[i]),
        ).toBeLessThan(0.001);
      for (let i = 0; i < 12; i++) await button(page, "Follow the arrows").click();
      expect(Number(await measured(page, "cross-entropy"))).toBeLessThan(before);
      expect(Number(await measured(page, "kl"))).toBeLessThan(0.01);
    });
  });
});

const spin = async (page: Page, label: string, value: string) => {
  await page.getByLabel(label, { exact: true }).fill(value);
  await page.getByLabel(label, { exact: true }).blur();
};

describe("further figures", () => {
  it("temperature divides the logits", async () => {
    await visit("#cross-entropy?p=600,400&q=200,800", async (page) => {
      await spin(page, "temperature T", "2");
      const weights = [Math.sqrt(0.2), Math.sqrt(0.8)];
      const q = weights.map((w) => w / sum(weights));
      expect(await page.locator('[data-mini="cat"] output').textContent()).toBe(three(q[0]));
      const said = await page.locator("[aria-label^='Cross-entropy by temperature']").getAttribute("aria-label");
      expect(said).toContain(`H(p, q at T) ${three(cross([0.6, 0.4], q))}`);
    });
  });

  it("smoothing gives the loss a floor", async () => {
    await visit("#cross-entropy", async (page) => {
      await button(page, "no, it rises again").click();
      await spin(page, "smoothing ε", "0.3");
      await spin(page, "margin of the right logit", "4");
      expect(await measured(page, "floor")).toContain(`${three(entropy([0.8, 0.1, 0.1]))} nats`);
      expect(await measured(page, "floor")).toContain(`margin of ${Math.log(8).toFixed(2)}`);
      const logs = [4, 0, 0].map((z) => z - Math.log(Math.exp(4) + 2));
      const said = await page.locator("[aria-label^='Loss by the margin']").getAttribute("aria-label");
      expect(said).toContain(`without smoothing ${three(-logs[0])}`);
      expect(said).toContain(`with ε = 0.30 ${three(-0.8 * logs[0] - 0.1 * logs[1] - 0.1 * logs[2])}`);
    });
  });

  it("the three formulas are not equal in floats", async () => {
    await visit("#cross-entropy", async (page) => {
      expect(await page.locator("[data-formula]").count()).toBe(0);
      await button(page, "∞").click();
      const card = async (name: string) => {
        const place = page.locator(`[data-formula="${name}"]`);
        const isRight = (await place.locator(".right").count()) === 1;
        return [await place.locator(".loss").textContent(), await place.locator(".gradient").textContent(), isRight];
      };
      expect(await card("textbook")).toEqual(["∞", "NaN", false]);
      expect(await card("clipped")).toEqual(["15.942", "0", false]);
      expect(await card("logits")).toEqual(["40", "1", true]);
      await page.getByLabel("target y").selectOption("1");
      expect(await card("textbook")).toEqual(["NaN", "NaN", false]);
      expect((await card("logits"))[2]).toBe(true);
      await page.getByLabel("target y").selectOption("0");
      await spin(page, "logit z", "2");
      const right = Math.log1p(Math.exp(2));
      const sigmoid = 1 / (1 + Math.exp(-2));
      for (const name of ["textbook", "clipped", "logits"]) {
        const [loss, gradient, isRight] = await card(name);
        expect(Number(loss)).toBeCloseTo(right, 4);
        expect(Number(gradient)).toBeCloseTo(sigmoid, 4);
        expect(isRight).toBe(true);
      }
      await spin(page, "logit z", "20");
      expect((await card("textbook"))[0]).toBe("∞");
      await page.getByLabel("numbers").selectOption("float64");
      expect((await card("textbook"))[0]).toBe("20");
      // A chart is dragged, too.
      const { x, y, width, height } = await boxOf(page.locator("[aria-label^='Three formulas']"));
      await page.mouse.click(x + width / 2, y + height / 2);
      expect(Math.abs(Number(await page.getByLabel("logit z", { exact: true }).inputValue()))).toBeLessThan(4);
    });
  });

  it("squared error forgives whoever is sure and wrong", async () => {
    await visit("#cross-entropy", async (page) => {
      await button(page, "Open “One confident mistake” without a prediction").click();
      for (const logit of [-6, -8, 1.5]) {
        await spin(page, "logit", String(logit));
        const p = 1 / (1 + Math.exp(-logit));
        const shown = async (name: string) => Number((await measured(page, name)).replaceAll("−", "-"));
        expect(await shown("p")).toBeCloseTo(p, 5);
        expect(await shown("pull-cross")).toBeCloseTo(p - 1, 4);
        expect(await shown("pull-squared")).toBeCloseTo(2 * (p - 1) * p * (1 - p), 4);
        const said = await page.locator("[aria-label^='Losses by the logit']").getAttribute("aria-label");
        expect(said).toContain(`cross-entropy ${three(-Math.log(p))}, squared error ${three((1 - p) ** 2)}`);
      }
    });
  });
});

describe("from room to room", () => {
  it("the mistake goes on as a graph", async () => {
    await visit("#cross-entropy?open=mistake&logit=-4", async (page) => {
      await button(page, "Go back through it, step by step →").click();
      await page.locator('[data-node="loss"]').waitFor();
      expect(await page.locator("h1").textContent()).toBe("The chain rule");
      await button(page, "To the end").click();
      const p = 1 / (1 + Math.exp(4));
      const shown = (await page.locator('[data-node="z"] .gradient').textContent())!;
      expect(Number(shown.replace("grad ", "").replace("−", "-"))).toBeCloseTo(p - 1, 4);
    });
  });
});

describe("lessons and links", () => {
  it("shows the same in a fresh profile", async () => {
    let hash = "";
    let shown: string | null = "";
    await visit("#cross-entropy", async (page) => {
      await button(page, "One event more").click();
      await bar(page, "p of fish").focus();
      for (const key of ["PageUp", "ArrowUp", "ArrowUp"]) await page.keyboard.press(key);
      await spin(page, "temperature T", "0.75");
      await button(page, "Open “Equal on paper” without a prediction").click();
      await spin(page, "logit z", "-12.5");
      await page.getByLabel("measured in").selectOption("bits");
      await page.waitForTimeout(400);
      hash = new URL(page.url()).hash;
      shown = await page.locator(".ce").textContent();
    });
    await visit(hash, async (page) => {
      await page.locator(".ce").waitFor();
      expect(await page.locator(".ce").textContent()).toBe(shown);
    });
  });

  it("locks and hides for a lesson", async () => {
    await visit("#cross-entropy?_lock=p,formulas&open=formulas&_hide=measures,gradient,mistake", async (page) => {
      await bar(page, "p of cat").click({ force: true });
      expect(await bar(page, "p of cat").getAttribute("aria-valuenow")).toBe("0.6");
      expect(await button(page, "p certain").isDisabled()).toBe(true);
      expect(await page.getByLabel("logit z", { exact: true }).isDisabled()).toBe(true);
      expect(await page.locator(".ce-together, .ce-logit").count()).toBe(0);
      expect(await page.getByText("One confident mistake").count()).toBe(0);
      await bar(page, "q of cat").focus();
      await page.keyboard.press("PageUp");
      expect(await bar(page, "q of cat").getAttribute("aria-valuenow")).toBe("0.3");
    });
  });

  it.each([
    "p=600,300",
    "p=1000",
    "p=-1,1001",
    "p=NaN,1000",
    "p=200,200,200,200,100,50,50",
    "q=%3Cscript%3Ealert(1)%3C/script%3E",
    "temperature=0",
    "z=1e99",
    "unit=trits",
    "smoothing=2",
    "open=everything",
    "constructor=1",
  ])("takes %j for nothing", async (query) => {
    await visit(`#cross-entropy?${query}`, async (page) => {
      await page.locator(".notices p").first().waitFor();
      await expectMeasures(page, [0.6, 0.3, 0.1], [0.2, 0.3, 0.5]);
    });
  });

  it("takes as many events as p has where a link does not agree with itself", async () => {
    await visit("#cross-entropy?p=500,500&q=100,100,200,600", async (page) => {
      await expectMeasures(page, [0.5, 0.5], [0.5, 0.5]);
    });
  });

  it.each(Object.entries(screens))("is accessible on the %s screen", async (name, screen) => {
    await visit(
      "#cross-entropy?p=500,100,100,100,100,100&q=500,300,0,100,50,50&open=smoothing,formulas,mistake",
      async (page) => {
        await page.locator(".ce-chart svg").first().waitFor();
        expect(await axeFinds(page)).toEqual([]);
        expect(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)).toBe(false);
        await screenshot(page, `cross-entropy-six-${name}`);
      },
      screen,
    );
  });
});
