/**
 * The room of the chain rule, as a learner uses it, against the engine in Node.
 */
import { value } from "@chainrule/core";
import { explainBackward, quizQuestions } from "@chainrule/explain";
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { build, readProgram } from "../src/rooms/chain-rule/language/program.ts";
import { short } from "../src/rooms/chain-rule/story/format.ts";
import { presets } from "../src/rooms/chain-rule/story/presets.ts";
import { axeFinds, boxOf, screens, screenshot, swipe, visit } from "./visit.ts";

/** The box of a number. */
const box = (page: Page, name: string) => page.locator(`.chain-node[data-node="${name}"]`);
const numberOf = (page: Page, name: string) => box(page, name).locator(".value").textContent();
const gradientOf = (page: Page, name: string) => box(page, name).locator(".gradient, .unasked").textContent();
const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
const toEnd = (page: Page) => button(page, "To the end").click();
const type = (page: Page, text: string) => page.locator("#chain-program").fill(text);

/** What the graph should show at the end of the way back: by the engine, here. */
function expected(text: string, numbers: Readonly<Record<string, number>>) {
  const program = readProgram(text);
  const { result } = build(
    program,
    program.leaves.map(({ name, initial }) => numbers[name] ?? initial),
  );
  return explainBackward(result);
}

async function expectGraph(page: Page, text: string, numbers: Readonly<Record<string, number>>) {
  const { nodes, steps } = expected(text, numbers);
  for (const { name, kind, value } of nodes) {
    if (kind === "constant") continue;
    expect(await numberOf(page, name), name).toBe(short(value.values![0]));
  }
  for (const { node, gradient, terms, sends } of steps) {
    const { name } = nodes[node];
    expect(await gradientOf(page, name), name).toContain(short(gradient.values![0]));
    if (terms.length > 1) expect(await gradientOf(page, name), name).toMatch(/ = |Σ/);
    for (const { to, argument, local, sent } of sends) {
      const label = page.locator(`[data-edge="${to}-${node}-${argument}"]`);
      expect(await label.locator(".local").textContent()).toBe(short(local.numbers!.values![0]));
      expect(await label.locator(".upstream").textContent()).toBe(short(gradient.values![0]));
      expect(await label.locator(".amount").textContent()).toBe(short(sent.values![0]));
    }
  }
}

describe("the graph", () => {
  it.each(presets)(
    "of “$title” shows what the engine computes",
    async ({ id, title, program, numbers, answer, choices }) => {
      await visit("#chain-rule", async (page) => {
        await button(page, title).click();
        await page.locator(".chain-graph svg").waitFor();
        // All values are there, and no gradient: nobody has asked.
        const { nodes, result } = expected(program, Object.fromEntries(numbers));
        expect(await numberOf(page, nodes[result].name)).toBe(short(nodes[result].value.values![0]));
        expect(await page.locator(".chain-node .gradient").count(), id).toBe(0);
        expect(await page.locator(".chain-node .unasked").count()).toBe(
          nodes.filter(({ kind }) => kind !== "constant").length,
        );
        await button(page, choices[answer]).click();
        expect(await page.locator(".predict .right").textContent()).toBe("Yes.");
        await toEnd(page);
        await expectGraph(page, program, Object.fromEntries(numbers));
        await screenshot(page, `chain-rule-${id}`);
      });
    },
  );

  it("goes there and back again in steps", async () => {
    await visit("#chain-rule?step=0", async (page) => {
      expect(await numberOf(page, "o")).toBe("…");
      for (let i = 0; i < 4; i++) await button(page, "Next step ▶").click();
      expect(await numberOf(page, "o")).toBe("0.4621");
      expect(await gradientOf(page, "o")).toBe("grad 1");
      expect(await gradientOf(page, "v2")).toBe("0.7864");
      expect(await gradientOf(page, "b")).toBe("not asked yet");
      expect(await page.locator(".chain-card").textContent()).toContain("Here it begins");
      await button(page, "◀ Step back").click();
      expect(await gradientOf(page, "o")).toBe("not asked yet");
      // A press on a box goes to its step.
      await box(page, "v1").click();
      expect(await page.locator(".chain-card h3").textContent()).toContain("Forward: v1 = w · x = −1");
    });
  });

  it("adds up what arrives by several ways, one after the other", async () => {
    await visit("#chain-rule", async (page) => {
      await button(page, "Used twice").click();
      // To the step in which y sends, then those of its two inputs.
      await page.getByLabel("Step", { exact: true }).focus();
      await page.keyboard.press("ArrowRight");
      await page.keyboard.press("ArrowRight");
      const arrived: (string | null)[] = [];
      for (let i = 0; i < 3; i++) {
        arrived.push(await gradientOf(page, "x"));
        await page.keyboard.press("ArrowRight");
      }
      expect(arrived[0]).toBe("3 + …");
      expect(await gradientOf(page, "x")).toBe("3 + 2 + 2 = 7");
    });
  });
});

