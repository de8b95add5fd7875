/**
 * Which number of a sweep's runs is looked at, and what is better in it.
 */
import { OptionError } from "@chainrule/core";
import { describe, didYouMean } from "@chainrule/core/internal";

/** Whether more or less of a number is better; null where its name does not say. */
export type Direction = "min" | "max" | null;

const lower = /(loss|error|crossentropy|entropy|nll|perplexity|mse|mae|rmse|mape|msle|brier|divergence)(_\d+)?$/i;
const higher = /(accuracy|acc|auc|precision|recall|f1|fbeta|r2|score|matthews|iou|likelihood)(_\d+)?$/i;

/** What the name of a number says. */
export function directionOf(metric: string): Direction {
  const plain = metric.replace(/[\s-]/g, "_");
  if (higher.test(plain)) return "max";
  return lower.test(plain.replace(/_(?=entropy)/gi, "")) ? "min" : null;
}

/** The number that is asked for; without being asked, the validation loss, the loss, or the first one. */
export function chooseMetric(where: string, asked: string | undefined, names: readonly string[]): string {
  if (asked === undefined && names.length > 0)
    return ["val_loss", "loss"].find((name) => names.includes(name)) ?? names[0];
  if (asked !== undefined && names.includes(asked)) return asked;
  throw new OptionError({
    where,
    expected: "the name of a number that the runs have",
    got: asked === undefined ? "none" : describe(asked),
    hint: names.length === 0 ? "No run has given any." : didYouMean(asked, names),
  });
}
