/**
 * Drawings in notebooks: what a JavaScript kernel is to show in place of the text.
 */
import { DTypeError } from "@chainrule/core";
import { describe } from "@chainrule/core/internal";
import { escapeXml } from "./svg.ts";
import { escapeCode } from "./terminal.ts";

/** What the notebook protocol of Deno's and other JavaScript kernels asks an object for: itself, by media type. */
export const jupyterDisplay: unique symbol = Symbol.for("Jupyter.display") as never;

/** Something that notebooks show. */
export interface Displayable {
  readonly [jupyterDisplay]: () => Readonly<Record<string, string>>;
  /** The text itself. */
  toString(): string;
}

/**
 * Drawings as an object that notebooks show as what they are, when it is the last value of a cell: SVG as a picture, a
 * report as a page within the page, text as text. Several stand below each other.
 *
 * @param drawings what the functions of this package return.
 * @throws DTypeError for what is no text.
 *
 * @example
 * display(lineChartSvg({ loss: [0.9, 0.5, 0.3] }), lineChartSvg({ accuracy: [0.6, 0.8, 0.9] }));
 */
export function display(...drawings: readonly string[]): Displayable {
  for (const drawing of drawings)
    if (typeof drawing !== "string")
      throw new DTypeError({
        where: "display",
        expected: "drawings: the texts that lineChartSvg, trainingReport, plotLines and the like return",
        got: describe(drawing),
      });
  const text = drawings.join("\n");
  return {
    [jupyterDisplay]: (): Record<string, string> => {
      const plain = drawings.map(inWords).join("\n");
      if (drawings.every((drawing) => !isSvg(drawing) && !isPage(drawing))) return { "text/plain": text };
      if (drawings.length === 1 && isSvg(text)) return { "image/svg+xml": text, "text/plain": plain };
      return { "text/html": drawings.map(asHtml).join("\n"), "text/plain": plain };
    },
    toString: () => text,
  };
}

const isSvg = (drawing: string) => drawing.startsWith("<svg ");
const isPage = (drawing: string) => /^<!doctype html>/i.test(drawing);

/**
 * A page has styles for the whole window, and may have a script, such as one of `tracePage`: within a frame without an origin,
 * from which the notebook is safe.
 */
function asHtml(drawing: string): string {
  if (isSvg(drawing)) return `<div>${drawing}</div>`;
  if (!isPage(drawing)) return `<pre>${escapeXml(withoutColors(drawing))}</pre>`;
  const style = "width:100%;height:600px;border:1px solid #8b96a3;border-radius:4px";
  return `<iframe sandbox="allow-scripts" style="${style}" srcdoc="${escapeXml(drawing)}"></iframe>`;
}

/** What is shown where there are no pictures: the title of one, a text as it is. */
function inWords(drawing: string): string {
  if (!isSvg(drawing) && !isPage(drawing)) return drawing;
  const title = /<title>([^<]*)<\/title>/.exec(drawing)?.[1] ?? "";
  const names: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', "#39": "'", amp: "&" };
  return title.replace(/&(lt|gt|quot|#39|amp);/g, (_, name: string) => names[name]);
}

function withoutColors(text: string): string {
  return text.replaceAll(new RegExp(`${escapeCode}\\[[\\d;]*m`, "g"), "");
}
