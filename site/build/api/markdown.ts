/**
 * Doc comments and types as Markdown, with links to the pages of what they name.
 */
import type { Comment, CommentDisplayPart, Reflection } from "typedoc";

/** Where the pages are. */
export interface Places {
  /** The address of what a comment links to; null where it has no page. */
  ofReflection(target: Reflection): string | null;
  /** The address of what is exported under a name; null for what is none of ours, and for names that two packages have. */
  ofName(name: string): string | null;
}

/** Plain text that stays so in Markdown, in Vue's templates and in a row of a table. */
export function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll("{", "&#123;")
    .replaceAll("|", "&#124;")
    .replace(/(?<!\\)[_[\]]/g, "\\$&");
}

/** Prose of a comment: Markdown but for what would be taken for HTML or for emphasis within a formula. */
function prose(text: string): string {
  return text
    .split(/(\[[^\]\n]*\]\([^)\s]+\))/)
    .map((part, i) =>
      i % 2 === 1
        ? part
        : part
            .replace(/&(?![a-z]+;)/g, "&amp;")
            .replaceAll("<", "&lt;")
            .replaceAll("{{", "&#123;&#123;")
            .replace(/(?<!\\)_/g, "\\_"),
    )
    .join("");
}

/** A part of a comment. */
export function textOf(parts: readonly CommentDisplayPart[], places: Places): string {
  return parts
    .map((part) => {
      if (part.kind === "code") return part.text.startsWith("```") ? part.text : codeWithoutTemplates(part.text);
      if (part.kind !== "inline-tag") return prose(part.text);
      const { target } = part;
      const words = `\`${(part.tsLinkText || part.text).trim()}\``;
      const address =
        typeof target === "string"
          ? target
          : target && "kind" in target
            ? places.ofReflection(target)
            : places.ofName(part.text.trim());
      return address ? `[${words}](${address})` : words;
    })
    .join("");
}

/** A comment as TypeScript gives it, one text with its tags. */
export function textOfDocumentation(text: string, places: Places): string {
  return text
    .split(/(`[^`]*`|\{@link [^}]*\})/)
    .map((part) => {
      const [, name, words] = /^\{@link ([\w.]+)\s*\|?\s*([^}]*)\}$/.exec(part) ?? [];
      if (name === undefined) return part.startsWith("`") ? codeWithoutTemplates(part) : prose(part);
      const address = places.ofName(name.split(".")[0]);
      return address ? `[\`${words || name}\`](${address})` : `\`${words || name}\``;
    })
    .join("");
}

/** Vue would compute what stands in double braces. */
function codeWithoutTemplates(code: string): string {
  return /\{\{/.test(code) ? `<code v-pre>${code.slice(1, -1).replaceAll("<", "&lt;")}</code>` : code;
}

/** A text in one line of a table. */
export function inRow(text: string): string {
  return text
    .trim()
    .replace(/\s*\n\s*/g, " ")
    .replace(/(?<!\\)\|/g, "\\|");
}

/** The first sentence. */
export function firstSentence(text: string): string {
  const [paragraph] = text.trim().split(/\n\s*\n/);
  const line = paragraph.replace(/\s*\n\s*/g, " ");
  const [sentence] = /^.*?[.:](?=\s+[A-Z`[]|$)(?<!\b(?:e\.g|i\.e|cf|vs)\.)/.exec(line) ?? [line];
  return sentence.replace(/:$/, ".");
}

/** A type as code, in which the names of what has a page are links. */
export function typeOf(type: string, places: Places): string {
  const parts = type.split(/("(?:[^"\\]|\\.)*"|\b[A-Z]\w*\b)/);
  let text = "";
  for (const part of parts) {
    if (part === "") continue;
    const address = /^[A-Z]/.test(part) ? places.ofName(part) : null;
    text += address ? `[${escaped(part)}](${address})` : escaped(part);
  }
  return `<span class="type">${text}</span>`;
}

/** What a comment says under a tag, one text for each. */
export function tagsOf(comment: Comment | undefined, tag: string, places: Places): string[] {
  return (comment?.blockTags ?? [])
    .filter((each) => each.tag === tag)
    .map(({ content }) => textOf(content, places).trim());
}
