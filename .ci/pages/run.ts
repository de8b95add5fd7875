/**
 * Pages of `tracePage` in Chromium: what they show is compared with numbers that are computed here, they are gone through
 * by keys, buttons and touch, and looked at by axe.
 *
 * `npx -y pnpm@12 pages` says in a line that nothing was looked at where there is no Chromium; with `--required` that fails.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { binaryCrossEntropy, Dense, Generator, parameter, Sequential, tensor, tracePage, value } from "chainrule";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { findChromium } from "../chromium.mjs";

const folder = mkdtempSync(join(tmpdir(), "chainrule-pages-"));
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const problems: string[] = [];
let checks = 0;

function check(what: string, holds: boolean, found: unknown = ""): void {
  checks++;
  if (!holds) problems.push(`${what}${found === "" ? "" : `: ${JSON.stringify(found)}`}`);
}

const same = (what: string, found: unknown, wanted: unknown) =>
  check(what, JSON.stringify(found) === JSON.stringify(wanted), { found, wanted });

/** All numbers within a part of the page that is shown. */
async function numbersIn(page: Page, selector: string): Promise<number[]> {
  const texts = await page.locator(`${selector} .number, ${selector} td`).allTextContents();
  return texts.map((text) => Number(text.replace("−", "-")));
}

function near(what: string, found: readonly number[], wanted: readonly number[]): void {
  const isNear = (x: number, i: number) => Math.abs(x - wanted[i]) <= 2e-5 * Math.max(1, Math.abs(wanted[i]));
  check(what, found.length === wanted.length && found.every(isNear), { found, wanted });
}

