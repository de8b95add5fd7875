/**
 * Programs in the room of programs: links to them, and runs.
 */
import { deflateRawSync } from "node:zlib";
import type { Page } from "playwright-core";

/** The link to a program, as the page would write it. */
export function programLink(code: string, more = ""): string {
  return `#program?code=z.${deflateRawSync(code).toString("base64url")}${more}`;
}

/** Presses Run and waits for the end; returns what the console says. */
export async function run(page: Page, timeout = 30_000): Promise<string> {
  await page.getByRole("button", { name: "Run" }).click();
  return ended(page, timeout);
}

/** Waits for the end of the program; returns what the console says. */
export async function ended(page: Page, timeout = 30_000): Promise<string> {
  await page.locator("[data-phase=done], [data-phase=failed], [data-phase=stopped]").waitFor({ timeout });
  return page.locator("[role=log]").innerText();
}
