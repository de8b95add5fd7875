/**
 * A visit of the playground, in which nothing may go wrong.
 */
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { type Browser, type BrowserContextOptions, chromium, type Locator, type Page } from "playwright-core";
import { afterAll, expect, inject } from "vitest";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
let launched: Promise<Browser> | undefined;

/** Chromium, one for all tests of a file. */
export const browser = () => {
  launched ??= chromium.launch({
    executablePath: inject("chromium"),
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"],
  });
  return launched;
};

afterAll(async () => {
  await (await launched)?.close();
});

/** How the sizes of the screenshots are called. */
const all = {
  light: { viewport: { width: 1280, height: 900 }, colorScheme: "light" },
  dark: { viewport: { width: 1280, height: 900 }, colorScheme: "dark" },
  phone: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
  projector: { viewport: { width: 1920, height: 1080 } },
} as const satisfies Record<string, BrowserContextOptions>;

/** All of them, or those that `SCREENS=dark,phone` names. */
export const screens: Readonly<Record<string, BrowserContextOptions>> = Object.fromEntries(
  Object.entries(all).filter(([name]) => process.env.SCREENS?.split(",").includes(name) ?? true),
);

/**
 * Opens a room in a fresh profile, runs `look`, and fails for whatever the page wrote to the console as an error or
 * warning, threw, or asked from elsewhere.
 *
 * `expected` are messages that this visit provokes.
 */
export async function visit(
  hash: string,
  look: (page: Page) => Promise<void>,
  { expected = [], ...options }: BrowserContextOptions & { readonly expected?: readonly RegExp[] } = {},
): Promise<void> {
  const context = await (await browser()).newContext(options);
  const problems: string[] = [];
  const page = await context.newPage();
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) problems.push(message.text());
  });
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("dialog", (dialog) => {
    problems.push(`a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  const address = inject("address");
  context.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(address) && !/^(?:data|blob):/.test(url)) problems.push(`asked for ${url}`);
  });
  try {
    await page.goto(`${address}${hash}`);
    await page.locator("h1").waitFor();
    await look(page);
    expect(problems.filter((problem) => !expected.some((pattern) => pattern.test(problem)))).toEqual([]);
  } finally {
    await context.close();
  }
}

/** What axe finds that keeps someone from reading or using the page: to be empty. */
export async function axeFinds(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  return page.evaluate(async () => {
    interface Violation {
      id: string;
      impact: string;
      nodes: { html: string; failureSummary?: string }[];
    }
    const { violations } = await (
      globalThis as unknown as { axe: { run(): Promise<{ violations: Violation[] }> } }
    ).axe.run();
    return violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(({ id, nodes }) => `${id}: ${nodes[0].html.slice(0, 200)} ${nodes[0].failureSummary ?? ""}`);
  });
}

/** Saves `out/playground/<name>.png`, to be looked at by a person. */
export async function screenshot(page: Page, name: string): Promise<void> {
  const folder = new URL("../../out/playground/", import.meta.url);
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: new URL(`${name}.png`, folder).pathname, fullPage: true });
}

/** Where something is on the screen, once it has been scrolled there. */
export async function boxOf(what: Locator): Promise<{ x: number; y: number; width: number; height: number }> {
  await what.scrollIntoViewIfNeeded();
  const box = await what.boundingBox();
  if (!box) throw new Error("it is not to be seen");
  return box;
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/** A finger put down, moved and lifted. */
export async function swipe(page: Page, from: Point, to: Point): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const touch = (type: "touchStart" | "touchMove" | "touchEnd", points: Point[]) =>
    session.send("Input.dispatchTouchEvent", { type, touchPoints: points });
  await touch("touchStart", [from]);
  for (let i = 1; i <= 4; i++)
    await touch("touchMove", [{ x: from.x + ((to.x - from.x) * i) / 4, y: from.y + ((to.y - from.y) * i) / 4 }]);
  await touch("touchEnd", []);
}
