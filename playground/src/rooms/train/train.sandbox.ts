/**
 * What trains with a learner's loss, in the sandbox: the same host as in the worker of ours.
 */
import { lossFrom } from "./own-loss.ts";
import { listen } from "./port.ts";

const learner: Readonly<Record<string, unknown>> = await import("learner");
listen({ ownLoss: lossFrom(learner) });
// Messages before this one have been heard by nobody.
postMessage("ready");
