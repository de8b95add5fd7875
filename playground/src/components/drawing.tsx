/**
 * An SVG that code in the sandbox drew, as a picture: pictures run no scripts and load nothing.
 */

import "../sandbox/style.css";

export function Drawing({ svg }: { readonly svg: string }) {
  return <img class="sandbox-drawing" src={`data:image/svg+xml,${encodeURIComponent(svg)}`} alt={described(svg)} />;
}

/** Its title and description. */
export function described(svg: string): string {
  const said = ["title", "desc"].flatMap((tag) => new RegExp(`<${tag}[^>]*>([^<]*)</${tag}>`).exec(svg)?.[1] ?? []);
  const names: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', "#39": "'", apos: "'", amp: "&" };
  const plain = said.map((text) => text.replace(/&(lt|gt|quot|#39|apos|amp);/g, (_, name: string) => names[name]));
  return plain.join(": ") || "A drawing of the program";
}
