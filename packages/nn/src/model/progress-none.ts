/**
 * What browsers get in place of `progress-terminal.ts`: there is no terminal, so that no bar is ever opened.
 */
import { lineProgress, type Progress, type ProgressParams } from "./progress-lines.ts";

/** Progress in lines: without a terminal nothing calls this. */
export function openProgressBar(params: ProgressParams): Progress {
  return lineProgress(params, (line) => console.log(line));
}
