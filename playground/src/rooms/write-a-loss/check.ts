/**
 * Runs in the sandbox: examines the learner's loss at the points that the page names.
 */
import { examine, lossIn } from "./examine.ts";
import type { Points } from "./report.ts";

addEventListener("message", async ({ data }: MessageEvent<Points>) => {
  postMessage(examine(lossIn(await import("learner")), data));
});
