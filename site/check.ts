/**
 * Builds the site and looks at it in Chromium: `npx -y pnpm@12 run docs:check`.
 *
 * VitePress has looked whether every internal link leads somewhere. Here pages are opened wide, on a phone, dark and without
 * JavaScript; axe looks at them; search is asked; nothing may be loaded from elsewhere or be written to the console as an error.
 */
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { preview } from "vite";
import { findChromium } from "../.ci/chromium.mjs";
import { buildSite, site } from "./build.ts";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const pages = [
  "index.html",
  "start/train-a-model.html",
  "coming-from/pytorch.html",
  "cross-entropy.html",
  "losses/index.html",
  "losses/crossEntropy.html",
  "course/07-cross-entropy.html",
  "examples/05-digits.html",
  "api/index.html",
  "api/core/functions/exp.html",
  "api/nn/index.html",
  "api/nn/classes/Dense.html",
  "api/losses/functions/crossEntropy.html",
  "api/nn/types/FitOptions.html",
  "zh/cross-entropy.html",
  "project/contributing.html",
];
const screens = {
  light: { viewport: { width: 1280, height: 900 } },
  dark: { viewport: { width: 1280, height: 900 }, colorScheme: "dark" },
  phone: { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true },
} as const satisfies Record<string, BrowserContextOptions>;
const problems: string[] = [];
let looks = 0;

const name = findChromium();
if (name === null) throw new Error("this check needs Chromium: install Debian's package `chromium`");
if (!process.argv.includes("--built")) await buildSite();
const server = await preview({
  root: site,
  configFile: false,
  logLevel: "warn",
  build: { outDir: ".vitepress/dist" },
  preview: { port: 0, host: "127.0.0.1" },
});
const address = server.resolvedUrls?.local[0] ?? "";
const browser = await chromium.launch({ executablePath: `/usr/bin/${name}`, args: ["--no-sandbox", "--disable-gpu"] });

/** Opens a page of which anything that goes wrong is a problem. */
async function open(path: string, options: BrowserContextOptions, look: (page: Page) => Promise<void>): Promise<void> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const problem = (text: string) => problems.push(`${path}: ${text}`);
  page.on("console", (message) => message.type() === "error" && problem(message.text()));
  page.on("pageerror", (error) => problem(error.message));
  page.on("request", (request) => {
    if (!request.url().startsWith(address) && !request.url().startsWith("data:")) problem(`asked for ${request.url()}`);
  });
  try {
    await page.goto(address + path, { waitUntil: "networkidle" });
    looks++;
    await look(page);
  } catch (error) {
    problem((error as Error).message.split("\n").slice(0, 2).join(" "));
  } finally {
    await context.close();
  }
}

/** What axe finds that keeps someone from reading a page. */
async function axeFinds(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  return page.evaluate(async () => {
    type Violation = { id: string; impact: string; nodes: { html: string }[] };
    const { axe } = globalThis as unknown as { axe: { run(): Promise<{ violations: Violation[] }> } };
    const { violations } = await axe.run();
    return violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(({ id, nodes }) => `${id}: ${nodes[0].html.slice(0, 160)}`);
  });
}

/** Signs of Markdown that nobody took for what they are, outside of code. */
function leftoverMarks(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const cells = [...document.querySelectorAll("main :is(p, td, li, h1, h2, h3)")];
    const texts = cells.map((cell) => {
      const copy = cell.cloneNode(true) as Element;
      for (const code of copy.querySelectorAll("code, pre, math")) code.remove();
      return copy.textContent ?? "";
    });
    return texts.filter((text) => /\*\*|\]\(/.test(text)).map((text) => text.slice(0, 80));
  });
}

const folder = new URL("../out/site/", import.meta.url);
mkdirSync(folder, { recursive: true });
for (const [screen, options] of Object.entries(screens))
  for (const path of pages)
    await open(path, options, async (page) => {
      if (await page.evaluate(() => document.documentElement.scrollWidth > innerWidth + 1))
        problems.push(`${path}: wider than the ${screen} screen`);
      for (const found of await axeFinds(page)) problems.push(`${path}, ${screen}: ${found}`);
      if (screen === "light")
        for (const text of await leftoverMarks(page)) problems.push(`${path}: is left over as it is typed: ${text}`);
      await page.screenshot({ path: new URL(`${path.replace(/\W+/g, "-")}-${screen}.png`, folder).pathname });
    });

for (const path of pages)
  await open(path, { javaScriptEnabled: false }, async (page) => {
    if (!(await page.locator("h1").first().isVisible())) problems.push(`${path}: cannot be read without JavaScript`);
  });

/** What is searched for, and a page that must be among the first results: by our names, words, and names of other libraries. */
const searches = {
  labelSmoothing: "/api/losses/functions/binaryCrossEntropy",
  crossEntropy: "/api/losses/functions/crossEntropy",
  "cross entropy": "/api/losses/functions/crossEntropy",
  BCEWithLogitsLoss: "/api/losses/functions/binaryCrossEntropyWithLogits",
  "optax.softmax_cross_entropy": "/api/losses/functions/crossEntropy",
};
for (const [query, wanted] of Object.entries(searches))
  await open("index.html", {}, async (page) => {
    await page.keyboard.press("Control+k");
    await page.locator("#localsearch-input").fill(query);
    await page
      .locator(`#localsearch-list li:nth-child(-n+8) a[href*="${wanted}.html"]`)
      .first()
      .waitFor({ timeout: 10_000 })
      .catch(() => problems.push(`search for ${query}: ${wanted}.html is not among the first results`));
  });
await open("playground/", {}, async (page) => {
  await page.locator("h1", { hasText: "The chain rule" }).waitFor();
});

await browser.close();
await server.close();
for (const problem of problems) console.log(problem);
console.log(`${looks} looks at ${pages.length} pages of the site, ${problems.length} problems`);
process.exit(problems.length === 0 ? 0 : 1);
