/**
 * Showing how training goes: a bar on a terminal, lines elsewhere, or nothing.
 */
import type { CompleteFitOptions } from "./options.ts";
import { openProgressBar } from "./progress-bar.ts";
import { lineProgress, type Progress } from "./progress-lines.ts";

/** The progress that `verbose` selects; null for none. */
export async function openProgress(
  { verbose, epochs, stepsPerEpoch }: CompleteFitOptions,
  steps: number | null,
): Promise<Progress | null> {
  const params = { epochs, steps: stepsPerEpoch ?? steps };
  if (verbose === 0 || (verbose === "auto" && !isTerminal())) return null;
  if (verbose === 2 || !isTerminal()) return lineProgress(params, (line) => console.log(line));
  return openProgressBar(params);
}

/** Progress goes to the standard error stream, so that what a program prints can be piped elsewhere. */
function isTerminal(): boolean {
  return typeof process === "object" && process.stderr?.isTTY === true && process.env.TERM !== "dumb";
}
