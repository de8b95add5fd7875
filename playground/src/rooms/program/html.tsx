/**
 * HTML that a program showed: only tables, lists, lines and drawings of it, made anew, so that none of its attributes,
 * scripts or addresses get into the page.
 */
import { type ComponentChildren, createElement } from "preact";
import { Drawing } from "../../components/drawing.tsx";

const kept = new Set([
  "TABLE",
  "THEAD",
  "TBODY",
  "TR",
  "TD",
  "TH",
  "DIV",
  "P",
  "PRE",
  "CODE",
  "B",
  "STRONG",
  "I",
  "EM",
  "UL",
  "OL",
  "LI",
  "SPAN",
  "BR",
  "H3",
  "H4",
]);
const left = new Set(["SCRIPT", "STYLE", "IFRAME", "OBJECT", "EMBED", "TEMPLATE", "NOSCRIPT", "TITLE"]);
/** As deep as the displays of the library are, and more. */
const deepest = 30;

export function Html({ text }: { readonly text: string }) {
  // A document that is parsed loads nothing and runs nothing.
  const { body } = new DOMParser().parseFromString(text, "text/html");
  return <div class="program-html scroll">{childrenOf(body, 0)}</div>;
}

function childrenOf(node: Node, depth: number): ComponentChildren[] {
  return depth > deepest ? [] : Array.from(node.childNodes, (child) => made(child, depth + 1));
}

function made(node: ChildNode, depth: number): ComponentChildren {
  if (node.nodeType === Node.TEXT_NODE) return node.textContent;
  if (!(node instanceof Element) || left.has(node.tagName)) return null;
  if (node.tagName === "svg") return <Drawing svg={node.outerHTML} />;
  const children = childrenOf(node, depth);
  return kept.has(node.tagName) ? createElement(node.tagName.toLowerCase(), null, ...children) : children;
}
