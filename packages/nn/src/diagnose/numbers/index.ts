/**
 * The rules of the diagnosis that look at numbers.
 */
import type { Rule } from "../program/rule.ts";
import { nonFinite } from "./non-finite.ts";

/** All of them, in the order in which they are looked at. */
export const numberRules: readonly Rule[] = [nonFinite];