/** Opens a page, of which anything that goes wrong is a problem; `look` may look around. */
async function open(
  browser: Browser,
  name: string,
  html: string,
  options: BrowserContextOptions,
  look: (page: Page) => Promise<void>,
): Promise<void> {
  const path = join(folder, `${name.replace(/\W+/g, "-")}.html`);
  writeFileSync(path, html);
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) problems.push(`${name}: ${message.text()}`);
  });
  page.on("pageerror", (error) => problems.push(`${name}: ${error.message}`));
  page.on("dialog", (dialog) => {
    problems.push(`${name}: a dialog, ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("request", (request) => {
    if (request.url() !== pathToFileURL(path).href) problems.push(`${name}: asked for ${request.url()}`);
  });
  try {
    await page.goto(pathToFileURL(path).href);
    await look(page);
  } catch (error) {
    problems.push(`${name}: ${(error as Error).message.split("\n").slice(0, 3).join(" ")}`);
  } finally {
    await context.close();
  }
}

/** What axe finds that keeps someone from reading or using the page. */
async function axeFinds(page: Page, name: string): Promise<void> {
  await page.evaluate(axe);
  const found = await page.evaluate(async () => {
    const { violations } = await (
      globalThis as unknown as { axe: { run(): Promise<{ violations: Violation[] }> } }
    ).axe.run();
    return violations.map(({ id, impact, nodes }) => ({ id, impact, where: nodes[0].html.slice(0, 120) }));
  });
  const serious = found.filter(({ impact }) => impact === "serious" || impact === "critical");
  same(`${name}: axe finds nothing serious`, serious, []);
}
interface Violation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string }[];
}

const shown = "article:not([hidden])";
const heading = (page: Page) => page.locator(`${shown} h2`).textContent();
const place = (page: Page) => page.locator("#place").textContent();
const desktop: BrowserContextOptions = { viewport: { width: 1200, height: 900 } };
const phone: BrowserContextOptions = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true };

/** L = ((w x)² + w) / 2 at w = 3, x = 2. */
function scalars() {
  const [w, x] = [value(3, "w"), value(2, "x")];
  return w.mul(x).square().add(w).div(2).named("L");
}
const [w, x] = [3, 2];
const dv1 = w * x;

async function steps(page: Page): Promise<void> {
  same("the first step", [await heading(page), await place(page)], ["What is given", "1 of 12"]);
  near("what is given", await numbersIn(page, shown), [w, x]);
  const headings: string[] = [];
  for (let i = 0; i < 11; i++) {
    await page.keyboard.press("ArrowRight");
    headings.push((await heading(page))!);
  }
  const names = ["v1", "v2", "v3", "L"];
  const back = ["L", "v3", "v2", "v1", "x", "w"];
  same("the steps", headings, [
    ...names.map((name) => `Forward: ${name}`),
    ...back.map((name) => `Backward: ${name}`),
    "The gradients",
  ]);
  near("the gradients", await numbersIn(page, shown), [dv1 * x + 0.5, dv1 * w]);
  await page.keyboard.press("ArrowRight");
  same("nothing comes after the last", await place(page), "12 of 12");
  await page.keyboard.press("Home");
  same("Home", await place(page), "1 of 12");
  await page.keyboard.press("End");
  same("End", await place(page), "12 of 12");
  await page.keyboard.press("ArrowLeft");
  near("paths meet", await numbersIn(page, shown), [0.5, dv1 * x, dv1 * x + 0.5]);
  check("it says +=", (await page.locator(shown).textContent())!.includes("2 paths meet at w"));
  const said = await page.locator("#status").textContent();
  check("it is read aloud", said === "Backward: dL/dw is the sum of 2 paths, 12.5.", said);
  await page.locator('[data-drawing="all"] a[data-box="n2"]').click();
  same("a box leads to how it is made", await heading(page), "Forward: v1");
  near("with its value", await numbersIn(page, shown), [w, x, w * x]);
  await page.locator("#slider").fill("8");
  same("the slider", await heading(page), "Backward: v1");
  near("from above × local = sent", await numbersIn(page, shown), [dv1, dv1, x, dv1 * x, dv1, w, dv1 * w]);
  const edges = page.locator('[data-drawing="all"] g.sent:not(.unknown) text');
  same(
    "what is known of the edges",
    (await edges.allTextContents()).map(Number).sort(),
    [0.5, 0.5, 0.5, 12, 18, 6].sort(),
  );
  same("what is sent now", await page.locator('[data-drawing="all"] .edge.now').count(), 2);
  for (const id of ["#previous", "#next", "#first", "#last"]) await page.locator(id).click();
  same("the buttons", await place(page), "12 of 12");
  same("the last is the end", await page.locator("#next").isDisabled(), true);
  await axeFinds(page, "the steps");
}

async function predictions(page: Page): Promise<void> {
  await page.keyboard.press("ArrowRight");
  const result = page.locator(`${shown} .result .number`);
  same("a value is hidden before it is predicted", await result.isVisible(), false);
  await page.keyboard.press("Enter");
  await page.keyboard.type("5");
  await page.keyboard.press("Enter");
  const verdict = page.locator(`${shown} .verdict`);
  same("a wrong prediction", await verdict.textContent(), "Not right: too small by 1, 17% of the number.");
  await page.keyboard.press("ArrowLeft");
  same("keys within an answer move nothing", await heading(page), "Forward: v1");
  await page.locator(`${shown} input`).fill("6");
  await page.keyboard.press("Enter");
  same("a right one shows it", [await verdict.textContent(), await result.isVisible()], ["Right.", true]);
  for (let i = 0; i < 7; i++) await page.locator("#next").click();
  same("the step", await heading(page), "Backward: v1");
  const ask = (await page.locator(`${shown} label`).textContent())!;
  const [local, answer] = ask.endsWith("w?") ? [x, dv1 * x] : [w, dv1 * w];
  await page.locator(`${shown} input`).fill(String(local));
  await page.locator(`${shown} button[type=submit]`).click();
  check("a slip by its name", (await verdict.textContent())!.startsWith('Not quite: "upstream forgotten".'));
  await page.locator(`${shown} button.show`).click();
  check("the answer", (await page.locator(`${shown} details`).textContent())!.includes(`It is ${answer}:`));
  near("and all numbers", await numbersIn(page, `${shown} .reveal`), [dv1 * x, dv1 * w]);
  await axeFinds(page, "predictions");
}

async function questions(page: Page): Promise<void> {
  await page.locator("#to-quiz").click();
  same("the steps are hidden", await page.locator("#pages").isVisible(), false);
  const forms = page.locator("#quiz form");
  const count = await forms.count();
  same("questions", count, 4);
  const data = JSON.parse((await page.locator("#data").textContent())!);
  for (let i = 0; i < count; i++) {
    const form = forms.nth(i);
    for (const slip of data.questions[i].slips) {
      await form.locator("input").fill(String(slip.value));
      await form.locator("button[type=submit]").click();
      const said = (await form.locator(".verdict").textContent())!;
      check(`the slip ${slip.name}`, said.includes(`"${slip.name}"`), said);
    }
    await form.locator("input").fill(i === 0 ? "a lot" : String(data.questions[i].answer));
    await page.keyboard.press("Enter");
    const said = (await form.locator(".verdict").textContent())!;
    check("the verdict", i === 0 ? said.includes("not a number") : said === "Right.", said);
    if (i === 0) await form.locator("button.show").click();
  }
  same("the score", await page.locator("#score").textContent(), "3 of 4 right.");
  await axeFinds(page, "the quiz");
  await page.locator("#to-quiz").click();
  same("back to the steps", await page.locator("#pages").isVisible(), true);
}

/** L = Σ g ⊙ tanh(X W + b), by hand. */
const X = [[1, 2], [3, -1], [0.5, 0.25]]; // biome-ignore format: a table
const W = [[0.1, -0.3], [0.2, 0.4]]; // biome-ignore format: a table
const b = [0.05, -0.1];
const G = [[1, -2], [0.5, 1.5], [-1, 2]]; // biome-ignore format: a table
const Z = X.map((row) => b.map((bias, j) => row.reduce((sum, each, k) => sum + each * W[k][j], bias)));
const dZ = Z.map((row, i) => row.map((z, j) => G[i][j] * (1 - Math.tanh(z) ** 2)));
const dW = W.map((row, k) => row.map((_, j) => X.reduce((sum, each, i) => sum + each[k] * dZ[i][j], 0)));
const db = b.map((_, j) => dZ.reduce((sum, row) => sum + row[j], 0));

function tensors() {
  const [inputs, kernel, bias] = [tensor(X), parameter(W), parameter(b)];
  const z = inputs.matmul(kernel).add(bias);
  const loss = z.tanh().mul(tensor(G)).sum();
  return tracePage(loss, { names: { X: inputs, W: kernel, b: bias, z, loss }, quiz: true, seed: 1 });
}

async function matrices(page: Page): Promise<void> {
  const numbersAt = async (id: string) => {
    await page.evaluate((hash) => {
      (globalThis as unknown as { location: { hash: string } }).location.hash = hash;
    }, id);
    await page.waitForSelector(`[data-step=${id}]:not([hidden])`);
    return numbersIn(page, `[data-step=${id}]`);
  };
  const idOf = async (name: string) =>
    (await page
      .locator(`article[data-step^=backward]`)
      .evaluateAll(
        (all, wanted) =>
          all
            .find((each) => each.querySelector("h2")!.textContent === `Backward: ${wanted}`)!
            .getAttribute("data-step"),
        name,
      )) as string;
  near("dL/dW", await numbersAt(await idOf("W")), dW.flat());
  near("dL/db", await numbersAt(await idOf("b")), db);
  const z = await idOf("z");
  const [ones, all] = [dZ.flat().map(() => 1), dZ.flat()];
  near("at z: above, and to each above × local = sent", await numbersAt(z), [
    ...all,
    ...all,
    ...ones,
    ...all,
    ...all,
    ...ones,
    ...db,
  ]);
  check("what was broadcast", (await page.locator(`[data-step=${z}] .note`).textContent())!.includes("used 3 times"));
  near("the gradients", await numbersAt("result"), [...dW.flat(), ...db]);
  same("formulas are MathML", (await page.locator(`[data-step=${z}] math`).count()) > 3, true);
}

function network() {
  const model = new Sequential([
    new Dense({ units: 4, inputDim: 2, activation: "relu", generator: new Generator(1) }),
    new Dense({ units: 3, inputDim: 4, activation: "tanh", generator: new Generator(2) }),
    new Dense({ units: 1, inputDim: 3, generator: new Generator(3) }),
  ]);
  return binaryCrossEntropy(model.call([[0.5, -1], [1, 2]]), [[1], [0]], { fromLogits: true }); // biome-ignore format: a table
}

async function folds(page: Page): Promise<void> {
  const layers = ["layers.0 (Dense)", "layers.1 (Dense)", "layers.2 (Dense)", "binaryCrossEntropy"];
  same(
    "layers are boxes",
    await page
      .locator('[data-drawing="all"] .layer .line0')
      .allTextContents()
      .then((all) => all.sort()),
    layers.sort(),
  );
  await page.keyboard.press("ArrowRight");
  same("a layer is one step", [await heading(page), await place(page)], ["Forward: layers.0 (Dense)", "2 of 10"]);
  await page.locator(`${shown} button.layer`).click();
  check("that can be stepped into", /^Forward: v\d+$/.test((await heading(page))!));
  same("with a drawing of its own", await page.locator('[data-drawing="g0"]').isVisible(), true);
  const inside = await page.locator("#place").textContent();
  check("and steps of its own", Number(inside!.split(" of ")[1]) > 10, inside);
  await page.locator(`${shown} button.layer`).click();
  same("and folded again", [await heading(page), await place(page)], ["Forward: layers.0 (Dense)", "2 of 10"]);
  await axeFinds(page, "folded layers");
}

const hostile = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'`&$" + "{alert(3)}";
const hostileTex = "\\text{</math><script>alert(4)</script>}\\href{javascript:alert(5)}{x}";

async function refuses(page: Page): Promise<void> {
  for (let i = 0; i < 12; i++) await page.keyboard.press("ArrowRight");
  await page.locator("#to-quiz").click();
  same("no script but its own", await page.locator("script").count(), 2);
  same("no element of the user's", await page.locator("img, [onerror], [style], [href^=javascript]").count(), 0);
  check("the names as they are", (await page.locator("main").textContent())!.includes(hostile));
  const ran = await page.evaluate(() => {
    const { document } = globalThis as unknown as { document: Document };
    const script = document.createElement("script");
    script.textContent = "globalThis.ranForeign = true";
    document.body.append(script);
    return (globalThis as unknown as { ranForeign?: boolean }).ranForeign ?? false;
  });
  same("the policy lets no other script run", ran, false);
}
interface Document {
  createElement(name: string): { textContent: string };
  readonly body: { append(child: unknown): void };
}

async function onPhone(page: Page): Promise<void> {
  const wide = () =>
    page.evaluate(() => {
      const { document, innerWidth } = globalThis as unknown as {
        document: { documentElement: { scrollWidth: number } };
        innerWidth: number;
      };
      return document.documentElement.scrollWidth - innerWidth;
    });
  const count = Number((await place(page))!.split(" of ")[1]);
  for (let i = 0; i < count; i++) {
    check(`nothing is wider than the phone at step ${i + 1}`, (await wide()) <= 0);
    await page.locator("#next").tap({ force: i === count - 1 });
  }
  await page.locator("#first").tap();
  const session = await page.context().newCDPSession(page);
  const swipe = async (from: number, to: number) => {
    const at = await page.locator(`${shown} h2`).boundingBox();
    const y = at!.y + at!.height / 2;
    await session.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: [{ x: from, y }] });
    await session.send("Input.dispatchTouchEvent", { type: "touchMove", touchPoints: [{ x: to, y }] });
    await session.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
  };
  await swipe(300, 60);
  same("a finger to the left goes on", (await place(page))!.split(" ")[0], "2");
  await swipe(60, 300);
  same("a finger to the right goes back", (await place(page))!.split(" ")[0], "1");
  const sizes = await page
    .locator(".toolbar button")
    .evaluateAll((all) => all.map((each) => each.getBoundingClientRect().height));
  check(
    "buttons are as large as a finger",
    sizes.every((height: number) => height >= 44),
    sizes,
  );
  await axeFinds(page, "the phone");
}

async function withoutScript(page: Page): Promise<void> {
  same("all steps are there", await page.locator("article:visible").count(), 12);
  same("no buttons", await page.locator("button:visible").count(), 0);
  near("with all numbers", await numbersIn(page, "#result"), [dv1 * x + 0.5, dv1 * w]);
  await page.locator("#quiz details summary").first().click();
  check("and answers", await page.locator("#quiz details p").first().isVisible());
}

async function onPaper(page: Page): Promise<void> {
  await page.keyboard.press("ArrowRight");
  await page.emulateMedia({ media: "print" });
  same("paper has all steps", await page.locator("article:visible").count(), 12);
  same("and no buttons", await page.locator("button:visible").count(), 0);
  same(
    "and every number, also one that was not predicted yet",
    await page.locator(".concealed .number").first().isVisible(),
    true,
  );
}

async function run(browser: Browser): Promise<void> {
  const plain = tracePage(scalars(), { quiz: 4, seed: 1 });
  const asking = tracePage(scalars(), { predict: true, quiz: 2, seed: 1 });
  await open(browser, "steps", plain, desktop, steps);
  await open(browser, "dark", plain, { ...desktop, colorScheme: "dark" }, async (page) => {
    await page.keyboard.press("End");
    await page.keyboard.press("ArrowLeft");
    await axeFinds(page, "dark");
  });
  await open(browser, "predictions", asking, desktop, predictions);
  await open(browser, "questions", plain, { ...desktop, colorScheme: "dark" }, questions);
  await open(browser, "matrices", tensors(), desktop, matrices);
  await open(browser, "folds", tracePage(network(), { quiz: 2, seed: 1 }), desktop, folds);
  const bad = value(1, hostile).mul(2).tanh().named(hostileTex);
  await open(browser, "refuses", tracePage(bad, { title: hostile, quiz: 2, seed: 1 }), desktop, async (page) => {
    await refuses(page);
    // The policy says on the console what it has refused: this once it should.
    const refused = problems.findIndex(
      (each) => each.startsWith("refuses:") && each.includes("Content Security Policy"),
    );
    check("the policy says so", refused >= 0);
    if (refused >= 0) problems.splice(refused, 1);
  });
  await open(browser, "phone", tensors(), phone, onPhone);
  await open(browser, "without script", plain, { ...desktop, javaScriptEnabled: false }, withoutScript);
  await open(browser, "paper", asking, desktop, onPaper);
}

const command = findChromium();
if (command === null) {
  console.log("pages: NOT CHECKED, because there is no Chromium and apt-get could not install it");
  process.exit(process.argv.includes("--required") ? 1 : 0);
}
const path = spawnSync("sh", ["-c", `command -v ${command}`], { encoding: "utf8" }).stdout.trim();
const browser = await chromium.launch({ executablePath: path, args: ["--no-sandbox", "--disable-gpu"] });
try {
  await run(browser);
} finally {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
}
console.log(`pages: ${checks} checks, ${problems.length} problems`);
for (const problem of problems) console.log(`  ${problem}`);
process.exitCode = problems.length > 0 ? 1 : 0;