describe("numbers", () => {
  it("are dragged, and everything follows", async () => {
    await visit("#chain-rule", async (page) => {
      await toEnd(page);
      const { x, y, width, height } = (await box(page, "x").boundingBox())!;
      await page.mouse.move(x + width / 2, y + height / 2);
      await page.mouse.down();
      await page.mouse.move(x + width / 2 - 100, y + height / 2, { steps: 5 });
      await page.mouse.up();
      expect(await numberOf(page, "x")).toBe("1");
      await expectGraph(page, "o = tanh(w*x + b)", { w: -0.5, x: 1, b: 1.5 });
    });
  });

  it("are changed with the keyboard alone, from the address to the last gradient", async () => {
    await visit("#chain-rule", async (page) => {
      const reach = async (isThere: () => Promise<boolean>) => {
        for (let i = 0; i < 60; i++) {
          await page.keyboard.press("Tab");
          if (await isThere()) return;
        }
        throw new Error("the Tab key does not lead there");
      };
      const isFocused = (selector: string) => () =>
        page.evaluate((wanted) => document.activeElement?.matches(wanted) === true, selector);
      await reach(isFocused("#chain-program"));
      await page.keyboard.press("Control+A");
      await page.keyboard.type("y = a*exp(a) - c");
      await reach(isFocused("#chain-number-a"));
      await page.keyboard.press("Control+A");
      await page.keyboard.type("0.5");
      await page.keyboard.press("Enter");
      await reach(isFocused("button[aria-label='To the end']"));
      await page.keyboard.press("Enter");
      await reach(isFocused("[data-hit='c']"));
      await page.keyboard.press("ArrowRight");
      await page.keyboard.press("ArrowRight");
      expect(await numberOf(page, "c")).toBe("−0.4");
      await expectGraph(page, "y = a*exp(a) - c", { a: 0.5, c: -0.4 });
      expect(await gradientOf(page, "a")).toContain(short(Math.exp(0.5) * 1.5));
    });
  });

  it("are dragged with a finger", async () => {
    await visit(
      "#chain-rule",
      async (page) => {
        await toEnd(page);
        const { x, y, width, height } = await boxOf(page.locator("[data-hit='w']"));
        await swipe(page, { x: x + width / 2, y: y + height / 2 }, { x: x + width / 2 + 75, y: y + height / 2 });
        await expectGraph(page, "o = tanh(w*x + b)", { w: 0.25, x: 2, b: 1.5 });
        await box(page, "b").tap();
        expect(await page.locator(".chain-card h3").textContent()).toContain("do/db");
      },
      screens.phone,
    );
  });
});

describe("the expression", () => {
  it("is marked where it cannot be read, and the graph stays", async () => {
    await visit("#chain-rule", async (page) => {
      await type(page, "z = w*x + b\np = sigmod(z)");
      expect(await page.locator("#chain-fault").textContent()).toContain("line 2, column 5: expected a function");
      expect(await page.locator("#chain-fault").textContent()).toContain("sigmoid");
      expect(await page.locator(".chain-text mark").textContent()).toBe("sigmod");
      expect(await numberOf(page, "o")).toBe("0.4621");
      expect(await page.locator("#chain-program").getAttribute("aria-invalid")).toBe("true");
      await type(page, "z = w*x + b\np = sigmoid(z)\nloss = -log(p)");
      await page.locator('[data-node="loss"]').waitFor();
      expect(await page.locator("#chain-fault").textContent()).toBe("");
      await toEnd(page);
      await expectGraph(page, "z = w*x + b\np = sigmoid(z)\nloss = -log(p)", { w: -0.5, x: 2, b: 1.5 });
    });
  });

  it("keeps numbers that stand in it", async () => {
    await visit("#chain-rule", async (page) => {
      await type(page, "k = 0.5\ny = k*k*m");
      // The graph of what was typed, and not of what was there before.
      await page.locator('[data-hit="m"]').waitFor();
      await page.locator('[data-hit="k"]').focus();
      await page.keyboard.press("ArrowLeft");
      await expect.poll(() => page.locator("#chain-program").inputValue()).toBe("k = 0.45\ny = k*k*m");
      await toEnd(page);
      await expectGraph(page, "k = 0.45\ny = k*k*m", {});
    });
  });

  it("says what has no derivative to speak of", async () => {
    await visit("#chain-rule", async (page) => {
      await type(page, "log(a - b)");
      await page.locator("#chain-number-a").fill("1");
      await page.locator("#chain-number-a").blur();
      await page.locator("#chain-number-b").fill("2");
      await page.locator("#chain-number-b").blur();
      await toEnd(page);
      expect(await page.locator(".chain-node.result .value").textContent()).toBe("NaN");
      expect(await gradientOf(page, "a")).toBe("grad −1");
    });
  });
});

