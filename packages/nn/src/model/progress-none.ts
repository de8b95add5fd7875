/**
 * What browsers get in place of `progress-bar.ts`: there is no terminal, so that no bar is ever opened, and nothing to load.
 */
import { lineProgress, type Progress, type ProgressParams } from "./progress-lines.ts";

/** Progress in lines: without a terminal nothing calls this. */
export async function openProgressBar(params: ProgressParams): Promise<Progress> {
  return lineProgress(params, (line) => console.log(line));
}
