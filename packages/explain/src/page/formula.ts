/**
 * Formulas in MathML, which browsers draw by themselves.
 */
import temml from "temml";
import type { Formula } from "../explanation/types.ts";
import { escaped } from "./html.ts";

/** Elements that may be in a formula, and the values that their attributes may have. */
const elements =
  /^\/?(?:math|mrow|mi|mn|mo|ms|mtext|mspace|mfrac|msqrt|mroot|mstyle|msub|msup|msubsup|munder|mover|munderover|mtable|mtr|mtd|mpadded|mphantom)$/;
const attribute =
  /^(?:display|mathvariant|displaystyle|scriptlevel|fence|form|stretchy|separator|lspace|rspace|width|height|depth|linethickness|accent|accentunder|movablelimits|minsize|maxsize|columnalign)="[\w.%+ -]*"$/;

/** An equation by itself, or a formula within a line; as plain text where it cannot be written in TeX. */
export function formulaHtml({ text, tex }: Formula, isDisplay = false): string {
  const math = mathOf(tex, isDisplay);
  if (math === null) return `<code class="formula">${escaped(text)}</code>`;
  return `<span class="formula${isDisplay ? " display" : ""}">${math}</span>`;
}

/** Null for what is no TeX, and for whatever might be anything else than a formula. */
function mathOf(tex: string, isDisplay: boolean): string | null {
  let drawn: string;
  try {
    drawn = temml.renderToString(tex, { displayMode: isDisplay, throwOnError: true, trust: false, strict: false });
  } catch {
    return null;
  }
  // The page's policy allows no styles within elements.
  const plain = drawn.replace(/ (?:style|class)="[^"<>]*"/g, "");
  return isFormula(plain) ? plain : null;
}

function isFormula(html: string): boolean {
  const rest = html.replace(/<(\/?[a-z]+)((?: [a-z]+="[^"<>]*")*)>/g, (tag, name: string, attributes: string) => {
    const given = attributes.match(/[a-z]+="[^"]*"/g) ?? [];
    return elements.test(name) && given.every((each) => attribute.test(each)) ? "" : tag;
  });
  return !/[<>]/.test(rest);
}
