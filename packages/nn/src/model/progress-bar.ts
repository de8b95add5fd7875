/**
 * Opens the progress bar, which is loaded only where there is a terminal to show it on. Browsers get `progress-none.ts` in place of
 * this file (see "browser" in package.json).
 */
import type { Progress, ProgressParams } from "./progress-lines.ts";

export async function openProgressBar(params: ProgressParams): Promise<Progress> {
  return (await import("./progress-terminal.ts")).openProgressBar(params);
}
