/**
 * Writing SVG: elements with escaped text, and the colours of all drawings, for light pages and dark ones.
 */

type Attributes = Readonly<Record<string, string | number | undefined>>;

/** Text so that it stands for itself in XML. */
export function escapeXml(text: string): string {
  const names: Readonly<Record<string, string>> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&#39;",
  };
  // XML has no way at all to write control characters, but for line breaks and tabs.
  const writable = (character: string) => (character < " " && !"\t\n\r".includes(character) ? "\ufffd" : character);
  return Array.from(text, (character) => names[character] ?? writable(character)).join("");
}

/** One element; its contents must be elements already. Numbers are written with at most two decimals. */
export function element(name: string, attributes: Attributes, ...contents: readonly string[]): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${typeof value === "number" ? round(value) : escapeXml(value!)}"`)
    .join("");
  return contents.length === 0 ? `<${name}${written}/>` : `<${name}${written}>${contents.join("")}</${name}>`;
}

/** A text at a place. */
export function text(x: number, y: number, content: string, attributes: Attributes = {}): string {
  return element("text", { x, y, ...attributes }, escapeXml(content));
}

/** A text that reads upwards, its middle at the place. */
export function verticalText(x: number, y: number, content: string): string {
  const place = `rotate(-90 ${round(x)} ${round(y)})`;
  return text(x, y, content, { "text-anchor": "middle", transform: place });
}

/** A number with at most two decimals, a hundredth of a pixel. */
export function round(value: number): string {
  return String(Number(value.toFixed(2)));
}

/** About how wide a text is, in pixels: letters of a sans-serif are about 0.56 of their size on average. */
export function textWidth(content: string, size: number): number {
  return [...content].length * size * 0.56;
}

/** A text in lines of at most `width` pixels, broken between words. */
export function wrapText(content: string, width: number, size: number): string[] {
  const lines: string[] = [];
  for (const word of content.split(" ")) {
    const longer = lines.length > 0 ? `${lines[lines.length - 1]} ${word}` : word;
    if (lines.length > 0 && textWidth(longer, size) <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

/**
 * Colours of lines, told apart by most colour-blind people: after M. Okabe and K. Ito, "Color universal design" (2008),
 * darkened for light pages and lightened for dark ones so that each stands out from its background.
 */
export const lineColorsOn = {
  light: ["#0072b2", "#d55e00", "#008a64", "#b0568d", "#a87000", "#2f8fbf"],
  dark: ["#58a6e0", "#f08a4b", "#33c79e", "#dc93bd", "#e6b040", "#8fd0f2"],
} as const;

/** The colour of the page on each kind of page, on which mixtures are based. */
export const pageColorOn = { light: "#ffffff", dark: "#0d1117" } as const;

/** A mixture of two colours, #rrggbb: of `share` of the second one. */
export function mixColors(first: string, second: string, share: number): string {
  const part = (color: string, i: number) => Number.parseInt(color.slice(1 + 2 * i, 3 + 2 * i), 16);
  const mixed = [0, 1, 2].map((i) => Math.round(part(first, i) + (part(second, i) - part(first, i)) * share));
  return `#${mixed.map((value) => value.toString(16).padStart(2, "0")).join("")}`;
}

const rules = (theme: "light" | "dark") => {
  const { page, ink, faint } = { light: lightPage, dark: darkPage }[theme];
  const lines = lineColorsOn[theme].map((color, i) => `.cr .l${i}{stroke:${color}}.cr .f${i}{fill:${color}}`);
  return `.cr .page{fill:${page}}.cr text{fill:${ink}}.cr .axis{stroke:${ink}}.cr .grid{stroke:${faint}}${lines.join("")}`;
};
const lightPage = { page: pageColorOn.light, ink: "#24292f", faint: "#e3e6ea" };
const darkPage = { page: pageColorOn.dark, ink: "#d7dde4", faint: "#2b323b" };

/** How text and lines look in all drawings, whatever their colours. */
const shapes =
  "svg.cr{max-width:100%;height:auto}" +
  ".cr text{font-family:system-ui,-apple-system,'Segoe UI',Helvetica,Arial,sans-serif;font-size:12px}" +
  ".cr .title{font-size:15px;font-weight:600}.cr .line{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}" +
  ".cr .axis,.cr .grid{stroke-width:1}";

/**
 * A whole drawing, with its colours and a background.
 *
 * It follows the page's or the system's choice of light or dark, where that is known.
 *
 * @param own further rules of style, for light pages and for dark ones; `description` for those who cannot see it.
 */
export function svgDocument(
  width: number,
  height: number,
  title: string,
  contents: readonly string[],
  own: { light?: string; dark?: string; description?: string } = {},
): string {
  const style = `${shapes}${rules("light")}${own.light ?? ""}@media(prefers-color-scheme:dark){${rules("dark")}${own.dark ?? ""}}`;
  return element(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      class: "cr",
      role: "img",
      width,
      height,
      viewBox: `0 0 ${round(width)} ${round(height)}`,
    },
    element("title", {}, escapeXml(title)),
    ...(own.description ? [element("desc", {}, escapeXml(own.description))] : []),
    `<style>${style}</style>`,
    element("rect", { class: "page", width, height }),
    ...contents,
  );
}
