/**
 * What browsers get in place of `progress-terminal.ts`: there is no terminal, so that no bar is ever opened.
 */
import { lines, type Plan, type Progress } from "./progress.ts";

/** Lines, for whoever asks nonetheless. */
export function openBar(plan: Plan): Progress {
  return lines(plan, (line) => console.log(line));
}