describe("the loop by hand", () => {
  it("piles gradients up until they are zeroed", async () => {
    await visit(
      "#chain-rule?preset=logistic&mode=loop&program=z+%3D+w*x+%2B+b%0Ap+%3D+sigmoid(z)%0Aloss+%3D+-log(p)&numbers=w:-1,x:1.5,b:0.2",
      async (page) => {
        const grad = (name: string) => page.locator(`tr[data-leaf="${name}"] .grad`).textContent();
        const blocks = (name: string) => page.locator(`tr[data-leaf="${name}"] .block`).allTextContents();
        const [w, x, b] = [value(-1), value(1.5), value(0.2)];
        const forward = () => w.mul(x).add(b).sigmoid().log().neg();
        expect(await grad("w")).toBe("–");
        expect(await button(page, "2 Backward").isDisabled()).toBe(true);
        await button(page, "1 Forward").click();
        expect(await gradientOf(page, "w")).toBe("not asked yet");
        const first = forward();
        expect(await numberOf(page, "loss")).toBe(short(first.data));
        await button(page, "2 Backward").click();
        first.backward();
        expect(await grad("w")).toBe(short(w.grad));
        await button(page, "2 Backward").click();
        first.backward();
        expect(await grad("w")).toBe(short(w.grad));
        expect(await blocks("w")).toEqual([short(w.grad / 2), `+ ${short(w.grad / 2)}`]);
        expect(await page.locator(".chain-said").textContent()).toContain("2 passes have piled up");
        // What lies between begins anew with each pass.
        expect(await gradientOf(page, "z")).toBe(`grad ${short(w.grad / 2 / 1.5)}`);
        await screenshot(page, "chain-rule-piled-up");
        await button(page, "3 Update").click();
        for (const each of [w, b]) each.data -= 0.1 * each.grad;
        expect(await numberOf(page, "w")).toBe(short(w.data));
        expect(await numberOf(page, "x")).toBe("1.5");
        expect(await box(page, "loss").locator(".old-tag").count()).toBe(1);
        expect(await numberOf(page, "loss")).toBe(short(first.data));
        await button(page, "4 Zero the gradients").click();
        for (const each of [w, x, b]) each.grad = 0;
        expect(await grad("w")).toBe("–");
        await button(page, "1 Forward").click();
        const second = forward();
        expect(await numberOf(page, "loss")).toBe(short(second.data));
        await button(page, "2 Backward").click();
        second.backward();
        expect(await grad("w")).toBe(short(w.grad));
        expect(await grad("b")).toBe(short(b.grad));
      },
    );
  });

  it("keeps weights whose gradient is no number", async () => {
    await visit("#chain-rule?preset=own&mode=loop&program=log(a)&numbers=a:-1", async (page) => {
      for (const name of ["1 Forward", "2 Backward"]) await button(page, name).click();
      expect(await page.locator(".chain-loss output").textContent()).toBe("NaN");
      expect(await page.locator('tr[data-leaf="a"] .grad').textContent()).toBe("−1");
      await type(page, "w*log(a - a)");
      for (const name of ["1 Forward", "2 Backward", "3 Update"]) await button(page, name).click();
      expect(await page.locator(".chain-said").textContent()).toContain("not a finite number");
      expect(await page.locator("#chain-number-w").inputValue()).toBe("2");
    });
  });

  it("is the same when its link is opened elsewhere", async () => {
    let hash = "";
    let shown: string | null = "";
    await visit("#chain-rule?mode=loop", async (page) => {
      for (const name of ["1 Forward", "2 Backward", "2 Backward", "3 Update"]) await button(page, name).click();
      await page.waitForTimeout(400);
      hash = new URL(page.url()).hash;
      shown = await page.locator(".chain-piles").textContent();
    });
    await visit(hash, async (page) => {
      await page.locator(".chain-graph svg").waitFor();
      expect(await page.locator(".chain-piles").textContent()).toBe(shown);
      expect(await box(page, "o").locator(".old-tag").count()).toBe(1);
    });
  });
});

