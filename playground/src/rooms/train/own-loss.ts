/**
 * The loss that a learner's module makes.
 */
import { isBuiltInLoss, type Loss } from "chainrule";

/** What the module exports as a loss: by default, or under any name. @throws RangeError where there is none. */
export function lossFrom(module: Readonly<Record<string, unknown>>): Loss {
  const isLoss = (each: unknown): each is Loss =>
    typeof each === "function" && "lossName" in each && !isBuiltInLoss(each);
  const found = isLoss(module.default) ? module.default : Object.values(module).find(isLoss);
  if (found) return found;
  throw new RangeError(
    'The source exports no loss: expected export const mine = defineLoss("mine", (prediction, target) => …).',
  );
}
