/**
 * The loss that a learner's module makes, and how a program imports it.
 */
import { defineLoss, type Loss, type NumberOptions } from "chainrule";
import { lossIn } from "../write-a-loss/examine.ts";

/**
 * What the module exports as a loss: by default, or as its only function. A plain function becomes a loss of its mean.
 *
 * @throws Error where there is none.
 */
export function lossFrom(module: Readonly<Record<string, unknown>>): Loss<NumberOptions> {
  const found = lossIn(module);
  if ("lossName" in found) return found as unknown as Loss<NumberOptions>;
  return defineLoss("own", (prediction, target) => found(prediction, target));
}

/** The lines of a program that has the source beside it as `own-loss.ts`, which make `ownLoss` of it. */
export function ownLossImport(source: string): { imports: string[]; lines: string[] } {
  const named = /export\s+default/.test(source) ? null : /export\s+(?:const|let|function)\s+([\w$]+)/.exec(source)?.[1];
  const isLoss = source.includes("defineLoss(");
  const name = isLoss ? "ownLoss" : "written";
  const exported = named ? `{ ${named === name ? name : `${named} as ${name}`} }` : name;
  return {
    imports: isLoss ? [] : ["defineLoss"],
    lines: [
      `import ${exported} from "./own-loss.ts"; // the loss that is written in the page`,
      ...(isLoss ? [] : ['const ownLoss = defineLoss("own", (prediction, target) => written(prediction, target));']),
    ],
  };
}