describe("the quiz", () => {
  it("knows slips, and counts what is right", async () => {
    await visit("#chain-rule?preset=own&mode=quiz&program=y+%3D+(w*x)**2&numbers=w:3,x:-2&seed=7", async (page) => {
      const { nodes, ...rest } = expected("y = (w*x)**2", { w: 3, x: -2 });
      const questions = quizQuestions({ ...rest, kind: "backward", nodes }, { questions: 5, seed: 7, lr: 0.1 });
      await page.locator(".chain-quiz li").first().waitFor();
      expect(await page.locator(".chain-quiz li .question").allTextContents()).toEqual([questions[0].ask]);
      expect(await page.locator(".chain-label").count()).toBe(0);
      const answer = async (i: number, text: string) => {
        await page.locator(".chain-quiz li input").nth(i).fill(text);
        await page.locator(".chain-quiz li button[type=submit]").nth(i).click();
      };
      const [slip] = questions[0].slips;
      await answer(0, String(slip.value));
      expect(await page.locator(".chain-quiz .wrong").textContent()).toContain(slip.name);
      for (const [i, question] of questions.entries()) await answer(i, String(question.answer));
      expect(await page.locator(".chain-quiz .right").count()).toBe(questions.length);
      expect(await page.locator(".chain-quiz strong").first().textContent()).toBe(
        `${questions.length} of ${questions.length} right.`,
      );
      await screenshot(page, "chain-rule-quiz");
    });
  });
});

describe("lessons and links", () => {
  it("shows the same in a fresh profile", async () => {
    let hash = "";
    let shown = "";
    await visit("#chain-rule", async (page) => {
      await type(page, "r = a/b\ny = r + sin(r)");
      await page.locator("#chain-number-b").fill("4");
      await page.locator("#chain-number-b").blur();
      await toEnd(page);
      await page.waitForTimeout(400);
      hash = new URL(page.url()).hash;
      shown = (await page.locator(".chain-graph svg").getAttribute("aria-label"))!;
    });
    await visit(hash, async (page) => {
      expect(await page.locator("#chain-program").inputValue()).toBe("r = a/b\ny = r + sin(r)");
      await page.locator(".chain-graph svg").waitFor();
      expect(await page.locator(".chain-graph svg").getAttribute("aria-label")).toBe(shown);
    });
  });

  it("hides gradients and locks numbers for a lesson", async () => {
    await visit("#chain-rule?step=9&_hide=gradients,code&_lock=numbers,program", async (page) => {
      await page.locator(".chain-graph svg").waitFor();
      expect(await page.locator(".chain-node .gradient").count()).toBe(0);
      expect(await page.locator(".chain-graph svg").getAttribute("aria-label")).not.toContain("gradient");
      expect(await button(page, "As code").count()).toBe(0);
      expect(await page.locator("#chain-program").isDisabled()).toBe(true);
      expect(await page.locator(".chain-hit[role=slider]").count()).toBe(0);
    });
  });

  it.each([
    "program=constructor.constructor('alert(1)')()",
    "program=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E",
    `program=${"(".repeat(1900)}`,
    `program=${"a*".repeat(900)}a`,
    "numbers=w:1e999,x:2",
    "numbers=__proto__:1:2",
    "passes=1,2,3;a",
    "forwarded=NaN",
    "answers=%3Cscript%3E|1|2|3|4|5|6|7|8|9|10|11",
    "step=1e9",
    "mode=eval",
  ])("takes %j for nothing", async (query) => {
    await visit(`#chain-rule?${query}`, async (page) => {
      await page.locator(".notices p").first().waitFor();
      expect(await page.locator("#chain-program").inputValue()).toBe("o = tanh(w*x + b)");
      expect(await numberOf(page, "o")).toBe("0.4621");
    });
  });

  it.each(Object.entries(screens))("is accessible in each mode on the %s screen", async (name, screen) => {
    for (const mode of ["steps", "loop", "quiz", "code"])
      await visit(
        `#chain-rule?mode=${mode}&step=9`,
        async (page) => {
          await page.locator(".chain-graph svg").waitFor();
          expect(await axeFinds(page)).toEqual([]);
          expect(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)).toBe(false);
          await screenshot(page, `chain-rule-${mode}-${name}`);
        },
        screen,
      );
  });
});
