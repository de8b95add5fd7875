/**
 * The rules of the diagnosis that look at the trace: at operations, not at numbers.
 */
import type { Rule } from "../program/rule.ts";
import { constantLoss } from "./constant-loss.ts";

/** All of them, in the order in which they are looked at. */
export const traceRules: readonly Rule[] = [constantLoss];
